/**
 * Where the files of a database are, in `ermine-sqlite`: its name, with what is not `a-z`, `0-9`, `_` or `-` as `%` and four
 * hex digits. Safari has it on the disk as it is, where capitals may be no other letters.
 */
export function directoryOf(name: string): string {
  return name.replace(/[^a-z\d_-]/g, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The directory of the files themselves, which is made when it is missing. */
export async function openDirectory(name: string): Promise<FileSystemDirectoryHandle> {
  let directory = await navigator.storage.getDirectory();
  for (const part of ['ermine-sqlite', directoryOf(name), '.opaque']) directory = await directory.getDirectoryHandle(part, { create: true });
  return directory;
}
