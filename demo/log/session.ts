import { openEventStore } from 'ermine';
import { permitEvents, type PermitStore } from '../desk/permit-events.ts';
import { indexedDbStorage } from 'ermine/indexeddb';
import type { ImportRun } from './import-run.ts';
import { openLiveDesk, type LiveDesk } from './live-desk.ts';
import { openReadModels, type ReadModels } from './read-models.ts';
import { chooseNextLog, importSample, wantsSample } from './sample-log.ts';

const DATABASE_NAME = 'permit-desk';

/** The open log and the desk that follows it. */
export interface Session {
  readonly store: PermitStore;
  readonly live: LiveDesk;
  readonly models: ReadModels;
  readonly epoch: string;
  /** Under way already; undefined when the log has its sample, or wants none. */
  readonly sampleImport: ImportRun | undefined;
}

export async function openSession(): Promise<Session> {
  // Some browsers ask the user whether to keep the data: that is left to the button that says what it is about.
  const store = await openEventStore({ storage: indexedDbStorage({ name: DATABASE_NAME, persist: false }), events: permitEvents });
  const { epoch } = await store.head();
  const sampleImport = wantsSample(epoch) ? importSample(store, epoch) : undefined;
  const [live, models] = await Promise.all([openLiveDesk(store), openReadModels(store)]);
  return { store, epoch, live, models, sampleImport };
}

/**
 * Deletes the whole log and loads the page anew. Other tabs let go of the database and learn that its epoch is over.
 *
 * @throws when a tab holds on to the database; then it is deleted once that tab is closed
 */
export async function startOver({ store, live }: Session, content: 'sample' | 'empty'): Promise<void> {
  live.stop();
  await store.close();
  await deleteDatabase();
  chooseNextLog(content);
  location.hash = '';
  location.reload();
}

function deleteDatabase(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE_NAME);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('Another tab of this page holds the log and does not let go. Close it, then reload this page.'));
  });
}
