import { InvalidProjectionError } from '../event/errors.ts';
import type { StoredEvent } from '../event/event.ts';
import { checkJson } from '../event/json.ts';
import type { DocumentKey, DocumentLog, DocumentRecord, IndexValue } from '../storage/storage.ts';
import type { DocumentProjection, DocumentWriter } from './definition.ts';
import type { Folded, Folding } from './folding.ts';
import { layout } from './layout.ts';
import { MAX_JSON_DEPTH, checkKey, refusePromise, wroteLate } from './refuse.ts';

/** What one event does to one document. */
interface Step {
  readonly index: number;
  readonly key: string;
  /** Whether it must know the document as it was. */
  readonly reads: boolean;
  apply(before: unknown): Written;
}

/** A document as it is to be stored; without a text there is none. */
interface Written {
  readonly text: string | undefined;
  readonly indexes: Readonly<Record<string, IndexValue>>;
}

const DELETED: Written = { text: undefined, indexes: {} };

type Handler = (event: StoredEvent, writer: DocumentWriter<unknown>) => unknown;

const MAX_INDEX_UNITS = 500;

/** The folding of a projection to documents: takes down the steps of all events, reads what they change, and applies them. */
export function foldDocuments(definition: DocumentProjection, build: number): Folding {
  const { name, on = {}, otherwise } = definition;
  const collection = layout.documents(name, build);
  const handlers = new Map(Object.entries(on as Readonly<Record<string, Handler>>));

  return {
    async fold(events, documents): Promise<Folded> {
      const steps: Step[] = [];
      let index = 0;
      let handling = true;
      const writer = createWriter(definition, (key, reads, apply) => {
        if (!handling) throw wroteLate(name);
        steps.push({ index, key: checkKey(name, key), reads, apply });
      });
      try {
        for (; index < events.length; index++) refusePromise(name, (handlers.get(events[index]!.type) ?? otherwise)?.(events[index]!, writer));
      } catch (error) {
        return { ok: false, index, error };
      } finally {
        handling = false;
      }
      const current = await read(documents, collection, steps);
      for (const { index: at, key, reads, apply } of steps) {
        try {
          const before = reads ? current.get(key)?.text : undefined;
          // As it would be read if it had been written before, so that it does not matter which events are folded together.
          current.set(key, apply(before && JSON.parse(before)));
        } catch (error) {
          return { ok: false, index: at, error };
        }
      }
      const puts: DocumentRecord[] = [];
      const deletes: DocumentKey[] = [];
      for (const [key, { text: data, indexes }] of current) {
        if (data === undefined) deletes.push({ collection, key });
        else puts.push({ collection, key, data, indexes });
      }
      return { ok: true, puts, deletes };
    },
    reset: () => undefined,
  };
}

function createWriter(definition: DocumentProjection, add: (key: string, reads: boolean, apply: Step['apply']) => void): DocumentWriter<unknown> {
  const { name } = definition;
  const write = (key: string, document: unknown): Written => {
    if (refusePromise(name, document) === undefined) return DELETED;
    checkJson(document, key, MAX_JSON_DEPTH);
    return { text: JSON.stringify(document), indexes: indexesOf(definition, document) };
  };
  return {
    put(key, document) {
      if (document === undefined) throw new InvalidProjectionError(name, 'put needs a document');
      // As it is now: the handler may change it later, for another event.
      const written = write(key, document);
      add(key, false, () => written);
    },
    patch(key, change) {
      if (typeof change === 'function') return add(key, true, (before) => write(key, (change as (before: unknown) => unknown)(before)));
      if (typeof change !== 'object' || change === null) throw new InvalidProjectionError(name, 'patch needs an object or a function');
      checkJson(change, key, MAX_JSON_DEPTH);
      // As they are now, like a document that is put.
      const fields: object = Object.fromEntries(Object.entries(change).map(([field, value]) => [field, value && JSON.parse(JSON.stringify(value))]));
      add(key, true, (before) => (before === undefined ? DELETED : write(key, { ...before, ...fields })));
    },
    delete: (key) => add(key, false, () => DELETED),
  };
}

/** The documents that steps change, as they are stored, by key. */
async function read(documents: Pick<DocumentLog, 'get'>, collection: string, steps: readonly Step[]): Promise<Map<string, Written>> {
  const seen = new Set<string>();
  const keys: DocumentKey[] = [];
  for (const { key, reads } of steps) {
    if (reads && !seen.has(key)) keys.push({ collection, key });
    seen.add(key);
  }
  const texts = keys.length > 0 ? await documents.get(keys) : [];
  return new Map(keys.map(({ key }, i) => [key, { text: texts[i], indexes: {} }]));
}

/** @throws {InvalidProjectionError} when an index gives neither a finite number nor a short text */
export function indexesOf({ name, indexes = {} }: DocumentProjection, document: unknown): Record<string, IndexValue> {
  const values: Record<string, IndexValue> = {};
  for (const [index, valueOf] of Object.entries(indexes)) {
    const value = refusePromise(name, (valueOf as (document: unknown) => unknown)(document));
    if (value === undefined) continue;
    const valid = typeof value === 'string' ? value.length <= MAX_INDEX_UNITS : Number.isFinite(value);
    if (!valid) throw new InvalidProjectionError(name, `the value in the index "${index}" is neither a finite number nor a text of at most ${MAX_INDEX_UNITS} UTF-16 units`);
    values[index] = value as IndexValue;
  }
  return values;
}
