import {
  StorageBlockedError,
  StorageFullError,
  StorageUnavailableError,
  StoreClosedError,
  isErmineError,
  type ErmineError,
} from '../../event/errors.ts';
import type { ConnectionState, Durability } from '../storage.ts';
import { TIMED_OUT, nameOf, openDatabase, within, type OpenOptions } from './open-database.ts';
import { completed, endAlone } from './request.ts';
import { commitsOf, type StoreName } from './schema.ts';

export interface ConnectionOptions extends Omit<OpenOptions, 'onLost' | 'epoch'> {
  /** Called when the connection is lost, restored, or closed for good with the reason. */
  readonly onConnection: (error?: ErmineError) => void;
}

interface TransactionOptions {
  readonly durability?: Exclude<Durability, 'none'>;
  /** Running it twice is as good as once, so it may be run again when the connection is lost. */
  readonly repeatable?: boolean;
}

/** In a row; then the browser will not have it. */
const MAX_LOST_CONNECTIONS = 3;

/** Rejection of a transaction whose connection went away: it may have been committed or not. */
export class LostConnection extends StorageUnavailableError {}

/** A connection that opens itself again when the browser or another tab takes it away, as long as the epoch stays. */
export class Connection {
  /** That of the database that was opened first; one with another epoch is refused later. */
  epoch: string | undefined;
  readonly #options: ConnectionOptions;
  #database: IDBDatabase | undefined;
  #opening: Promise<IDBDatabase> | undefined;
  /** When the transactions that were begun have ended. */
  #settled: Promise<void> | undefined;
  /** Why it is closed for good. */
  #ended: ErmineError | undefined;

  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    await connection.#open();
    return connection;
  }

  private constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    if (this.#ended) return 'closed';
    return this.#database ? 'open' : 'lost';
  }

  /**
   * Runs one transaction. `body` makes requests, awaits nothing but them, and the transaction is durable when this
   * resolves with what the body gave. When the body throws, everything is undone. What only reads, or is `repeatable`,
   * survives the loss of the connection.
   *
   * @throws {StorageFullError} {StorageBlockedError} {StorageUnavailableError} {StoreClosedError} {EpochChangedError}
   * {VersionTooNewError} {LostConnection}
   */
  async run<T>(
    stores: readonly StoreName[],
    mode: 'readonly' | 'readwrite',
    body: (transaction: IDBTransaction) => T | Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    for (let lost = 0; ; lost++) {
      try {
        return await this.#runOnce(stores, mode, body, options);
      } catch (error) {
        const repeatable = mode === 'readonly' || options.repeatable;
        if (!(error instanceof LostConnection) || !repeatable || lost === MAX_LOST_CONNECTIONS) throw error;
      }
    }
  }

  /**
   * Makes the requests of `body`, all before it awaits any, of one moment of the log. The transaction ends without this
   * tab: one that waits for a tab that is frozen keeps all others from writing, even if it only reads.
   */
  look<T>(body: (commits: IDBObjectStore) => Promise<T>): Promise<T> {
    return this.run(['commits'], 'readonly', (transaction) => endAlone(transaction, body(commitsOf(transaction))));
  }

  async #runOnce<T>(
    stores: readonly StoreName[],
    mode: 'readonly' | 'readwrite',
    body: (transaction: IDBTransaction) => T | Promise<T>,
    options: TransactionOptions,
  ): Promise<T> {
    const transaction = await this.#begin(stores, mode, options);
    let bodyError: unknown;
    const result = Promise.resolve(transaction).then(body);
    result.catch((error: unknown) => {
      bodyError = error;
      abort(transaction);
    });
    let aborted = false;
    try {
      // What is written is durable, or undone, only when the transaction says so: a request may succeed and the commit fail.
      const ended = within(this.#options.blockedAfterMs, completed(transaction), () => (aborted = abort(transaction)));
      // Not `allSettled`, whose result would hold all the results before it.
      const settled = this.#settled;
      const both = (): Promise<void> | undefined => settled;
      this.#settled = ended.then(both, both);
      await (mode === 'readonly' ? Promise.race([result, ended]) : ended);
    } catch (error) {
      if (error !== TIMED_OUT) throw this.#explain(error, bodyError);
      const what = 'Another tab holds the database.';
      throw new StorageBlockedError(what, aborted || mode === 'readonly' ? 'no' : 'unknown');
    }
    return result;
  }

  /** Resolves when nothing holds the database any more, so that it can be deleted. */
  async close(): Promise<void> {
    this.#end(new StoreClosedError());
    await this.#settled;
  }

  async #begin(stores: readonly StoreName[], mode: IDBTransactionMode, options: TransactionOptions): Promise<IDBTransaction> {
    for (;;) {
      if (this.#ended) throw this.#ended;
      const database = this.#database ?? (await this.#open());
      try {
        return database.transaction(stores as StoreName[], mode, options);
      } catch (error) {
        // It is closed or closing, so nothing has begun: another connection can do it.
        if (nameOf(error) !== 'InvalidStateError') throw error;
        this.#lost(database);
      }
    }
  }

  /** The connection went away; the next transaction opens another one. */
  #lost(database: IDBDatabase): void {
    if (this.#database !== database) return;
    this.#database = undefined;
    this.#options.onConnection();
  }

  #open(): Promise<IDBDatabase> {
    this.#opening ??= openDatabase({ ...this.#options, epoch: this.epoch, onLost: (lost) => this.#lost(lost) })
      .then(({ database, epoch }) => {
        if (this.#ended) {
          database.close();
          throw this.#ended;
        }
        this.epoch = epoch;
        this.#database = database;
        this.#options.onConnection();
        return database;
      })
      .catch((error: unknown) => {
        if (isErmineError(error, 'EPOCH_CHANGED') || isErmineError(error, 'VERSION_TOO_NEW')) this.#end(error);
        throw error;
      })
      .finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  #end(error: ErmineError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#database?.close();
    this.#database = undefined;
    this.#options.onConnection(error);
  }

  /** The transaction's own failure says more than what it did to its requests, and anything more than "aborted". */
  #explain(transactionError: unknown, bodyError: unknown): unknown {
    const cause = [transactionError, bodyError].find((error) => error && nameOf(error) !== 'AbortError') ?? transactionError;
    const name = nameOf(cause)!;
    if (name === 'QuotaExceededError') return new StorageFullError({ cause });
    if (['AbortError', 'InvalidStateError', 'UnknownError'].includes(name)) return new LostConnection('The connection was lost.', { cause });
    if (name === 'ConstraintError' || !(cause instanceof DOMException)) return cause;
    return new StorageUnavailableError(`The database "${this.#options.name}" failed: ${cause.message}`, { cause });
  }
}

/** @returns whether it was still possible, so that nothing is written */
function abort(transaction: IDBTransaction): boolean {
  try {
    transaction.abort();
    return true;
  } catch {
    // It has ended, or is being committed: there is nothing left to undo.
    return false;
  }
}
