import { describe, it } from 'vitest';
import { testStorage } from '../../testing/storage-conformance.ts';
import { memoryStorage } from './memory-storage.ts';

testStorage({ name: 'memory', createStorage: memoryStorage }, { describe, it });
