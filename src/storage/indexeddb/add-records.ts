import { writtenBatches } from '../evaluate-appends.ts';
import type { AppendOutcome } from '../storage.ts';
import { toRecords, type CommitRecord } from './commit-record.ts';
import { commitsOf } from './schema.ts';

/**
 * Issues all requests at once. One record is then committed without waiting, so that a tab that freezes now blocks nobody.
 * Several are not: Firefox commits what is left when one of them but the last fails after `commit()`, half an append.
 *
 * @param alone whether nothing else is written in the transaction
 */
export function addAll(transaction: IDBTransaction, records: readonly CommitRecord[], alone = true): void {
  for (const record of records) commitsOf(transaction).add(record);
  if (alone && records.length < 2) transaction.commit();
}

export function recordsOf(outcomes: readonly AppendOutcome[]): CommitRecord[] {
  return toRecords(writtenBatches(outcomes));
}
