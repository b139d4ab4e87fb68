import type { FailedEvent } from '../event/errors.ts';
import type { DocumentLog } from '../storage/storage.ts';
import { layout } from './layout.ts';

/** How far a build has come. Whoever writes expects the text as it was read, so two who do the same do it once. */
export interface Progress {
  /** The last global position that it has passed. */
  readonly position: number;
  readonly paused?: true;
  /** The event that it stands before, and why. */
  readonly failed?: { readonly event: FailedEvent; readonly reason: string };
}

/** The builds of a projection: the one that is served, the one that will be, and those whose documents must go. */
export interface Registry {
  /** The highest id that was given. */
  readonly last: number;
  readonly active: BuildRef;
  readonly building?: BuildRef;
  readonly stale?: readonly number[];
}

export interface BuildRef {
  readonly id: number;
  readonly version: number;
}

/** A value with the text that it was read as. */
export interface Read<T> {
  readonly text: string;
  readonly value: T;
}

export function parse<T>(text: string | undefined): Read<T> | undefined {
  return text === undefined ? undefined : { text, value: JSON.parse(text) as T };
}

/** The builds of a projection; undefined before the first one. */
export async function readRegistry(documents: DocumentLog, name: string): Promise<Read<Registry> | undefined> {
  return parse<Registry>((await documents.get([layout.registry(name)]))[0]);
}

/** How far a build has come; undefined when there is no such build. */
export async function readProgress(documents: DocumentLog, name: string, build: number): Promise<Read<Progress> | undefined> {
  return parse<Progress>((await documents.get([layout.progress(name, build)]))[0]);
}

/** Changes how far a build has come, unless somebody else was faster: then again from what that one wrote. @returns whether it did */
export async function changeProgress(
  documents: DocumentLog,
  name: string,
  build: number,
  change: (progress: Progress) => { readonly progress: Progress; readonly puts?: readonly { collection: string; key: string; data: string }[] } | undefined,
): Promise<boolean> {
  const key = layout.progress(name, build);
  for (;;) {
    const read = await readProgress(documents, name, build);
    const next = read && change(read.value);
    if (!next) return false;
    const puts = [{ ...key, data: JSON.stringify(next.progress) }, ...(next.puts ?? [])];
    if (await documents.write({ expect: [{ ...key, data: read.text }], puts }, { durability: 'relaxed' })) return true;
  }
}
