export { copyStore, type CopyOptions, type CopyProgress, type CopyResult } from './store/copy-store.ts';
export { CopyRefusedError, type CopyRefusal } from './event/errors.ts';
