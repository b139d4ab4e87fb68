// The origin's private file system, where the SQLite contestants keep their files.

/** Handles of a worker that has just ended are let go a moment later, in milliseconds. */
const FILES_AFTER_MS = 5_000;

export async function removeFolder(path) {
  let folder = await navigator.storage.getDirectory();
  for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
  for (const end = performance.now() + FILES_AFTER_MS; ; ) {
    try {
      return await folder.removeEntry(path.at(-1), { recursive: true });
    } catch (error) {
      if (error.name !== 'NoModificationAllowedError' || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Bytes of all files. */
export async function fileBytes(folder) {
  let bytes = 0;
  for await (const entry of (folder ?? (await navigator.storage.getDirectory())).values()) {
    bytes += entry.kind === 'file' ? (await entry.getFile()).size : await fileBytes(entry);
  }
  return bytes;
}
