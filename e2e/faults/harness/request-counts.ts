import type { DatabaseCounts } from './database-counts.ts';

/** Counts what this tab asks of whoever has the SQLite database from now on; it opens none itself, and undoes nothing. */
export function countRequests(): DatabaseCounts {
  const counts: DatabaseCounts = { opens: 0, transactions: 0, aborts: 0, documentAborts: 0, reads: 0 };
  for (const { prototype } of [BroadcastChannel, Worker]) {
    const { postMessage } = prototype;
    prototype.postMessage = function (this: unknown, message: { is?: string; operation?: string }) {
      if (message?.is === 'request') {
        counts.transactions++;
        if (message.operation !== 'commit') counts.reads++;
      }
      return Reflect.apply(postMessage, this, [message]) as void;
    };
  }
  return counts;
}
