import { describe, it } from 'vitest';
import { testIndexedDb } from './conformance.test-fixture.ts';

testIndexedDb('IndexedDB', { describe, it }, 20);
