import { InvalidProjectionError } from '../event/errors.ts';
import type { DeepReadonly, Event, StoredEvent, StreamDeletedEvent } from '../event/event.ts';
import type { IndexValue, SqlStatement, SqlValue, TableShape } from '../storage/storage.ts';
import { createBatchFilter, type EventFilter } from '../subscription/filter.ts';
import type { Folding } from './folding.ts';

interface Common {
  /** Names the read model in the database: 1 to 100 UTF-16 units, no `/`, no NUL. */
  readonly name: string;
  /**
   * A whole number from 1 that grows whenever what the projection makes of events changes. Another one is built beside
   * what is there, and takes its place when it has caught up.
   */
  readonly version: number;
  /** Writes the read model in the transaction of each append of this store, see `docs/projections.md`; default false. */
  readonly inline?: boolean;
}

/** A projection to one state. State and events are plain JSON. */
export interface FoldDefinition<E extends Event, State> extends Common {
  readonly initialState: State;
  /**
   * The state after an event; it may change the one that it is given. Synchronous, and the same for the same events:
   * no clock, no random numbers, nothing from outside.
   */
  readonly evolve: (state: State, event: StoredEvent<E | StreamDeletedEvent>) => State;
  /** The events that it is given; default all. With `types`, name `$streamDeleted` too if it matters. */
  readonly filter?: EventFilter;
}

/** A projection to documents by key. */
export interface DocumentDefinition<E extends Event, Document, Index extends string> extends Common {
  /** Values by which documents can be listed. An index that gives undefined does not list the document. */
  readonly indexes?: { readonly [I in Index]: (document: DeepReadonly<Document>) => IndexValue | undefined };
  /** What each type of event does. Synchronous, and the same for the same events. */
  readonly on?: DocumentHandlers<E, Document>;
  /** What the types of event do that `on` does not name; by default they are passed over. */
  readonly otherwise?: (event: StoredEvent<E | StreamDeletedEvent>, documents: DocumentWriter<Document>) => void;
  /** The streams that it is given; default all. The types are those that `on` names, or all where there is `otherwise`. */
  readonly filter?: Omit<EventFilter, 'types'>;
}

/** What each type of event does to documents. */
export type DocumentHandlers<E extends Event, Document> = Handlers<E, [documents: DocumentWriter<Document>], void>;

/** A projection to tables, of a store on `ermine/sqlite`. */
export interface SqlDefinition<E extends Event, Table extends string> extends Common {
  /**
   * The tables by name: what `CREATE TABLE` has in its parentheses, or that and what each index is on. Names, like that of
   * the projection, have 1 to 50 of `a-z`, `0-9` and `_`. A view `"projection.table"` shows the one that is served.
   */
  readonly tables: { readonly [T in Table]: string | TableShape };
  /**
   * The statements of each type of event, to be run in order, with the checkpoint, all or nothing. Synchronous, and the same
   * for the same events.
   */
  readonly on?: Handlers<E, [sql: SqlTag, tables: SqlTables<Table>], SqlStatements>;
  /** The statements of the types of event that `on` does not name; by default they are passed over. */
  readonly otherwise?: (event: StoredEvent<E | StreamDeletedEvent>, sql: SqlTag, tables: SqlTables<Table>) => SqlStatements;
  readonly filter?: Omit<EventFilter, 'types'>;
  /** Not possible: a statement that fails would refuse the append. */
  readonly inline?: false;
}

/** What a handler returns: what it made with the tag, or nothing. */
export type SqlStatements = SqlStatement | readonly SqlStatement[] | undefined;

/**
 * Makes a statement: one INSERT, REPLACE, UPDATE or DELETE, or WITH before them, on the projection's own tables. What is put
 * in is one of these, or a value, which is bound.
 *
 * @example sql`UPDATE ${orders} SET total = total + ${event.data.amount} WHERE id = ${event.streamId.id}`
 */
export type SqlTag = (text: TemplateStringsArray, ...values: readonly (SqlValue | SqlTable)[]) => SqlStatement;

/** A table of the build that is at work, to be put into a statement. */
export interface SqlTable {
  readonly table: string;
}

/** The tables of a projection by their names, to be put into statements. */
export type SqlTables<Table extends string> = { readonly [T in Table]: SqlTable };

type Handlers<E extends Event, More extends readonly unknown[], Result> = {
  readonly [Type in (E | StreamDeletedEvent)['type']]?: (
    event: StoredEvent<Extract<E | StreamDeletedEvent, { readonly type: Type }>>,
    ...more: More
  ) => Result;
};

/** Records changes of documents, which are made in order, with the checkpoint, all or nothing. */
export interface DocumentWriter<Document> {
  /** Writes a document as it is now, whether there is one or not. The key is 1 to 500 UTF-16 units, no NUL. */
  put(key: string, document: Document): void;
  /**
   * Changes a document: properties replace those that it has, and nothing happens when there is none; a function gets
   * the document, or undefined, and gives the new one, or undefined to have none.
   */
  patch(key: string, change: Partial<Document> | ((document: DeepReadonly<Document> | undefined) => Document | undefined)): void;
  /** Removes a document, if there is one. */
  delete(key: string): void;
}

/** What `projection` makes of a definition with one state. */
export interface FoldProjection<E extends Event = Event, State = unknown> extends FoldDefinition<E, State> {
  readonly kind: 'fold';
}

/** What `projection` makes of a definition with documents. */
export interface DocumentProjection<E extends Event = Event, Document = unknown, Index extends string = string>
  extends DocumentDefinition<E, Document, Index> {
  readonly kind: 'documents';
}

/** What `sqlProjection` makes of a definition. */
export interface SqlProjection<E extends Event = Event, Table extends string = string> extends SqlDefinition<E, Table> {
  readonly kind: 'sql';
  /** Its folding comes with it, so that applications without such a projection do not load that code. */
  readonly createFolding: (build: number) => Folding;
  /** The tables, as the storage makes them. */
  readonly shapes: Readonly<Record<string, TableShape>>;
}

/**
 * Defines a read model: what becomes of a state, or of documents, with each event. Nothing runs before `openProjection`.
 *
 * @throws {InvalidProjectionError} {InvalidStreamIdError} {InvalidEventError} when a name, the version or the filter is invalid
 * @example const revenue = projection<ShopEvent, number>({ name: 'revenue', version: 1, initialState: 0,
 *   evolve: (sum, event) => (event.type === 'OrderPlaced' ? sum + event.data.total : sum) });
 */
export function projection<E extends Event, State>(definition: FoldDefinition<E, State>): FoldProjection<E, State>;
export function projection<E extends Event, Document, Index extends string = string>(
  definition: DocumentDefinition<E, Document, Index>,
): DocumentProjection<E, Document, Index>;
export function projection(definition: FoldDefinition<Event, unknown> | DocumentDefinition<Event, unknown, string>): FoldProjection<Event, unknown> | DocumentProjection<Event, unknown, string> {
  if ('evolve' in definition) {
    checkDefinition(definition, { evolve: definition.evolve });
    return { ...definition, kind: 'fold' };
  }
  const { name, on, otherwise, indexes = {} } = definition;
  checkDefinition(definition, { ...on, ...indexes, ...(otherwise && { otherwise }) });
  for (const index of Object.keys(indexes)) if (!/^[^\0]{1,100}$/.test(index)) throw new InvalidProjectionError(name, 'the name of an index has 1 to 100 characters and no NUL');
  return { ...definition, kind: 'documents' };
}

/** @throws {InvalidProjectionError} {InvalidStreamIdError} {InvalidEventError} when what all projections have is invalid */
export function checkDefinition({ name, version, filter }: Common & { readonly filter?: EventFilter }, functions: object): void {
  const invalid = (rule: string): InvalidProjectionError => new InvalidProjectionError(String(name), rule);
  if (typeof name !== 'string' || !/^[^/\0]{1,100}$/.test(name)) throw invalid('a name has 1 to 100 characters, no "/" and no NUL');
  if (!Number.isSafeInteger(version) || version < 1) throw invalid('a version is a whole number from 1');
  createBatchFilter(filter);
  for (const [key, value] of Object.entries(functions)) if (typeof value !== 'function') throw invalid(`"${key}" is not a function`);
}

// Inside the package the types of state, documents and events do not matter.
export type AnyProjection = FoldProjection<Event, unknown> | DocumentProjection<Event, unknown, string> | SqlProjection<Event, string>;

/** The events that a projection wants to see. */
export function filterOf(definition: AnyProjection): EventFilter {
  if (definition.kind === 'fold') return definition.filter ?? {};
  return { ...definition.filter, ...(!definition.otherwise && { types: Object.keys(definition.on ?? {}) }) };
}
