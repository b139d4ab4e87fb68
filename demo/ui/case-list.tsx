import { useProjection } from 'ermine/react';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Desk } from '../desk/desk.ts';
import { findCases, type CaseQuery } from '../desk/find-cases.ts';
import { boardOf, rowsOf } from '../desk/read-models.ts';
import { countOf, formatNumber } from '../desk/words.ts';
import { CaseRow } from './case-row.tsx';
import type { ReadModels } from '../log/read-models.ts';
import { StageFilter } from './stage-filter.tsx';
import { useCaseQuery } from './use-case-query.ts';
import { DATA_HREF } from './use-route.ts';
import { useRows } from './use-rows.ts';

const PAGE_CASES = 25;

interface Props {
  readonly models: ReadModels;
  /** The desk of the past that is shown, which the read models do not have. */
  readonly past: Desk | undefined;
  /** The name of the case that is open beside the list. */
  readonly openCase: string | undefined;
}

/** The cases by stage, searchable, a page at a time. */
export function CaseList({ models, past, openCase }: Props) {
  const [query, setQuery] = useCaseQuery();
  const [page, setPage] = useState(0);
  const [openedAt] = useState(Date.now);
  const list = useRef<HTMLUListElement>(null);
  const text = useDeferredValue(query.text);
  const board = useProjection(models.board).value;
  const live = useRows(models);
  const rowsShown = useMemo(() => (past ? rowsOf(past) : live), [past, live]);
  const found = useMemo(() => findCases(rowsShown ?? [], { text, stage: query.stage }), [rowsShown, text, query.stage]);
  const pageCount = Math.max(1, Math.ceil(found.length / PAGE_CASES));
  const current = Math.min(page, pageCount - 1);
  const start = current * PAGE_CASES;
  const rows = found.slice(start, start + PAGE_CASES);
  const range = `${formatNumber(start + 1)}–${formatNumber(start + rows.length)} of ${formatNumber(found.length)}`;
  const narrow = (change: Partial<CaseQuery>): void => {
    setQuery({ ...query, ...change });
    setPage(0);
  };
  const turnTo = (to: number): void => {
    setPage(to);
    // A page is read from its beginning.
    list.current?.scrollIntoView();
    list.current?.focus({ preventScroll: true });
  };
  return (
    <section className="case-list" aria-label="Cases">
      <StageFilter board={past ? boardOf(past) : board} stage={query.stage} onStage={(stage) => narrow({ stage })} />
      <label className="search">
        <span>
          Search cases <small className="muted">by id, responsible, department, channel or stage</small>
        </span>
        <input type="search" value={query.text} onChange={(event) => narrow({ text: event.target.value })} />
      </label>
      <output className="muted found">{rowsShown ? `${countOf(found.length, 'case')} found` : 'Reading the cases…'}</output>
      <ul ref={list} className="rows" tabIndex={-1} aria-label={`Cases ${range}`}>
        {rows.map((permitCase) => (
          <CaseRow
            key={permitCase.name}
            permitCase={permitCase}
            isOpen={permitCase.name === openCase}
            isFresh={permitCase.timestamp >= openedAt}
          />
        ))}
      </ul>
      {rowsShown && found.length === 0 && <p className="empty">{rowsShown.length > 0 ? 'No case matches. Try fewer words, or another stage.' : noCases(past)}</p>}
      {found.length > 0 && (
        <nav className="pager" aria-label="Pages of cases">
          <button type="button" disabled={current === 0} onClick={() => turnTo(current - 1)}>
            Previous
          </button>
          <span>{range}</span>
          <button type="button" disabled={current === pageCount - 1} onClick={() => turnTo(current + 1)}>
            Next
          </button>
        </nav>
      )}
    </section>
  );
}

function noCases(past: Desk | undefined) {
  if (past) return 'No case had come in yet.';
  return (
    <>
      There are no cases yet. They come in with an import, on the page <a href={DATA_HREF}>Data</a>.
    </>
  );
}
