import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import type { DocumentKey, DocumentLog, Log } from '../storage/storage.ts';
import type { Scope } from './protocol.ts';

/** What the application wants of the server's log, and what the server lets it have; absent: everything. */
export interface ReplicaScope {
  readonly filter?: Scope;
  readonly readable?: Scope;
}

/** How far this log repeats the server's. */
export interface ReplicaState extends ReplicaScope {
  /** The epoch of the server's log; undefined before the first contact. */
  readonly epoch?: string;
  /** Everything of the scope up to this position is here. */
  readonly cursor: number;
  /** Position of the last event that is here. */
  readonly tail: number;
  /** Its id: the server must have the same one there. */
  readonly tailId?: string;
  /** As in the outbox: whoever was about to place what it pulled before finds another text. */
  readonly movedTo?: number;
}

export const REPLICA: DocumentKey = { collection: '$sync', key: 'replica' };

/** The state and its text, which is compared in the transaction that moves it; text undefined before the first pull. */
export interface KnownState {
  readonly state: ReplicaState;
  readonly text: string | undefined;
}

export async function readReplicaState(documents: DocumentLog): Promise<KnownState> {
  const [text] = await documents.get([REPLICA]);
  return { text, state: text === undefined ? { cursor: 0, tail: 0 } : (JSON.parse(text) as ReplicaState) };
}

/** Whether the log holds what was pulled and nothing else: whoever else wrote into it did not know that it is a replica. */
export async function isUntouched(log: Log, documents: DocumentLog): Promise<boolean> {
  for (;;) {
    const before = await readReplicaState(documents);
    const head = await log.head();
    if (before.state.tail === head) return true;
    // A pull may have come in between.
    if ((await readReplicaState(documents)).text === before.text) return false;
  }
}

/** In whatever order the server lists what may be read. */
export function sameScope(a: ReplicaScope, b: ReplicaScope): boolean {
  const [one, other] = [a, b].map(({ filter, readable }) => JSON.stringify([filter, readable].map(namesOf)));
  return one === other;
}

function namesOf(scope: Scope | undefined): readonly string[][] | undefined {
  return scope && [scope.categories, scope.streams].map((names) => [...new Set(names)].sort());
}

/** The state after these batches and up to this position. */
export function moveState(state: ReplicaState, batches: readonly EventBatch[], coveredTo: number): ReplicaState {
  const last = batches.at(-1);
  if (!last) return { ...state, cursor: coveredTo };
  const { globalPosition: tail, id: tailId } = decodeBatch(last).at(-1)!;
  return { ...state, cursor: coveredTo, tail, tailId };
}
