import { describe, expect, it } from 'vitest';
import { describeWorld, findFaults } from './sim-checks.test-fixture.ts';
import { SimWorld } from './sim-world.test-fixture.ts';

/** `SYNC_SEED=7` runs one world again; `SYNC_SEEDS=100000` runs so many. */
const first = Number(process.env['SYNC_SEED'] ?? 1);
const worlds = Number(process.env['SYNC_SEEDS'] ?? (process.env['SYNC_SEED'] === undefined ? 200 : 1));

async function simulate(seed: number, restores: boolean): Promise<void> {
  const world = new SimWorld(seed, { restores });
  await world.run(20 + (seed % 40));
  const quiet = await world.heal();
  const faults = await findFaults(world);
  if (!quiet) faults.unshift('does not come to rest');
  const report = faults.length > 0 ? await describeWorld(world) : '';
  world.close();
  expect(faults, `run it again with SYNC_SEED=${seed}\n${report}\n`).toEqual([]);
}

describe('sync, simulated', () => {
  it(`keeps every invariant in ${worlds} worlds`, { timeout: 3_600_000 }, async () => {
    for (let seed = first; seed < first + worlds; seed++) await simulate(seed, false);
  });

  it(`loses nothing in ${worlds} worlds whose server goes back to older backups`, { timeout: 3_600_000 }, async () => {
    for (let seed = first; seed < first + worlds; seed++) await simulate(seed, true);
  });
});
