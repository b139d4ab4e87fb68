/** What a statement's parameter can be; arrays are passed as PostgreSQL writes them, see `toArrayLiteral`. */
export type SqlValue = string | number | null;

/** A row of an answer, by the names of its columns. */
export type SqlRow = Readonly<Record<string, unknown>>;

/**
 * How the storage talks to PostgreSQL: all it needs of a client library. {@link postgresStorage} makes one of a pool of
 * `pg`, of `postgres` and of PGlite; implement it for any other.
 */
export interface PostgresClient {
  /**
   * Runs one statement with bound parameters (`$1`, `$2` …) as a transaction of its own, on any connection, and gives
   * its rows. Strings are passed as they are, whatever the type of the parameter. Rejects with the library's error, whose
   * `code` is the SQLSTATE when the server refused the statement; any other error means that the connection failed, and
   * the statement may have been executed or not.
   */
  query(statement: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  /** Runs several statements without parameters in one transaction: all or none. */
  execute(script: string): Promise<unknown>;
  /**
   * Hears the notifications of a channel on a connection that it keeps for that, and opens again when it is lost.
   * Absent when the client cannot: then nobody is told, and everybody polls.
   *
   * @param onListening called each time that it begins to listen: what was sent before was not heard
   * @returns a function that ends it
   */
  listen?(channel: string, onNotification: (payload: string) => void, onListening: () => void): () => void;
}

/** What is used of a `Pool` of [`pg`](https://node-postgres.com); one of its connections listens, so it needs two. */
export interface PgPool {
  query(config: { readonly name?: string; readonly text: string; readonly values?: SqlValue[]; readonly query_timeout?: number }): Promise<{ readonly rows: SqlRow[] }>;
  connect(callback: (error: Error | undefined, client: PgPoolClient | undefined) => void): void;
  readonly options: { readonly max: number };
  readonly totalCount: number;
  on(event: 'error', listener: (error: Error) => void): unknown;
  listenerCount(event: 'error'): number;
}

/** What is used of a connection of {@link PgPool}. */
export interface PgPoolClient {
  query(text: string): Promise<unknown>;
  on(event: 'notification', listener: (message: { readonly channel: string; readonly payload?: string | undefined }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  release(destroy?: boolean): void;
}

/** What is used of the function that [`postgres`](https://github.com/porsager/postgres) returns. */
export interface PostgresJsSql {
  unsafe(statement: string, values?: SqlValue[], options?: { readonly prepare: boolean }): PromiseLike<readonly SqlRow[]> & { simple(): PromiseLike<unknown> };
  listen(channel: string, onNotification: (payload: string) => void, onListening?: () => void): Promise<{ unlisten(): Promise<void> }>;
}

/** What is used of a [`PGlite`](https://pglite.dev), PostgreSQL in this process. */
export interface PgliteDatabase {
  query(statement: string, values?: SqlValue[]): Promise<{ readonly rows: unknown[] }>;
  exec(script: string): Promise<unknown>;
  listen(channel: string, onNotification: (payload: string) => void): Promise<() => Promise<void>>;
}
