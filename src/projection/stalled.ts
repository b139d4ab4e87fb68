import { unref } from '../tabs/unref.ts';
import type { Runner } from './runner.ts';
import type { Standing } from './status.ts';

const LOOK_MS = 5_000;

/**
 * The tab that runs a projection may be frozen, and hold its lock. When nothing has moved from one look to the next,
 * although there is something to do, this tab does it as well: safe, since two at once are.
 */
export function runWhenStalled(runner: Runner, readStanding: () => Promise<Standing>, signal: AbortSignal): void {
  let before: string | undefined;
  const look = async (): Promise<void> => {
    if (runner.isRunning) return;
    const { active, building, head } = await readStanding();
    const waits = [active, building].some((build) => build && !build.paused && !build.failed && build.position < head);
    const now = waits ? `${active?.position} ${building?.position}` : undefined;
    if (now !== undefined && now === before) await runner.pass(signal);
    before = now;
  };
  // What is wrong with the storage shows to whoever asks for something.
  const looking = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  unref(looking);
  signal.addEventListener('abort', () => clearInterval(looking));
}
