import 'fake-indexeddb/auto';
import { describe, it } from 'vitest';
import { testIndexedDb } from './conformance.test-fixture.ts';

testIndexedDb('IndexedDB (simulated)', { describe, it });
