import { openEventStore } from 'ermine';
import { permitEvents, type PermitStore } from '../desk/permit-events.ts';
import type { ImportRun } from './import-run.ts';
import { openLiveDesk, type LiveDesk } from './live-desk.ts';
import { chosenStorage, createLogStorage, deleteLog, type LogStorage } from './log-storage.ts';
import { openReadModels, type ReadModels } from './read-models.ts';
import { chooseNextLog, importSample, wantsSample } from './sample-log.ts';
import { holdLog, withLogAlone } from './tab-lock.ts';

/** The open log and the desk that follows it. */
export interface Session {
  readonly log: LogStorage;
  readonly store: PermitStore;
  readonly live: LiveDesk;
  readonly models: ReadModels;
  readonly epoch: string;
  /** Under way already; undefined when the log has its sample, or wants none. */
  readonly sampleImport: ImportRun | undefined;
}

export async function openSession(): Promise<Session> {
  await holdLog();
  const log = await createLogStorage(chosenStorage());
  const store = await openEventStore({ storage: log.storage, events: permitEvents });
  const { epoch } = await store.head();
  const sampleImport = wantsSample(epoch) ? importSample(store, epoch) : undefined;
  const [live, models] = await Promise.all([openLiveDesk(store), openReadModels(store)]);
  return { log, store, epoch, live, models, sampleImport };
}

/**
 * Deletes the whole log and loads the page anew. Other tabs let go of an IndexedDB database and learn that its epoch is
 * over; of SQLite's files they would not.
 *
 * @throws {OtherTabError} when another tab has a log on SQLite open
 * @throws when a tab holds on to the database; then it is deleted once that tab is closed
 */
export async function startOver({ log, store, live }: Session, content: 'sample' | 'empty'): Promise<void> {
  const go = async (): Promise<void> => {
    live.stop();
    await store.close();
    await deleteLog(log.kind);
    chooseNextLog(content);
    location.hash = '';
    location.reload();
  };
  await (log.kind === 'sqlite' ? withLogAlone(go) : go());
}
