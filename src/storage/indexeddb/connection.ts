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
import { completed } from './request.ts';
import type { StoreName } from './schema.ts';

export type ConnectionOptions = Omit<OpenOptions, 'onLost' | 'epoch'>;

interface TransactionOptions {
  readonly durability?: Exclude<Durability, 'none'>;
  /** Running it twice is as good as once, so it may be run again when the connection is lost. */
  readonly repeatable?: boolean;
}

/** In a row; then the browser will not have it. */
export const MAX_LOST_CONNECTIONS = 3;

/** Rejection of a transaction whose connection went away: it may have been committed or not. */
export class LostConnection extends Error {}

export function keepsClosing(cause: unknown): StorageUnavailableError {
  return new StorageUnavailableError('The browser keeps closing the database. Reload the page.', { cause });
}

/** A connection that opens itself again when the browser or another tab takes it away, as long as the epoch stays. */
export class Connection {
  readonly epoch: string;
  readonly #options: ConnectionOptions;
  #database: IDBDatabase | undefined;
  #reopening: Promise<IDBDatabase> | undefined;
  /** Why it is closed for good. */
  #ended: ErmineError | undefined;
  readonly #listeners = new Set<(state: ConnectionState, error?: ErmineError) => void>();

  static async open(options: ConnectionOptions): Promise<Connection> {
    let connection: Connection | undefined;
    const { database, epoch } = await openDatabase({
      ...options,
      onLost: (lost) => connection?.lost(lost),
    });
    connection = new Connection(options, database, epoch);
    return connection;
  }

  private constructor(options: ConnectionOptions, database: IDBDatabase, epoch: string) {
    this.#options = options;
    this.#database = database;
    this.epoch = epoch;
  }

  get state(): ConnectionState {
    if (this.#ended) return 'closed';
    return this.#database ? 'open' : 'lost';
  }

  onChange(listener: (state: ConnectionState, error?: ErmineError) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
        if (!(error instanceof LostConnection) || (mode === 'readwrite' && !options.repeatable)) throw error;
        if (lost === MAX_LOST_CONNECTIONS) throw keepsClosing(error);
      }
    }
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
      // Durable, or undone, only when the transaction says so: a request may succeed and the commit fail.
      await within(this.#options.blockedAfterMs, completed(transaction), () => (aborted = abort(transaction)));
    } catch (error) {
      throw error === TIMED_OUT ? this.#blocked(aborted) : this.#explain(bodyError, error);
    }
    return result;
  }

  close(): void {
    this.#end(new StoreClosedError());
  }

  /** The connection went away; the next transaction opens another one. */
  lost(database: IDBDatabase): void {
    if (this.#database !== database) return;
    this.#database = undefined;
    this.#notify('lost');
  }

  async #begin(stores: readonly StoreName[], mode: IDBTransactionMode, options: TransactionOptions): Promise<IDBTransaction> {
    for (;;) {
      if (this.#ended) throw this.#ended;
      const database = this.#database ?? (await this.#reopen());
      try {
        return database.transaction(stores as StoreName[], mode, options);
      } catch (error) {
        // It is closed or closing, so nothing has begun: another connection can do it.
        if (nameOf(error) !== 'InvalidStateError') throw error;
        this.lost(database);
      }
    }
  }

  #reopen(): Promise<IDBDatabase> {
    this.#reopening ??= openDatabase({
      ...this.#options,
      epoch: this.epoch,
      onLost: (lost) => this.lost(lost),
    })
      .then(({ database }) => {
        if (this.#ended) {
          database.close();
          throw this.#ended;
        }
        this.#database = database;
        this.#notify('open');
        return database;
      })
      .catch((error: unknown) => {
        if (isErmineError(error, 'EPOCH_CHANGED') || isErmineError(error, 'VERSION_TOO_NEW')) this.#end(error);
        throw error;
      })
      .finally(() => (this.#reopening = undefined));
    return this.#reopening;
  }

  #end(error: ErmineError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#database?.close();
    this.#database = undefined;
    this.#notify('closed', error);
  }

  #notify(state: ConnectionState, error?: ErmineError): void {
    for (const listener of [...this.#listeners]) listener(state, error);
  }

  #blocked(aborted: boolean): ErmineError {
    const { name, blockedAfterMs } = this.#options;
    const what = `The database "${name}" did not answer within ${blockedAfterMs} ms; another tab may be holding it.`;
    return new StorageBlockedError(what, aborted ? 'no' : 'unknown');
  }

  #explain(bodyError: unknown, transactionError: unknown): unknown {
    if (bodyError !== undefined && !(bodyError instanceof DOMException)) return bodyError;
    const errors = [transactionError, bodyError].filter((error) => error instanceof DOMException);
    const cause = errors.find((error) => error.name !== 'AbortError') ?? errors[0];
    switch (cause?.name) {
      case 'QuotaExceededError':
        return new StorageFullError({ cause });
      case 'ConstraintError':
        return cause;
      case 'AbortError':
      case 'InvalidStateError':
      case 'UnknownError':
        return new LostConnection('The connection to the database was lost.', { cause });
      default:
        return new StorageUnavailableError(`The database "${this.#options.name}" failed: ${String(cause ?? transactionError)}`, { cause });
    }
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
