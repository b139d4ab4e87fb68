export { memoryStorage } from './storage/memory/memory-storage.ts';
