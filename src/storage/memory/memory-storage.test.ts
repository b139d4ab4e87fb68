import { describe, it } from 'vitest';
import { seedOfRun } from '../../testing/seed.test-env.ts';
import { testStorage } from '../../testing/storage-conformance.ts';
import { memoryStorage } from './memory-storage.ts';

testStorage({ name: 'memory', createStorage: memoryStorage, seed: seedOfRun(), randomRuns: 40, supports: { replicas: true } }, { describe, it });
