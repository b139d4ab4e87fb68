import { openEventStore, type StoredEvent } from 'ermine';
import { memoryStorage } from 'ermine/memory';
import { openProjection, type OpenDocuments } from 'ermine/projections';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { emptyDesk, evolve, type Desk } from './desk.ts';
import { boardModel, boardOf, casesModel, rowsOf, weeksModel, type CaseRow } from './read-models.ts';

async function rowsIn(cases: OpenDocuments<CaseRow & { readonly progress: unknown }, 'position' | 'stage'>): Promise<CaseRow[]> {
  const rows: CaseRow[] = [];
  for (let page = await cases.list({ limit: 1_000 }); ; page = await cases.list({ limit: 1_000, after: page.next })) {
    for (const { document: { progress: _, ...row } } of page.documents) rows.push(row);
    if (!page.next) return rows;
  }
}

test('the read models have of the whole log, and after a case is gone, what the fold in memory has', async () => {
  const store = await openEventStore({ storage: memoryStorage() });
  const file = readFileSync(new URL('../public/permits.ndjson.gz', import.meta.url));
  await store.importEvents(new Blob([gunzipSync(file)]));
  const models = [await openProjection(store, casesModel), await openProjection(store, boardModel), await openProjection(store, weeksModel)] as const;
  const [cases, board, weeks] = models;
  const byName = (a: CaseRow, b: CaseRow): number => (a.name < b.name ? -1 : 1);
  const check = async (): Promise<Desk> => {
    const { position } = await store.head();
    await Promise.all(models.map((model) => model.waitFor(position)));
    const events: StoredEvent[] = [];
    for await (const event of store.readAll()) events.push(event);
    const desk = evolve(emptyDesk, events);
    expect((await rowsIn(cases)).toSorted(byName)).toEqual(rowsOf(desk).toSorted(byName));
    const { all, byStage } = await board.get();
    const counted = Object.entries(byStage).filter(([, count]) => count > 0);
    expect({ all, byStage: Object.fromEntries(counted) }).toEqual(boardOf(desk));
    return desk;
  };
  const desk = await check();
  // Events that are erased later stay counted.
  expect(await weeks.get()).toEqual(Object.fromEntries(desk.eventsByWeek));
  await store.deleteStream('Permit-case-11458', -1);
  await check();
  await store.close();
});
