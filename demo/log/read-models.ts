import type { PermitStore } from '../desk/permit-events.ts';
import { openProjection } from 'ermine/projections';
import { distinctUntilChanged, map, switchMap, throttleTime, type Observable } from 'rxjs';
import { boardModel, casesModel, weeksModel, type CaseRow } from '../desk/read-models.ts';

const PAGE_CASES = 1_000;

/** All rows are read again at most so often, however fast the read model moves. */
const ROWS_EVERY_MS = 500;

/** The read models of the desk, run by one of its tabs. */
export async function openReadModels(store: PermitStore) {
  const [cases, board, weeks] = await Promise.all([openProjection(store, casesModel), openProjection(store, boardModel), openProjection(store, weeksModel)]);
  const rows$: Observable<readonly CaseRow[]> = cases.status$.pipe(
    map(({ version, position }) => `${version} ${position}`),
    distinctUntilChanged(),
    throttleTime(ROWS_EVERY_MS, undefined, { leading: true, trailing: true }),
    switchMap(() => allRows()),
  );

  /** All of them: what is searched for may be anywhere in their words. */
  async function allRows(): Promise<CaseRow[]> {
    const rows: CaseRow[] = [];
    for (let page = await cases.list({ limit: PAGE_CASES }); ; page = await cases.list({ limit: PAGE_CASES, after: page.next })) {
      for (const { document } of page.documents) rows.push(document);
      if (!page.next) return rows;
    }
  }

  return { cases, board, weeks, rows$ };
}

export type ReadModels = Awaited<ReturnType<typeof openReadModels>>;
