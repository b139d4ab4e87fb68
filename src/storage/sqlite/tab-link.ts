import { EpochChangedError, StorageUnavailableError, StoreClosedError, VersionTooNewError, type ErmineError } from '../../event/errors.ts';
import type { StorageState } from '../storage.ts';
import type { Ask, OperationName } from './operations.ts';
import { onPageSleep } from './page-sleep.ts';
import { PendingRequests } from './pending-requests.ts';
import { fromPlainError } from './plain-error.ts';
import { PROTOCOL, channelOf, channelOfTab, isMessage, isReply, lockOf, type Notice, type OpenRequest, type Request } from './protocol.ts';
import type { LogLink } from './sql-log.ts';

export interface TabLinkOptions {
  readonly name: string;
  readonly durability: 'strict' | 'relaxed';
  readonly blockedAfterMs: number;
  readonly createWorker: () => Worker;
  readonly onConnection: (error?: ErmineError) => void;
}

/** A tab that could not open the files tries again so much later, in milliseconds. */
const RETRY_MS = 500;
/** A worker that does not say that it has closed is ended, in milliseconds. */
const CLOSE_MS = 2_000;

/**
 * A tab's way to the database. One tab of all holds a Web Lock, and with it a worker that has the files; the others ask that
 * worker. When the tab goes, crashes or sleeps, the lock goes to the next one, whose worker tells all that it is there, and
 * what was not answered is sent again, as a retry.
 *
 * What keeps two workers from writing is that the browser gives the files to one of them only; the lock makes it orderly.
 */
export class TabLink implements LogLink {
  readonly #options: TabLinkOptions;
  readonly #tab = crypto.randomUUID();
  readonly #requests: PendingRequests;
  readonly #life = new AbortController();
  #epoch: string | undefined;
  /** To whoever has the database, while that is known. */
  #send: ((request: Request) => void) | undefined;
  /** Ends the tab's part until it joins again: its place in the queue for the lock, its worker, its channels. */
  #part: AbortController | undefined;
  #worker: Worker | undefined;
  #say: (notice: Notice) => void = () => undefined;
  #ended: ErmineError | undefined;
  #workerClosed: () => void = () => undefined;

  /** @throws {StorageUnavailableError} {StorageBlockedError} {VersionTooNewError} */
  static async open(options: TabLinkOptions): Promise<TabLink> {
    if (!globalThis.navigator?.locks) throw new StorageUnavailableError('This browser, or this page, has no Web Locks (they need HTTPS). Use indexedDbStorage instead.');
    const link = new TabLink(options);
    const sleep = (): void => (link.#requests.pause(), link.#leave());
    const wake = (): void => (link.#requests.resume(), link.#join());
    onPageSleep(sleep, wake, link.#life.signal);
    link.#join();
    try {
      await link.ask('head');
      return link;
    } catch (error) {
      link.#end(error as ErmineError);
      throw error;
    }
  }

  private constructor(options: TabLinkOptions) {
    this.#options = options;
    this.#requests = new PendingRequests(options.blockedAfterMs);
  }

  get epoch(): string {
    return this.#epoch!;
  }

  readonly ask: Ask = async (operation: OperationName, ...values: readonly unknown[]) => {
    if (this.#ended) throw this.#ended;
    return this.#requests.add({ operation, values }, this.#send);
  };

  readonly state = (): StorageState => ({ durability: this.#options.durability, connection: this.#ended ? 'closed' : this.#send ? 'open' : 'lost' });

  readonly close = async (): Promise<void> => {
    if (this.#ended) return;
    this.#ended = new StoreClosedError();
    await this.#requests.allSettled();
    if (this.#worker) {
      const closed = new Promise<void>((resolve) => (this.#workerClosed = resolve));
      this.#worker.postMessage({ protocol: PROTOCOL, is: 'close' });
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
    }
    this.#end(this.#ended);
  };

  #join(): void {
    if (this.#part || this.#life.signal.aborted) return;
    const { name, durability } = this.#options;
    const part = (this.#part = new AbortController());
    this.#openChannels(part.signal);
    this.#say({ protocol: PROTOCOL, is: 'hello', tab: this.#tab, durability });
    // A service worker can start none, and is served by a tab.
    if (typeof Worker === 'undefined') return;
    const own = (): Promise<void> | undefined => (part.signal.aborted ? undefined : this.#own(part.signal));
    // Without a signal a request that waits keeps a page out of the back/forward cache.
    navigator.locks
      .request(lockOf(name), { signal: part.signal }, own)
      .catch((error: unknown) => {
        if ((error as Error | undefined)?.name === 'SecurityError') this.#stop(new StorageUnavailableError(`Web Locks are refused (${error}). Is this a sandboxed frame?`, { cause: error }));
      })
      .then(() => {
        // The lock was stolen, or the worker could not open the files: this tab gets in line again.
        if (part.signal.aborted) return;
        this.#leave();
        setTimeout(() => this.#join(), RETRY_MS);
      });
  }

  #leave(): void {
    const part = this.#part;
    this.#part = undefined;
    this.#say({ protocol: PROTOCOL, is: 'bye', tab: this.#tab });
    part?.abort();
    if (!this.#send) return;
    this.#send = undefined;
    if (!this.#ended) this.#options.onConnection();
  }

  #openChannels(signal: AbortSignal): void {
    if (typeof BroadcastChannel === 'undefined') return;
    const { name, durability } = this.#options;
    const all = new BroadcastChannel(channelOf(name));
    const own = new BroadcastChannel(channelOfTab(this.#tab));
    this.#say = (notice) => all.postMessage(notice);
    all.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (this.#isNewer(data) || !isMessage(data) || data.is !== 'owner' || this.#worker) return;
      this.#say({ protocol: PROTOCOL, is: 'hello', tab: this.#tab, durability });
    };
    own.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(data, (request) => own.postMessage(request));
    signal.addEventListener('abort', () => {
      this.#say = () => undefined;
      all.close();
      own.close();
    });
  }

  /** The lock is this tab's until the signal, or until its worker cannot go on. */
  #own(signal: AbortSignal): Promise<void> {
    const { name, durability, createWorker } = this.#options;
    return new Promise((resolve) => {
      let made: Worker | undefined;
      const end = (): void => {
        made?.terminate();
        this.#worker = undefined;
        resolve();
      };
      signal.addEventListener('abort', end);
      const fail = (error: ErmineError): void => {
        end();
        if (this.#epoch === undefined || error.code === 'VERSION_TOO_NEW') this.#stop(error);
      };
      const cannotRun = (why: string): void =>
        fail(new StorageUnavailableError(`The worker of SQLite cannot run (${why}). Does the bundler give it out, and the page's CSP allow it (worker-src)?`));
      try {
        made = createWorker();
      } catch (cause) {
        return cannotRun(String(cause));
      }
      const worker = (this.#worker = made);
      worker.onerror = ({ message }) => cannotRun(message || 'it was not found');
      worker.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (isMessage(data) && data.protocol < PROTOCOL) cannotRun('it is of an older version than the page');
        else if (isReply(data) && data.is === 'ready') start();
        else if (isReply(data) && data.is === 'failed') fail(fromPlainError(data.error));
        else this.#receive(data, (request) => worker.postMessage(request));
      };
      // Once now, and once more if it only hears later: the second time changes nothing.
      const start = (): void => worker.postMessage({ protocol: PROTOCOL, is: 'open', name, durability } satisfies OpenRequest);
      start();
    });
  }

  #receive(data: unknown, send: (request: Request) => void): void {
    if (this.#isNewer(data) || !isReply(data)) return;
    if (data.is === 'answer' || data.is === 'refusal') this.#requests.settle(data);
    else if (data.is === 'closed') this.#workerClosed();
    else if (data.is === 'open') this.#connected(data.epoch, send);
  }

  #connected(epoch: string, send: (request: Request) => void): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) return this.#stop(new EpochChangedError(this.#epoch, epoch));
    this.#epoch = epoch;
    this.#send = send;
    if (!this.#ended) this.#options.onConnection();
    this.#requests.sendAgain(send);
  }

  /** A tab with newer code speaks: this one gives way. */
  #isNewer(data: unknown): boolean {
    const newer = isMessage(data) && data.protocol > PROTOCOL;
    if (newer) this.#stop(new VersionTooNewError(this.#options.name));
    return newer;
  }

  #stop(error: ErmineError): void {
    if (this.#ended) return;
    this.#end(error);
    this.#options.onConnection(error);
  }

  #end(error: ErmineError): void {
    this.#ended = error;
    this.#life.abort();
    this.#leave();
    this.#requests.rejectAll(error);
  }
}
