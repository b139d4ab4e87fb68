const LOCK = 'permit-desk:log';
/** A tab that is just being closed, or this one's own hold, may take a moment to end, in milliseconds. */
const OTHERS_LEAVE_MS = 300;

let release: () => void = () => undefined;

/** Another tab of the page has the log open. */
export class OtherTabError extends Error {
  override readonly name = 'OtherTabError';
}

/** Resolves when no tab is moving or deleting the log; none will until this page is closed. */
export function holdLog(): Promise<void> {
  // Without locks, on a page that is not secure, there is no SQLite either.
  if (!navigator.locks) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const closed = new Promise<void>((end) => (release = end));
    const hold = (): Promise<void> => {
      resolve();
      return closed;
    };
    navigator.locks.request(LOCK, { mode: 'shared' }, hold).catch(reject);
  });
}

/** Does something while no other tab has the log, and none can open it. @throws {OtherTabError} when one has it */
export async function withLogAlone(work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work();
  const waiting = AbortSignal.timeout(OTHERS_LEAVE_MS);
  let isAlone = false;
  release();
  try {
    await navigator.locks.request(LOCK, { signal: waiting }, () => {
      isAlone = true;
      return work();
    });
  } catch (error) {
    throw isAlone ? error : new OtherTabError('Another tab has the log open.');
  } finally {
    await holdLog();
  }
}
