import { DocumentConflictError, StorageUnavailableError } from '../../event/errors.ts';
import type { Documents } from './documents.ts';
import { requested } from './request.ts';

/** The code of documents, for those who use them. */
export async function loadDocuments(): Promise<Documents> {
  const { createDocuments } = await import('./documents.ts');
  return createDocuments(requested, DocumentConflictError, StorageUnavailableError);
}
