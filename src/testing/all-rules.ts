import { concurrencyRules } from './concurrency-rules.ts';
import { eventDataRules } from './event-data-rules.ts';
import { expectedVersionRules } from './expected-version-rules.ts';
import { idempotencyRules } from './idempotency-rules.ts';
import { limitRules } from './limit-rules.ts';
import { metadataRules } from './metadata-rules.ts';
import { multiStreamRules } from './multi-stream-rules.ts';
import { pagingRules } from './paging-rules.ts';
import { payloadRules } from './payload-rules.ts';
import { readAllRules } from './read-all-rules.ts';
import { readStreamRules } from './read-stream-rules.ts';
import { reopenRules } from './reopen-rules.ts';
import { streamIdRules } from './stream-id-rules.ts';
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
];

/** Every rule of the conformance suite. */
export function allRules(suite: Suite): void {
  for (const addRules of rules) addRules(suite);
}
