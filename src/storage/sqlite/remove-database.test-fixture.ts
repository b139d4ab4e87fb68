import { directoryOf } from './directory-of.ts';

/** Removes the files of a database, if there are any; fails when a handle keeps them open. */
export async function removeDatabase(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle('ermine-sqlite', { create: true });
  await all.removeEntry(directoryOf(name), { recursive: true }).catch((error: DOMException) => {
    if (error.name !== 'NotFoundError') throw error;
  });
}
