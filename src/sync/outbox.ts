import { listAllDocuments } from '../storage/list-all-documents.ts';
import type { DocumentKey, DocumentLog, DocumentRecord, DocumentWrites } from '../storage/storage.ts';
import type { PendingCommit, RejectedCommit } from './pending-commit.ts';
import { REPLICA, readReplicaState, type KnownState } from './replica-state.ts';

/** Where the next commit goes. */
export interface OutboxHead {
  readonly clientId: string;
  /** The order of the next commit. */
  readonly next: number;
  /** The number of the next commit. */
  readonly seq: number;
  /** How many changes there were besides appends. */
  readonly edits: number;
  /** The generation that goes on with what is here: nothing is written here any more. */
  readonly movedTo?: number;
  /** Whether all of it is there, and the events here are erased. */
  readonly emptied?: true;
  /** Epoch of the log whose outbox this was. */
  readonly movedFrom?: string;
}

/** The outbox as of one moment. */
export interface OutboxView {
  readonly head: OutboxHead;
  /** The document of `head`, to be compared in the transaction that changes anything. */
  readonly text: string;
  /** In their order. */
  readonly commits: readonly PendingCommit[];
  readonly rejected: readonly RejectedCommit[];
}

/** What is changed, all or nothing. */
export interface OutboxChange {
  /** Commits at the end. */
  readonly added?: readonly PendingCommit[];
  /** Commits that take the place of those with the same order. */
  readonly replaced?: readonly PendingCommit[];
  /** Orders. */
  readonly removed?: readonly number[];
  readonly rejected?: readonly RejectedCommit[];
  /** Commit ids. */
  readonly unrejected?: readonly string[];
  readonly clientId?: string;
  /** The next number, where it is not the one after those added. */
  readonly seq?: number;
}

const HEAD: DocumentKey = { collection: '$sync', key: 'outbox' };
const COMMITS = '$outbox';
const REJECTED = '$rejected';

/** The commits that wait for the server, and those that it will not get, in documents that all tabs share. */
export class Outbox {
  readonly #documents: DocumentLog;
  #view: OutboxView | undefined;

  constructor(documents: DocumentLog) {
    this.#documents = documents;
  }

  /** Makes the outbox if there is none. */
  async create(clientId: string): Promise<void> {
    const head: OutboxHead = { clientId, next: 1, seq: 1, edits: 0 };
    // When there is one, nothing is written.
    await this.#documents.write({ expect: [{ ...HEAD, data: undefined }], puts: [{ ...HEAD, data: JSON.stringify(head) }] });
  }

  /** What this tab has seen last, undefined before it has looked. */
  get seen(): OutboxView | undefined {
    return this.#view;
  }

  /** The outbox as it is now: one read when nothing has changed. */
  async look(): Promise<OutboxView> {
    for (;;) {
      const known = this.#view;
      const text = await this.#head();
      if (known?.text === text) return known;
      const head = JSON.parse(text) as OutboxHead;
      const appendedOnly = known && known.head.edits === head.edits && known.head.next <= head.next;
      const [commits, rejected] = appendedOnly
        ? [[...known.commits, ...(await this.#list<PendingCommit>(COMMITS, toKey(known.head.next)))], known.rejected]
        : [await this.#list<PendingCommit>(COMMITS), await this.#list<RejectedCommit>(REJECTED)];
      // What was read in pages is of one moment only if nothing has changed meanwhile.
      if ((await this.#head()) !== text) continue;
      this.#view = { head, text, commits, rejected };
      return this.#view;
    }
  }

  /** The documents to write, and the view after it, which counts once they are written. */
  plan(view: OutboxView, change: OutboxChange): { writes: DocumentWrites; view: OutboxView } {
    const { added = [], replaced = [], removed = [], rejected = [], unrejected = [] } = change;
    const numbered = added.filter(({ seq }) => seq !== null).length;
    const edited = replaced.length + removed.length + rejected.length + unrejected.length > 0 || change.clientId !== undefined;
    const head: OutboxHead = {
      ...view.head,
      clientId: change.clientId ?? view.head.clientId,
      next: view.head.next + added.length,
      seq: change.seq ?? view.head.seq + numbered,
      edits: view.head.edits + (edited ? 1 : 0),
    };
    const text = JSON.stringify(head);
    const gone = new Set(removed);
    const other = new Map(replaced.map((commit) => [commit.order, commit]));
    const commits = edited ? view.commits.filter(({ order }) => !gone.has(order)).map((commit) => other.get(commit.order) ?? commit) : view.commits;
    return {
      writes: {
        expect: [{ ...HEAD, data: view.text }],
        puts: [{ ...HEAD, data: text }, ...[...replaced, ...added].map(commitRecord), ...rejected.map(rejectedRecord)],
        deletes: [...removed.map((order) => ({ collection: COMMITS, key: toKey(order) })), ...unrejected.map((key) => ({ collection: REJECTED, key }))],
      },
      view: {
        head,
        text,
        commits: added.length > 0 ? commits.concat(added) : commits,
        rejected: edited ? [...view.rejected.filter(({ commitId }) => !unrejected.includes(commitId)), ...rejected] : view.rejected,
      },
    };
  }

  /** Everything in place of what is here, if that is as it was seen. @returns false when it is not */
  replace({ text }: OutboxView, { head, commits, rejected, more }: { head: OutboxHead; commits: readonly PendingCommit[]; rejected: readonly RejectedCommit[]; more: readonly DocumentRecord[] }): Promise<boolean> {
    const puts = [{ ...HEAD, data: JSON.stringify(head) }, ...commits.map(commitRecord), ...rejected.map(rejectedRecord), ...more];
    return this.#documents.write({ expect: [{ ...HEAD, data: text }], puts });
  }

  /** The view is what was written. */
  wrote(view: OutboxView): void {
    this.#view = view;
  }

  async #head(): Promise<string> {
    const [text] = await this.#documents.get([HEAD]);
    return text!;
  }

  async #list<T>(collection: string, lower?: string): Promise<T[]> {
    const found: T[] = [];
    const range = { collection, ...(lower !== undefined && { lower }) };
    for await (const { data } of listAllDocuments(this.#documents, range)) found.push(JSON.parse(data) as T);
    return found;
  }
}

export async function readOutboxHead(documents: DocumentLog): Promise<OutboxHead | undefined> {
  const [text] = await documents.get([HEAD]);
  return text === undefined ? undefined : (JSON.parse(text) as OutboxHead);
}

/**
 * Says which generation goes on, unless that is said already. From then on nothing is written here.
 *
 * @returns the generation that counts; undefined when the replica is not as it was seen
 */
export async function writeMove(documents: DocumentLog, movedTo: number, seen?: KnownState): Promise<number | undefined> {
  for (;;) {
    const [data] = await documents.get([HEAD]);
    const head = JSON.parse(data!) as OutboxHead;
    if (head.movedTo !== undefined) return head.movedTo;
    const { state, text } = await readReplicaState(documents);
    if (seen && seen.text !== text) return undefined;
    const expect = [{ ...HEAD, data }, { ...REPLICA, data: text }];
    const puts = [{ ...HEAD, data: JSON.stringify({ ...head, movedTo }) }, { ...REPLICA, data: JSON.stringify({ ...state, movedTo }) }];
    if (await documents.write({ expect, puts })) return movedTo;
  }
}

/** Deletes what waits here, which is elsewhere now, and says that nothing is left. */
export async function emptyOutbox(documents: DocumentLog): Promise<void> {
  for (const collection of [COMMITS, REJECTED]) await documents.clear(collection);
  const [data] = await documents.get([HEAD]);
  const emptied: OutboxHead = { ...(JSON.parse(data!) as OutboxHead), emptied: true };
  // Nobody else changes it any more, but for those who do the same.
  await documents.write({ puts: [{ ...HEAD, data: JSON.stringify(emptied) }] });
}

function commitRecord(commit: PendingCommit): DocumentRecord {
  return { collection: COMMITS, key: toKey(commit.order), data: JSON.stringify(commit) };
}

function rejectedRecord(commit: RejectedCommit): DocumentRecord {
  return { collection: REJECTED, key: commit.commitId, data: JSON.stringify(commit) };
}

/** Keys in the order of their numbers. */
function toKey(order: number): string {
  return String(order).padStart(16, '0');
}
