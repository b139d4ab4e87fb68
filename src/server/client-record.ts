import type { DocumentKey } from '../storage/storage.ts';
import { MAX_UNCONFIRMED_COMMITS } from '../sync/protocol.ts';
import type { Principal } from './principal.ts';
import { RequestFailure } from './request-failure.ts';

/** What a log remembers of one client, in the transactions that append its commits. */
export interface ClientRecord {
  /** Whose client it is; nobody else can use its id. */
  readonly user: string;
  /** All numbers up to this one were taken, and the client knows. */
  readonly floor: number;
  /** Taken after `floor`, in order of taking; the hash is the client's, of what it pushed. */
  readonly done: readonly (readonly [seq: number, hash: string])[];
}

export function clientKey(clientId: string): DocumentKey {
  return { collection: '$clients', key: clientId };
}

/** Forgets what the client has confirmed. @returns undefined when it has confirmed what this log does not know of */
export function confirmBefore(record: ClientRecord, from: number): ClientRecord | undefined {
  const taken = new Set(record.done.map(([seq]) => seq));
  for (let seq = record.floor + 1; seq < from; seq++) {
    if (!taken.has(seq)) return undefined;
    taken.delete(seq);
  }
  if (from - 1 <= record.floor) return record;
  return { ...record, floor: from - 1, done: record.done.filter(([seq]) => seq >= from) };
}

/** Whether a commit can be written under its number, or what there is to say about it. */
export function judge(record: ClientRecord, seq: number, hash: string, skipped: ReadonlySet<number>): 'new' | 'seen' | 'taken' | 'gap' | 'wait' {
  // The client would not push what it has confirmed: another one has its id.
  if (seq <= record.floor) return 'taken';
  const taken = record.done.find(([number]) => number === seq);
  if (taken) return taken[1] === hash ? 'seen' : 'taken';
  if (record.done.length >= MAX_UNCONFIRMED_COMMITS) return 'wait';
  const numbers = new Set(record.done.map(([number]) => number));
  for (let number = record.floor + 1; number < seq; number++) if (!numbers.has(number) && !skipped.has(number)) return 'gap';
  return 'new';
}

export function take(record: ClientRecord, seq: number, hash: string): ClientRecord {
  return { ...record, done: [...record.done, [seq, hash]] };
}

/** @throws {RequestFailure} when the client id is somebody else's */
export function parseRecord(text: string | undefined, { user }: Principal): ClientRecord {
  if (text === undefined) return { user, floor: 0, done: [] };
  const record = JSON.parse(text) as ClientRecord;
  if (record.user !== user) throw new RequestFailure('CLIENT_OF_ANOTHER_USER', 'This client id belongs to another user.');
  return record;
}
