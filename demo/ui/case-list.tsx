import { useDeferredValue, useMemo, useState } from 'react';
import type { Desk } from '../desk/desk.ts';
import { findCases, type CaseQuery } from '../desk/find-cases.ts';
import { countOf, formatNumber } from '../desk/words.ts';
import { CaseRow } from './case-row.tsx';
import { StageFilter } from './stage-filter.tsx';

const PAGE_CASES = 25;

interface Props {
  readonly desk: Desk;
  /** The name of the case that is open beside the list. */
  readonly openCase: string | undefined;
}

/** The cases by stage, searchable, a page at a time. */
export function CaseList({ desk, openCase }: Props) {
  const [query, setQuery] = useState<CaseQuery>({ text: '', stage: 'all' });
  const [page, setPage] = useState(0);
  const [openedAt] = useState(Date.now);
  const text = useDeferredValue(query.text);
  const found = useMemo(() => findCases(desk, { text, stage: query.stage }), [desk, text, query.stage]);
  const pageCount = Math.max(1, Math.ceil(found.length / PAGE_CASES));
  const current = Math.min(page, pageCount - 1);
  const start = current * PAGE_CASES;
  const rows = found.slice(start, start + PAGE_CASES);
  const narrow = (change: Partial<CaseQuery>): void => {
    setQuery({ ...query, ...change });
    setPage(0);
  };
  return (
    <section className="case-list" aria-label="Cases">
      <StageFilter desk={desk} stage={query.stage} onStage={(stage) => narrow({ stage })} />
      <label className="search">
        <span>Search cases</span>
        <input type="search" value={query.text} placeholder="Case id, responsible, department, channel" onChange={(event) => narrow({ text: event.target.value })} />
      </label>
      <output className="muted found">{countOf(found.length, 'case')} found</output>
      <ul className="rows">
        {rows.map((permitCase) => (
          <CaseRow
            key={permitCase.name}
            permitCase={permitCase}
            isOpen={permitCase.name === openCase}
            isFresh={permitCase.history.event.timestamp >= openedAt}
          />
        ))}
      </ul>
      {found.length === 0 && <p className="empty">No case matches. Try fewer words, or another stage.</p>}
      <nav className="pager" aria-label="Pages of cases">
        <button type="button" disabled={current === 0} onClick={() => setPage(current - 1)}>
          Previous
        </button>
        <span>
          {found.length === 0 ? '0' : `${formatNumber(start + 1)}–${formatNumber(start + rows.length)}`} of {formatNumber(found.length)}
        </span>
        <button type="button" disabled={current === pageCount - 1} onClick={() => setPage(current + 1)}>
          Next
        </button>
      </nav>
    </section>
  );
}
