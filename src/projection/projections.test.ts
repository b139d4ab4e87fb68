import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { testProjections } from './projections.test-fixture.ts';

testProjections('projections in memory', memoryStorage);
