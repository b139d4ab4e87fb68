import type { Append } from '../storage.ts';
import { withAllIds } from '../with-all-ids.ts';
import type { OperationName } from './operations.ts';

/** Of an operation that changes something, it has to be found out whether it was done when no answer came. */
export const READS: ReadonlySet<OperationName> = new Set<OperationName>([
  'head', 'readAll', 'readStream', 'streamInfo', 'listStreams', 'loadSnapshot', 'getDocuments', 'listDocuments', 'query', 'export',
]);

/** An operation that may have been done already, so that doing it now is as good as once. */
export function toRetry(operation: OperationName, values: readonly unknown[]): readonly unknown[] {
  if (operation === 'commit') return [(values[0] as readonly Append[]).map(withAllIds)];
  // The last argument of these says that it is one.
  return operation === 'deleteStream' || operation === 'writeDocuments' ? [...values.slice(0, -1), true] : values;
}
