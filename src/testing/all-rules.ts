import { closeRules } from './close-rules.ts';
import { codecRules } from './codec-rules.ts';
import { concurrencyRules } from './concurrency-rules.ts';
import { consumerRules } from './consumer-rules.ts';
import { correlationRules } from './correlation-rules.ts';
import { deleteRules } from './delete-rules.ts';
import { documentAppendRules } from './document-append-rules.ts';
import { documentListRules } from './document-list-rules.ts';
import { documentRules } from './document-rules.ts';
import { eventDataRules } from './event-data-rules.ts';
import { expectedVersionRules } from './expected-version-rules.ts';
import { exportRules } from './export-rules.ts';
import { hintRules } from './hint-rules.ts';
import { idempotencyRules } from './idempotency-rules.ts';
import { importRules } from './import-rules.ts';
import { limitRules } from './limit-rules.ts';
import { liveRules } from './live-rules.ts';
import { metadataRules } from './metadata-rules.ts';
import { multiStreamRules } from './multi-stream-rules.ts';
import { pagingRules } from './paging-rules.ts';
import { payloadRules } from './payload-rules.ts';
import { randomRules } from './random-rules.ts';
import { readAllRules } from './read-all-rules.ts';
import { readStreamRules } from './read-stream-rules.ts';
import { reopenRules } from './reopen-rules.ts';
import { replicaRules } from './replica-rules.ts';
import { snapshotRules } from './snapshot-rules.ts';
import { streamIdRules } from './stream-id-rules.ts';
import { streamListRules } from './stream-list-rules.ts';
import { subscriptionRules } from './subscription-rules.ts';
import { truncateRules } from './truncate-rules.ts';
import type { Suite } from './suite.ts';

const rules: readonly ((suite: Suite) => void)[] = [
  streamIdRules,
  eventDataRules,
  metadataRules,
  expectedVersionRules,
  multiStreamRules,
  idempotencyRules,
  limitRules,
  payloadRules,
  readStreamRules,
  readAllRules,
  pagingRules,
  concurrencyRules,
  reopenRules,
  streamListRules,
  deleteRules,
  truncateRules,
  snapshotRules,
  correlationRules,
  codecRules,
  documentRules,
  documentListRules,
  documentAppendRules,
  subscriptionRules,
  liveRules,
  consumerRules,
  hintRules,
  closeRules,
  exportRules,
  importRules,
  replicaRules,
  randomRules,
];

/** Every rule of the conformance suite. */
export function allRules(suite: Suite): void {
  for (const addRules of rules) addRules(suite);
}
