import { everyNEvents } from 'ermine';
import { caseStateSchema } from './permit-case.ts';

/** The longest case of the log has 25 events. A change of what the fold makes of them needs another reducer version. */
export const caseSnapshots = { snapshots: everyNEvents(8), reducerVersion: 1, stateSchema: caseStateSchema };
