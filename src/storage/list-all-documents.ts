import type { DocumentCursor, DocumentLog, DocumentRange } from './storage.ts';

const PAGE_DOCUMENTS = 500;

/** All documents of a collection whose keys are at least `lower`, in the order of their keys, read in pages. */
export async function* listAllDocuments(
  documents: Pick<DocumentLog, 'list'>,
  range: Pick<DocumentRange, 'collection' | 'lower'>,
): AsyncGenerator<{ readonly key: string; readonly data: string }, void, undefined> {
  for (let after: DocumentCursor | undefined; ; ) {
    const page = await documents.list({ ...range, direction: 'forwards', limit: PAGE_DOCUMENTS, ...(after && { after }) });
    yield* page.documents;
    if (!page.next) return;
    after = page.next;
  }
}
