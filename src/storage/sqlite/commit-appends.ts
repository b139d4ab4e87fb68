import { ConcurrencyError } from '../../event/errors.ts';
import { checkPlace } from '../check-place.ts';
import { evaluateAppends, writtenBatches } from '../evaluate-appends.ts';
import type { Append, AppendOutcome } from '../storage.ts';
import type { Database } from './database.ts';
import { writeWithAppend } from './documents.ts';
import { readState } from './read-state.ts';
import { writeBatches } from './write-batches.ts';

/** Decides on a group of appends and writes what is accepted, with its documents, in one transaction. */
export function commitAppends(database: Database, appends: readonly Append[]): AppendOutcome[] {
  return database.transaction(() => {
    const outcomes = evaluateAppends(appends, readState(database, appends), (append, state) => checkPlace(append, state, ConcurrencyError) ?? writeWithAppend(database, append, state.tail));
    writeBatches(database, writtenBatches(outcomes));
    return outcomes;
  });
}
