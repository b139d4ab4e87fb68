// The dedicated worker that has the database: it is started by the tab that holds the lock, and serves all tabs.
import type { Database } from './database.ts';
import { SQLITE_FULL, SqliteError } from './driver.ts';
import { explainError } from './explain-error.ts';
import { openDatabase } from './open-database.ts';
import { openWasm } from './open-wasm.ts';
import { operations } from './operations.ts';
import { toPlainError } from './plain-error.ts';
import { PROTOCOL, channelOf, channelOfTab, isMessage, isRequest, type Notice, type OpenRequest, type Reply } from './protocol.ts';

type Send = (reply: Reply, transfer?: Transferable[]) => void;

const page: Send = (reply, transfer = []) => globalThis.postMessage(reply, { transfer });

const start = ({ data }: MessageEvent<OpenRequest>): void => {
  globalThis.onmessage = null;
  void open(data).catch((error: unknown) => page({ protocol: PROTOCOL, is: 'failed', error: toPlainError(explainError(error)) }));
};
globalThis.onmessage = start;
page({ protocol: PROTOCOL, is: 'ready' });

/**
 * At the quota the log of writes cannot grow any more. What it holds goes into the file, and there is room in it for what
 * fits; what does not is undone.
 */
function withRoom<T>(database: Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SqliteError) || error.resultCode !== SQLITE_FULL) throw error;
    database.emptyWal();
    try {
      return work();
    } catch (again) {
      database.emptyWal();
      throw again;
    }
  }
}

async function open({ name, durability }: OpenRequest): Promise<void> {
  const driver = await openWasm(name);
  let opened: ReturnType<typeof openDatabase>;
  try {
    opened = openDatabase(driver, { name, durability, exclusive: true });
  } catch (cause) {
    driver.close();
    throw cause;
  }
  const { database, epoch } = opened;

  const serve = (request: unknown, send: Send): void => {
    if (!isRequest(request)) return;
    const { id, operation, values } = request;
    try {
      const value = withRoom(database, () => (operations[operation] as (...all: unknown[]) => unknown)(database, ...values));
      const transfer = send === page && value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [];
      send({ protocol: PROTOCOL, is: 'answer', id, value }, transfer);
    } catch (cause) {
      send({ protocol: PROTOCOL, is: 'refusal', id, error: toPlainError(explainError(cause)) });
    }
  };

  const tabs = new Map<string, BroadcastChannel>();
  const all = new BroadcastChannel(channelOf(name));
  const say = (notice: Notice): void => all.postMessage(notice);
  all.onmessage = ({ data }: MessageEvent<unknown>) => {
    // Of any protocol: a tab with older code gives way when it hears from newer code.
    if (!isMessage(data)) return;
    const notice = data as Extract<Notice, { tab: string }>;
    const { is, tab } = notice;
    if (is === 'bye') {
      tabs.get(tab)?.close();
      tabs.delete(tab);
    } else if (is === 'hello' && typeof tab === 'string') {
      // One that wants it strict does not get less because another one was first.
      if (notice.durability === 'strict') driver.exec('PRAGMA synchronous = full');
      let channel = tabs.get(tab);
      if (!channel) {
        const opened = (channel = new BroadcastChannel(channelOfTab(tab)));
        opened.onmessage = (message: MessageEvent<unknown>) => serve(message.data, (reply) => opened.postMessage(reply));
        tabs.set(tab, opened);
      }
      channel.postMessage({ protocol: PROTOCOL, is: 'open', epoch } satisfies Reply);
    }
  };

  globalThis.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isMessage(data) || data.is !== 'close') return serve(data, page);
    all.close();
    for (const channel of tabs.values()) channel.close();
    database.close();
    globalThis.onmessage = start;
    page({ protocol: PROTOCOL, is: 'closed' });
  };
  page({ protocol: PROTOCOL, is: 'open', epoch });
  say({ protocol: PROTOCOL, is: 'owner' });
}
