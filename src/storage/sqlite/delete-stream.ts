import type { NewBatch } from '../../event/event-batch.ts';
import { idAt } from '../../event/event-id.ts';
import { evaluateAppends } from '../evaluate-appends.ts';
import type { AppendOutcome } from '../storage.ts';
import type { Database } from './database.ts';
import { eraseBefore } from './erase.ts';
import { readState } from './read-state.ts';
import { toSortable } from './sortable-text.ts';
import { writeBatches } from './write-batches.ts';

/**
 * Writes the tombstone and erases what was before it, in one transaction.
 *
 * @param retry an earlier try may have been written: its tombstone, found by its id, is then the result
 */
export function deleteStream(database: Database, stream: string, expectedVersion: number, tombstone: NewBatch, retry: boolean): AppendOutcome {
  const append = { writes: [{ stream, expectedVersion, batches: [tombstone] }], ids: retry ? [idAt(tombstone.idBase, 0)] : [], retry };
  return database.erasing(() => {
    const [outcome] = evaluateAppends([append], readState(database, [append]));
    if (!outcome?.ok || outcome.batches.length === 0) return outcome!;
    eraseBefore(database, stream, Number.MAX_SAFE_INTEGER);
    writeBatches(database, outcome.batches);
    database.run('DELETE FROM log_snapshots WHERE stream = ?', toSortable(stream));
    return outcome;
  });
}
