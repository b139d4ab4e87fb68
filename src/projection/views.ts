import { endWith, ignoreElements, merge, takeUntil, type Observable } from 'rxjs';
import type { DocumentLog } from '../storage/storage.ts';
import type { Pending, StoreParts } from '../subscription/store-parts.ts';
import type { AnyProjection } from './definition.ts';
import type { ViewOptions } from './opened.ts';
import { PendingReader } from './pending-reader.ts';
import { Reader } from './reader.ts';
import { watch } from './watch.ts';

/** A value, and a text that is the same for equal ones. */
export interface Answer<T> {
  readonly text: string;
  readonly value: T;
}

type Ask<T> = (reader: Reader) => Promise<Answer<T>>;

/** Asks a read model as it is stored, or with what is pending on top. */
export class Views {
  readonly #reader: Reader;
  readonly #pendingReader: PendingReader | undefined;
  readonly #pending: Pending | undefined;
  readonly #changes$: Observable<void>;

  /** @param changes$ emits when what is stored may be another one; completes at the end */
  constructor(parts: StoreParts, documents: DocumentLog, definition: AnyProjection, changes$: Observable<void>) {
    this.#reader = new Reader(documents, definition);
    this.#pending = parts.pending;
    this.#pendingReader = parts.pending && new PendingReader(parts, parts.pending, documents, definition);
    this.#changes$ = changes$;
  }

  async get<T>(ask: Ask<T>, options?: ViewOptions): Promise<T> {
    return (await this.#ask(ask, options)).value;
  }

  watch$<T>(ask: Ask<T>, options?: ViewOptions): Observable<T> {
    const pending$ = options?.pending ? this.#pending?.changes$ : undefined;
    const ended$ = this.#changes$.pipe(ignoreElements(), endWith(undefined));
    const changes$ = pending$ ? merge(this.#changes$, pending$.pipe(takeUntil(ended$))) : this.#changes$;
    return watch(changes$, () => this.#ask(ask, options));
  }

  #ask<T>(ask: Ask<T>, options?: ViewOptions): Promise<Answer<T>> {
    return options?.pending && this.#pendingReader ? this.#pendingReader.ask(ask) : ask(this.#reader);
  }
}
