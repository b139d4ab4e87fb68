import { useEffect, useRef } from 'react';
import type { CaseRow as Row } from '../desk/read-models.ts';
import { countOf, formatDay } from '../desk/words.ts';
import { StageBadge } from './stage-badge.tsx';
import { caseHref } from './use-route.ts';

interface Props {
  readonly permitCase: Row;
  readonly isOpen: boolean;
  /** Something happened to it since the list was opened. */
  readonly isFresh: boolean;
}

export function CaseRow({ permitCase, isOpen, isFresh }: Props) {
  const { name, label, stage, responsible, department, channel, timestamp, version } = permitCase;
  const link = useRef<HTMLAnchorElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    // Whoever closes a case goes on where they opened it.
    if (wasOpen.current && !isOpen) link.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return (
    <li>
      <a ref={link} className="case-row" href={caseHref(name)} aria-current={isOpen ? 'true' : undefined} data-fresh={isFresh}>
        <span className="case-label">{label}</span>
        <StageBadge stage={stage} />
        <span className="case-facts">{[responsible, department, channel].filter(Boolean).join(' · ') || 'No details'}</span>
        <span className="case-latest">
          {formatDay(timestamp)} · {countOf(version, 'event')}
        </span>
      </a>
    </li>
  );
}
