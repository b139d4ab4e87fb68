// Programs that must compile, and with @ts-expect-error programs that must not: checked by `tsc`, never run.
import { describe as nodeDescribe, it as nodeIt } from 'node:test';
import { describe, it } from 'vitest';
import { memoryStorage } from '../memory.ts';
import { testStorage } from '../testing.ts';

testStorage({ name: 'memory', createStorage: memoryStorage }, { describe, it });
testStorage({ name: 'memory', createStorage: async () => memoryStorage(), disposeStorage: ({ name }) => void name, seed: 1, randomRuns: 2 }, { describe: nodeDescribe, it: nodeIt });
testStorage({ name: 'memory', createStorage: memoryStorage, supports: { gzip: false } }, { describe, it });
// @ts-expect-error a storage has to come from somewhere
testStorage({ name: 'memory' }, { describe, it });
// @ts-expect-error a promise of a storage cannot be left out
testStorage({ name: 'memory', createStorage: memoryStorage, supports: { atomicity: false } }, { describe, it });
// @ts-expect-error what runs the tests is given
testStorage({ name: 'memory', createStorage: memoryStorage });
