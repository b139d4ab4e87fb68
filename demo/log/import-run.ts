import type { PermitStore } from '../desk/permit-events.ts';
import { BehaviorSubject } from 'rxjs';

export interface ImportState {
  readonly status: 'running' | 'done' | 'stopped' | 'failed';
  readonly imported: number;
  readonly skipped: number;
  /** Bytes of the source read so far. */
  readonly bytes: number;
  readonly eventsPerSecond: number;
  readonly error: unknown;
}

export interface ImportRun {
  readonly state$: BehaviorSubject<ImportState>;
  /** Stops after the batch under way; importing the same again goes on from there. */
  cancel(): void;
}

/** What to import: gets a signal, so that a download stops as well. */
export type ImportSource = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array> | Blob>;

/** Starts importing, and tells how it goes and how it ended. */
export function startImport(store: PermitStore, source: ImportSource): ImportRun {
  const state$ = new BehaviorSubject<ImportState>({ status: 'running', imported: 0, skipped: 0, bytes: 0, eventsPerSecond: 0, error: undefined });
  const controller = new AbortController();
  const { signal } = controller;
  const startedAt = performance.now();
  const update = (change: Partial<ImportState>): void => state$.next({ ...state$.value, ...change });

  const run = async (): Promise<void> => {
    const onProgress = ({ imported, skipped, bytes }: { imported: number; skipped: number; bytes: number }): void => {
      const seconds = (performance.now() - startedAt) / 1000;
      update({ imported, skipped, bytes, eventsPerSecond: (imported + skipped) / seconds });
    };
    await store.importEvents(await source(signal), { signal, onProgress });
  };
  run().then(
    () => update({ status: 'done' }),
    (error: unknown) => update(signal.aborted ? { status: 'stopped' } : { status: 'failed', error }),
  );
  return { state$, cancel: () => controller.abort() };
}
