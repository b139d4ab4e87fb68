import 'fake-indexeddb/auto';
import { describe, it } from 'vitest';
import { testIndexedDb } from './conformance.test-fixture.ts';

// A quick look without a browser; what browsers do is tested in browsers.
testIndexedDb('simulated IndexedDB', { describe, it }, 8);
