import type { Append } from '../storage.ts';
import { withAllIds } from '../with-all-ids.ts';
import type { OperationName } from './operations.ts';

/** Operations that only read. When no answer to another one came, it is not known whether it was done. */
export const READS: ReadonlySet<OperationName> = new Set<OperationName>([
  'head', 'readAll', 'readStream', 'streamInfo', 'listStreams', 'loadSnapshot', 'getDocuments', 'listDocuments', 'query', 'export',
]);

/** An operation that may have been done already, so that doing it now is as good as once. */
export function toRetry(operation: OperationName, values: readonly unknown[]): readonly unknown[] {
  if (operation === 'commit') return [(values[0] as readonly Append[]).map(withAllIds)];
  // The last argument of these says that it is a retry.
  return operation === 'deleteStream' || operation === 'writeDocuments' ? [...values.slice(0, -1), true] : values;
}
