import { describe, it } from 'vitest';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { survivesCrashes } from './crashes.test-fixture.ts';
import { testProjections } from './projections.test-fixture.ts';

testProjections('projections in memory', memoryStorage);

describe('projections under crashes', () => {
  it('are the fold of what they have checkpointed, whichever write crashes and whichever tabs take over from each other', { timeout: 60_000 }, () =>
    survivesCrashes(memoryStorage, 150, async () => undefined),
  );
});
