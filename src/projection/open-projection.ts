import { InvalidProjectionError } from '../event/errors.ts';
import type { Event } from '../event/event.ts';
import { storeParts, type StoreParts } from '../subscription/store-parts.ts';
import type { AnyProjection, DocumentProjection, FoldProjection, SqlProjection } from './definition.ts';
import { checkInitialState } from './fold-state.ts';
import { Handle } from './handle.ts';
import { layout } from './layout.ts';
import type { OpenDocuments, OpenProjection, OpenProjectionOptions, OpenState, ViewOptions } from './opened.ts';
import { toKeyQuestion, toPage, toRange, type DocumentQuery } from './query.ts';
import type { Reader } from './reader.ts';
import { Views, type Answer } from './views.ts';

/** An open store, as `openEventStore` gives it. */
export interface ProjectedStore {
  head(): Promise<{ readonly epoch: string; readonly position: number }>;
}

/**
 * Opens a read model on a store, and runs it, in this tab or in another one that has it open. It reads what is confirmed
 * in the log, and writes state and checkpoint in one transaction: every event is applied exactly once, in order.
 *
 * @throws {InvalidProjectionError} when the initial state is not plain JSON, the store is not one of this package, or a
 *   projection in SQL is opened on a storage without SQL
 * @example const revenue = await openProjection(store, revenueProjection); revenue.watch$().subscribe(render);
 */
export async function openProjection<E extends Event, State>(store: ProjectedStore, definition: FoldProjection<E, State>, options?: OpenProjectionOptions): Promise<OpenState<State>>;
export async function openProjection<E extends Event, Document, Index extends string>(
  store: ProjectedStore,
  definition: DocumentProjection<E, Document, Index>,
  options?: OpenProjectionOptions,
): Promise<OpenDocuments<Document, Index>>;
export async function openProjection<E extends Event, Table extends string>(store: ProjectedStore, definition: SqlProjection<E, Table>, options?: OpenProjectionOptions): Promise<OpenProjection>;
export async function openProjection(store: ProjectedStore, definition: unknown, options: OpenProjectionOptions = {}): Promise<OpenState<unknown> | OpenDocuments<unknown> | OpenProjection> {
  const projection = definition as AnyProjection;
  const parts = (store as { readonly [storeParts]?: StoreParts })[storeParts];
  if (!parts) throw new InvalidProjectionError(projection.name, 'the store is not one that openEventStore gave');
  if (projection.kind === 'fold') checkInitialState(projection);
  const documents = await parts.log.documents();
  if (projection.kind === 'sql' && !documents.hasTables) throw new InvalidProjectionError(projection.name, 'the storage of the store has no SQL: open it with sqliteStorage of ermine/sqlite');
  // Which says why: nobody would end what is opened on it.
  if (parts.log.state().connection === 'closed') await documents.get([layout.registry(projection.name)]);
  const handle = new Handle(parts, documents, projection, options);
  if (projection.kind === 'sql') return handle;
  const views = new Views(parts, documents, projection, handle.signals.changes$);
  return projection.kind === 'fold' ? openState(handle, views, projection) : openDocuments(handle, views, projection);
}

function openState(handle: Handle, views: Views, { name, initialState }: FoldProjection): OpenState<unknown> {
  const ask = async (reader: Reader): Promise<Answer<never>> => {
    const { data: text = JSON.stringify(initialState) } = await reader.get((build) => layout.state(name, build));
    return { text, value: JSON.parse(text) as never };
  };
  return Object.assign(handle, { get: (options?: ViewOptions) => views.get(ask, options), watch$: (options?: ViewOptions) => views.watch$(ask, options) });
}

function openDocuments(handle: Handle, views: Views, definition: DocumentProjection): OpenDocuments<unknown> {
  const askKey = (key: string) => {
    const question = toKeyQuestion(definition, key);
    return async (reader: Reader): Promise<Answer<never>> => {
      const { data } = await reader.get(question);
      return { text: data ?? '', value: (data === undefined ? undefined : JSON.parse(data)) as never };
    };
  };
  const askPage = (query: DocumentQuery) => {
    const range = toRange(definition, query);
    return async (reader: Reader): Promise<Answer<never>> => {
      const page = await reader.list(range);
      return { text: JSON.stringify(page), value: toPage(page) as never };
    };
  };
  return Object.assign(handle, {
    get: async (key: string, options?: ViewOptions) => views.get(askKey(key), options),
    list: async (query: DocumentQuery = {}, options?: ViewOptions) => views.get(askPage(query), options),
    watch$: (of: string | DocumentQuery, options?: ViewOptions) => views.watch$((reader) => (typeof of === 'string' ? askKey(of) : askPage(of))(reader), options),
  });
}
