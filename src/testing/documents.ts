import type { DocumentKey, DocumentLog, DocumentRecord, Log } from '../storage/storage.ts';
import type { LogUnderTest } from './suite.ts';

/** Another handle on the log itself, under any store. */
export async function openLog(log: LogUnderTest): Promise<Log> {
  const handle = await log.storage.open(() => undefined);
  log.afterwards(() => handle.close());
  return handle;
}

/** The documents of another handle. */
export async function openDocuments(log: LogUnderTest): Promise<DocumentLog> {
  return (await openLog(log)).documents();
}

/** A key of the collection that most rules use. */
export function at(key: string, collection = 'cards'): DocumentKey {
  return { collection, key };
}

/** A document whose data is a JSON string. */
export function document(key: string, text: string, indexes?: DocumentRecord['indexes']): DocumentRecord {
  return { ...at(key), data: JSON.stringify(text), ...(indexes && { indexes }) };
}
