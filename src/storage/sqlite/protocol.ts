import { isList as list, isNumber as number, isText as text, isTruth as truth, like, optional, type Check } from './checks.ts';
import { isTableWrites } from './is-table-writes.ts';
import type { OperationName } from './operations.ts';
import type { PlainError } from './plain-error.ts';

/** The version of the messages below, and of what the operations take and give; raised when either changes. */
export const PROTOCOL = 2;

/** Channels between tabs: all listen on that of the database; on that of a tab, only this tab and the owner. */
export const channelOf = (name: string): string => `ermine-sqlite:${name}`;
export const channelOfTab = (tab: string): string => `ermine-sqlite-tab:${tab}`;
/** Whoever holds this Web Lock may open the files. */
export const lockOf = channelOf;

/** To all: a worker has the database now; a tab wants to be served, as durably as it says; a tab goes. */
export type Notice =
  | { readonly protocol: number; readonly is: 'owner' }
  | { readonly protocol: number; readonly is: 'hello'; readonly tab: string; readonly durability: 'strict' | 'relaxed' }
  | { readonly protocol: number; readonly is: 'bye'; readonly tab: string };

/** From a page to the worker that it has started. */
export interface OpenRequest {
  readonly protocol: number;
  readonly is: 'open';
  readonly name: string;
  readonly durability: 'strict' | 'relaxed';
}

/** To whoever has the database. */
export interface Request {
  readonly protocol: number;
  readonly is: 'request';
  readonly id: number;
  readonly operation: OperationName;
  readonly values: readonly unknown[];
}

/** From whoever has the database. */
export type Reply =
  | { readonly protocol: number; readonly is: 'open'; readonly epoch: string }
  | { readonly protocol: number; readonly is: 'failed'; readonly error: PlainError }
  /** It hears now: what was said before it had loaded all its parts is lost. */
  | { readonly protocol: number; readonly is: 'ready' }
  | { readonly protocol: number; readonly is: 'closed' }
  | { readonly protocol: number; readonly is: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly protocol: number; readonly is: 'refusal'; readonly id: number; readonly error: PlainError };

const record = like({});

const shapes: Readonly<Record<OperationName, readonly Check[]>> = {
  commit: [list],
  head: [],
  readAll: [record],
  readStream: [text, record],
  streamInfo: [text],
  listStreams: [record],
  deleteStream: [text, number, record, truth],
  truncateStream: [text, number],
  saveSnapshot: [text, text, record],
  loadSnapshot: [text, text],
  deleteSnapshot: [text, optional(text)],
  getDocuments: [list],
  listDocuments: [record],
  writeDocuments: [like({ tables: optional(isTableWrites) }), truth, truth],
  clearDocuments: [text],
  query: [text, list, record],
  export: [],
};

/** A message of this protocol, whatever it says; anything else on the channel is ignored. */
export function isMessage(value: unknown): value is { readonly protocol: number; readonly is: string } {
  const { protocol, is } = Object(value) as Partial<Notice>;
  return typeof protocol === 'number' && typeof is === 'string';
}

export function isRequest(value: unknown): value is Request {
  const { protocol, is, id, operation, values } = Object(value) as Partial<Request>;
  if (protocol !== PROTOCOL || is !== 'request' || typeof id !== 'number' || typeof operation !== 'string' || !Array.isArray(values)) return false;
  const shape = Object.hasOwn(shapes, operation) ? shapes[operation] : undefined;
  return shape?.length === values.length && shape.every((fits, i) => fits(values[i]));
}

export function isReply(value: unknown): value is Reply {
  const { protocol, is, ...rest } = Object(value) as Record<string, unknown>;
  if (protocol !== PROTOCOL) return false;
  if (is === 'open') return text(rest['epoch']);
  if (is === 'failed') return record(rest['error']);
  if (is === 'answer') return number(rest['id']);
  return is === 'refusal' ? number(rest['id']) && record(rest['error']) : is === 'ready' || is === 'closed';
}
