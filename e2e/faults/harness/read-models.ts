import { isErmineError, type ErrorCode, type Event, type EventStore } from '../../../src/index.ts';
import { indexedDbStorage } from '../../../src/indexeddb.ts';
import { openProjection, projection, type OpenProjection, type ProjectionStatus } from '../../../src/projections.ts';
import type { Part } from './batch.ts';

type PartEvent = Event<'Part', Part>;

interface Card {
  readonly parts: number;
  /** Depends on the order of everything that was applied. */
  readonly hash: number;
}

const next = (hash: number, position: number): number => (hash * 31 + position) % 1_000_003;
const apply = (card: Card | undefined, position: number): Card => ({ parts: (card?.parts ?? 0) + 1, hash: next(card?.hash ?? 0, position) });

const fold = projection<PartEvent, Card>({ name: 'fold', version: 1, initialState: { parts: 0, hash: 0 }, evolve: (card, { globalPosition }) => apply(card, globalPosition) });

/** Fails at one position until the page says that it is mended. */
const cards = (failsAt?: number) =>
  projection<PartEvent, Card, 'parts'>({
    name: 'cards',
    version: 1,
    indexes: { parts: ({ parts }) => parts },
    on: {
      Part: ({ data, globalPosition }, documents) => {
        documents.patch(data.append, (card) => apply(card, globalPosition));
        if (globalPosition === failsAt && !('mended' in globalThis)) throw new Error('Not mended yet.');
      },
    },
  });

/** Characters of the filler of each document: five do not fit into the quota of these tests. */
const FILLER_UNITS = 250_000;

/** Text that cannot be compressed, the same for the same event. */
function noise(position: number): string {
  const bytes = new Uint8Array(FILLER_UNITS);
  let state = position;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = 48 + ((state >>> 8) & 63);
  }
  return new TextDecoder().decode(bytes);
}

const BULKY_DOCUMENTS = 5;

/** Writes more than there is space for. */
const bulky = projection<PartEvent, Card & { filler: string }>({
  name: 'bulky',
  version: 1,
  on: {
    Part: ({ globalPosition }, documents) =>
      documents.patch(`${globalPosition % BULKY_DOCUMENTS}`, (card) => ({ ...apply(card, globalPosition), filler: noise(globalPosition) })),
  },
});

export const openBulky = (store: EventStore) => openProjection(store, bulky);

/** What is stored by now, and what it must be when everything up to a position is in. */
export async function auditBulky(model: Awaited<ReturnType<typeof openBulky>>, position: number): Promise<{ found: Card[]; expected: Card[] }> {
  const { documents } = await model.list();
  const found = documents.map(({ document: { parts, hash } }) => ({ parts, hash }));
  const expected: Card[] = [];
  for (let n = 1; n <= position; n++) expected[n % BULKY_DOCUMENTS] = apply(expected[n % BULKY_DOCUMENTS], n);
  return { found, expected };
}

/** Runs both read models in this tab, or waits for its turn to. */
export async function openReadModels(store: EventStore, failsAt?: number) {
  return { fold: await openProjection(store, fold), cards: await openProjection(store, cards(failsAt)) };
}

export function statusOf(model: OpenProjection): Promise<ProjectionStatus & { message: string | undefined; code: ErrorCode | undefined }> {
  return new Promise((resolve, reject) => {
    const watching = model.status$.subscribe({
      next: (status) => {
        const { error } = status;
        resolve({ ...status, message: error?.message, code: isErmineError(error) ? error.code : undefined });
        queueMicrotask(() => watching.unsubscribe());
      },
      error: reject,
    });
  });
}

/** Compares what is stored of both with what the log says up to their checkpoints. */
export async function auditReadModels(name = 'log'): Promise<{ folded: number; carded: number; problems: string[] }> {
  const log = await indexedDbStorage({ name, persist: false }).open(() => undefined);
  const documents = await log.documents();
  const [foldAt, state, cardsAt] = await documents.get([
    { collection: 'projections', key: 'fold/1' },
    { collection: 'projections/fold/1', key: 'state' },
    { collection: 'projections', key: 'cards/1' },
  ]);
  const [folded, carded] = [foldAt, cardsAt].map((text) => (text === undefined ? 0 : (JSON.parse(text) as { position: number }).position)) as [number, number];
  let expected: Card = { parts: 0, hash: 0 };
  const expectedCards = new Map<string, Card>();
  for (let from: number | undefined = 1; from !== undefined; ) {
    const page: Awaited<ReturnType<typeof log.readAll>> = await log.readAll({ from, limit: 1_000, direction: 'forwards' });
    for (const { position, events } of page.batches) {
      (JSON.parse(events) as [string, Part][]).forEach(([, { append }], i) => {
        if (position + i <= folded) expected = apply(expected, position + i);
        if (position + i <= carded) expectedCards.set(append, apply(expectedCards.get(append), position + i));
      });
    }
    from = page.next;
  }
  const problems: string[] = [];
  if (folded > 0 && state !== JSON.stringify(expected)) problems.push(`the fold at ${folded} is ${state}`);
  const found = new Map<string, string>();
  for (let after: { key: string } | undefined, more = true; more; ) {
    const page: Awaited<ReturnType<typeof documents.list>> = await documents.list({ collection: 'projections/cards/1', direction: 'forwards', limit: 500, ...(after && { after }) });
    for (const { key, data } of page.documents) found.set(key, data);
    after = page.next;
    more = after !== undefined;
  }
  if (found.size !== expectedCards.size) problems.push(`${found.size} cards at ${carded}, not ${expectedCards.size}`);
  for (const [key, card] of expectedCards) if (found.get(key) !== JSON.stringify(card)) problems.push(`card ${key} at ${carded} is ${found.get(key)}`);
  await log.close();
  return { folded, carded, problems };
}
