import type { StoredEvent } from '../event/event.ts';
import type { DocumentKey, DocumentLog, DocumentRecord, SqlStatement } from '../storage/storage.ts';

/** What a build's events come to; made outside of any transaction. */
export interface Folding {
  /**
   * Folds events on top of what is stored, and of what it gave before if that was written.
   *
   * @returns what to write, or the index of the event that failed: then nothing of this call counts
   */
  fold(events: readonly StoredEvent[], documents: Pick<DocumentLog, 'get'>): Promise<Folded>;
  /** What it gave last was not written: it begins again from what is stored. */
  reset(): void;
}

export type Folded =
  | {
      readonly ok: true;
      readonly puts: readonly DocumentRecord[];
      readonly deletes: readonly DocumentKey[];
      /** Only from a projection to SQL. */
      readonly statements?: readonly SqlStatement[];
      /** For each statement, the index of its event. */
      readonly eventOf?: readonly number[];
    }
  | { readonly ok: false; readonly index: number; readonly error: unknown };
