import type { PermitStore } from '../desk/permit-events.ts';
import { startImport, type ImportRun } from './import-run.ts';
import { readPreference, writePreference } from './preferences.ts';

/** Events in `public/permits.ndjson.gz`. */
export const SAMPLE_EVENTS = 8_577;

const PREFERENCE = 'permit-desk:sample';
const UNWANTED = 'unwanted';

/**
 * Whether the log still has to get the sample's events: until an import of them has ended, or the user wanted none. That
 * is remembered for the log's epoch; when in doubt they are imported once more, which adds nothing twice.
 */
export function wantsSample(epoch: string): boolean {
  const remembered = readPreference('local', PREFERENCE);
  if (remembered === UNWANTED) settleSample(epoch);
  return remembered !== UNWANTED && remembered !== epoch;
}

/** The log of this epoch has the sample, or does without. */
export function settleSample(epoch: string): void {
  writePreference('local', PREFERENCE, epoch);
}

/** For the log that will be made next. */
export function chooseNextLog(content: 'sample' | 'empty'): void {
  writePreference('local', PREFERENCE, content === 'empty' ? UNWANTED : '');
}

/** Imports the sample into the log of this epoch, and remembers when it is all there. */
export function importSample(store: PermitStore, epoch: string): ImportRun {
  const run = startImport(store, async (signal) => {
    const response = await fetch('permits.ndjson.gz', { signal });
    if (!response.ok || !response.body) throw new Error(`The sample log could not be fetched: the server answered ${response.status}.`);
    return response.body;
  });
  run.state$.subscribe(({ status }) => {
    if (status === 'done') settleSample(epoch);
  });
  return run;
}
