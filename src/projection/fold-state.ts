import { InvalidProjectionError } from '../event/errors.ts';
import type { StoredEvent } from '../event/event.ts';
import { checkPlain } from '../event/check-plain.ts';
import { checkJson } from '../event/json.ts';
import type { DocumentLog } from '../storage/storage.ts';
import type { FoldProjection } from './definition.ts';
import type { Folded, Folding } from './folding.ts';
import { layout } from './layout.ts';
import { MAX_JSON_DEPTH, refusePromise } from './refuse.ts';

/** The folding of a projection to one state, which is kept in memory between calls. */
export function foldState({ name, initialState, evolve }: FoldProjection, build: number): Folding {
  let state: { value: unknown } | undefined;
  const key = layout.state(name, build);

  const load = async (documents: Pick<DocumentLog, 'get'>): Promise<{ value: unknown }> => {
    const [text = JSON.stringify(initialState)] = await documents.get([key]);
    return { value: JSON.parse(text) };
  };

  const check = (value: unknown): string => {
    checkJson(value, 'state', MAX_JSON_DEPTH);
    checkPlain(value, 'state');
    return JSON.stringify(value);
  };

  /** @param everywhere whether the state is checked after each event: slow, but tells which one spoils it */
  const run = (start: unknown, events: readonly StoredEvent[], everywhere: boolean): { value: unknown; text: string } | { index: number; error: unknown } => {
    let value = start;
    let index = 0;
    try {
      for (; index < events.length; index++) {
        value = refusePromise(name, evolve(value, events[index]!));
        if (everywhere) check(value);
      }
      index = events.length - 1;
      return { value, text: check(value) };
    } catch (error) {
      return { index, error };
    }
  };

  return {
    async fold(events, documents): Promise<Folded> {
      if (events.length === 0) return { ok: true, puts: [], deletes: [] };
      let result = run((state ?? (await load(documents))).value, events, false);
      // What failed may have changed the state that it was given.
      state = undefined;
      if ('error' in result && result.index === events.length - 1) result = run((await load(documents)).value, events, true);
      if ('error' in result) return { ok: false, ...result };
      state = { value: result.value };
      return { ok: true, puts: [{ ...key, data: result.text }], deletes: [] };
    },
    reset: () => void (state = undefined),
  };
}

/** @throws {InvalidProjectionError} when the initial state is not plain JSON */
export function checkInitialState({ name, initialState }: FoldProjection): void {
  if (initialState === undefined) throw new InvalidProjectionError(name, 'initialState is missing');
  checkJson(initialState, 'initialState', MAX_JSON_DEPTH);
  checkPlain(initialState, 'initialState');
}
