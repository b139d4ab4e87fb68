import { EpochChangedError, StorageBlockedError, StorageUnavailableError, StoreClosedError, VersionTooNewError, type ErmineError } from '../../event/errors.ts';
import type { ConnectionState } from '../storage.ts';
import type { PostgresClient, SqlRow, SqlValue } from './client.ts';
import { explainError, type Failure } from './explain-error.ts';
import { migrations, quoteName } from './schema.ts';

/** In a row; then somebody writes all the time. */
const MAX_CONFLICTS = 16;

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 1_000;

export interface ConnectionOptions {
  readonly client: PostgresClient;
  readonly schema: string;
  readonly tenant: string;
  readonly epoch: string;
  /** Milliseconds that a transaction may wait for another one, and that a lost connection is tried again; an answer may take twice as long. */
  readonly blockedAfterMs: number;
  /** Called when the connection is lost, restored, or closed for good with the reason. */
  readonly onConnection: (error?: ErmineError) => void;
}

/** One log as seen through a client: tries again what a lost connection has left open, as long as the epoch stays. */
export class Connection {
  readonly epoch: string;
  readonly tenant: string;
  /** The schema's name, quoted. */
  readonly schema: string;
  readonly #options: ConnectionOptions;
  readonly #underWay = new Set<Promise<unknown>>();
  #lost = false;
  /** Why it is closed for good. */
  #ended: ErmineError | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.epoch = options.epoch;
    this.tenant = options.tenant;
    this.schema = quoteName(options.schema);
  }

  get state(): ConnectionState {
    if (this.#ended) return 'closed';
    return this.#lost ? 'lost' : 'open';
  }

  /** For the server, which then says for certain that nothing was written. */
  get lockTimeout(): string {
    return `${this.#options.blockedAfterMs}ms`;
  }

  /**
   * Runs statements until they are answered. When the connection fails in between they are all run again, with `repeated`
   * set: what they wrote before may have been committed.
   *
   * @throws {StorageBlockedError} {StorageFullError} {StorageUnavailableError} {StoreClosedError} {EpochChangedError} {VersionTooNewError}
   */
  run<T>(statements: (query: PostgresClient['query'], repeated: boolean) => Promise<T>): Promise<T> {
    const running = this.#run(statements);
    const settled = running.then(() => undefined, () => undefined).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
    return running;
  }

  /** {@link Connection.run} of one statement whose rows tell the epoch: nothing is read of another log. */
  read(statement: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    return this.run(async (query) => {
      const rows = await query(statement, values);
      this.checkEpoch(rows[0]?.['epoch']);
      return rows;
    });
  }

  /** @throws {EpochChangedError} when a statement has found another log, or none; then this one is closed for good */
  checkEpoch(actual: unknown): void {
    if (actual === this.epoch) return;
    const error = new EpochChangedError(this.epoch, typeof actual === 'string' ? actual : undefined);
    this.#end(error);
    throw error;
  }

  /** Takes nothing further, and resolves when what is under way has ended. */
  async close(): Promise<void> {
    const underWay = [...this.#underWay];
    this.#end(new StoreClosedError());
    await Promise.all(underWay);
  }

  async #run<T>(statements: (query: PostgresClient['query'], repeated: boolean) => Promise<T>): Promise<T> {
    if (this.#ended) throw this.#ended;
    const { blockedAfterMs } = this.#options;
    const deadline = Date.now() + blockedAfterMs;
    let repeated = false;
    let conflicts = 0;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)) {
      try {
        const result = await statements((statement, values) => this.#query(statement, values), repeated);
        this.#setLost(false);
        return result;
      } catch (cause) {
        const found = explainError(cause);
        const failure = found.kind === 'missing' ? await this.#whyMissing(cause) : found;
        if (failure.kind === 'refused') throw failure.error;
        if (failure.kind === 'conflict') {
          if (++conflicts === MAX_CONFLICTS) throw failure.error;
        } else {
          this.#setLost(true);
          repeated = true;
          if (Date.now() + retryMs > deadline) throw new StorageBlockedError(`PostgreSQL cannot be reached (${reasonOf(failure.cause)}).`, 'no', [], { cause: failure.cause });
          await new Promise((resolve) => setTimeout(resolve, retryMs));
        }
        if (this.#ended) throw this.#ended;
      }
    }
  }

  #query(statement: string, values: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    const { client } = this.#options;
    // Longer than the server itself waits for whoever holds the log.
    const answerMs = 2 * this.#options.blockedAfterMs;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new StorageBlockedError(`PostgreSQL did not answer within ${answerMs} ms.`, 'unknown')), answerMs);
      client.query(statement, values).then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #setLost(lost: boolean): void {
    if (this.#lost === lost || this.#ended) return;
    this.#lost = lost;
    this.#options.onConnection();
  }

  #end(error: ErmineError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#options.onConnection(error);
  }

  /** The tables, or functions, are not what they were: upgraded by newer code, or taken away. To ask may fail as well. */
  async #whyMissing(cause: unknown): Promise<Failure> {
    const { client, schema } = this.#options;
    let version: number;
    let epoch: string | undefined;
    try {
      version = await readSchemaVersion(client, schema);
      epoch = await readEpoch(client, schema, this.tenant);
    } catch (failed) {
      return explainError(failed);
    }
    const error =
      version > migrations.length
        ? new VersionTooNewError(schema, { cause })
        : epoch === this.epoch
          ? new StorageUnavailableError(`The schema "${schema}" is not whole (${reasonOf(cause)}). Restore it.`, { cause })
          : new EpochChangedError(this.epoch, epoch);
    this.#end(error);
    return { kind: 'refused', error };
  }
}

/** How many migrations the schema has seen; 0 when there is no schema yet. @throws the client's error */
export async function readSchemaVersion(client: PostgresClient, schema: string): Promise<number> {
  const rows = await client.query(`SELECT coalesce(max(version), 0)::float8 AS version FROM ${quoteName(schema)}.migrations`, []).catch(noRows);
  return Number(rows[0]?.['version'] ?? 0);
}

/** Undefined when the tenant has no log, or there are no tables. @throws the client's error */
export async function readEpoch(client: PostgresClient, schema: string, tenant: string): Promise<string | undefined> {
  const [row] = await client.query(`SELECT epoch FROM ${quoteName(schema)}.logs WHERE tenant = $1`, [tenant]).catch(noRows);
  return row && String(row['epoch']);
}

/** Of a table that is not there. */
function noRows(error: unknown): readonly SqlRow[] {
  if (explainError(error).kind !== 'missing') throw error;
  return [];
}

/** A connection that is refused at several addresses of a host has its message in what it gathers. */
export function reasonOf(cause: unknown): string {
  const { message, code } = Object(cause) as { message?: unknown; code?: unknown };
  return String(message || code || cause);
}
