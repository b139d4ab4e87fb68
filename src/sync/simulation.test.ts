import { describe, expect, it } from 'vitest';
import { describeWorld, findFaults, findFaultsOnTheWay } from './sim-checks.test-fixture.ts';
import { SimWorld } from './sim-world.test-fixture.ts';

/** `SYNC_SEED=7` runs one world again; `SYNC_SEEDS=100000` runs so many, from there or from the first. */
const { SYNC_SEED, SYNC_SEEDS } = process.env;
const first = Number(SYNC_SEED ?? 1);
const worlds = Number(SYNC_SEEDS ?? (SYNC_SEED === undefined ? 1_500 : 1));
/** Unless told how many, a slow machine simulates fewer worlds. */
const budgetMs = SYNC_SEEDS === undefined ? 12_000 : Infinity;

async function simulateAll(restores: boolean): Promise<void> {
  const end = Date.now() + budgetMs;
  let seed = first;
  for (; seed < first + worlds && (Date.now() < end || seed < first + 100); seed++) await simulate(seed, restores);
  console.log(`${seed - first} worlds`);
}

async function simulate(seed: number, restores: boolean): Promise<void> {
  const world = new SimWorld(seed, { restores });
  await world.run(20 + (seed % 40), findFaultsOnTheWay);
  const quiet = await world.heal();
  const faults = await findFaults(world);
  if (!quiet) faults.unshift('does not come to rest');
  const report = faults.length > 0 ? await describeWorld(world) : '';
  world.close();
  expect(faults, `run it again with SYNC_SEED=${seed}\n${report}\n`).toEqual([]);
}

describe('sync, simulated', () => {
  it('keeps every invariant whatever is lost, doubled, late, cut, killed, frozen or copied', { timeout: 36_000_000 }, () => simulateAll(false));

  it('loses nothing when the server goes back to older backups as well', { timeout: 36_000_000 }, () => simulateAll(true));
});
