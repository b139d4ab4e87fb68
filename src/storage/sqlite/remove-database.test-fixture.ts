/** Fails when a handle keeps the files open. */
export async function removeDatabase(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle('ermine-sqlite');
  await all.removeEntry(name, { recursive: true });
}
