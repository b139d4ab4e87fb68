import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'rolldown';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { sqliteStorage } from '../storage/sqlite/node-sqlite-storage.ts';
import { openProjection } from './open-projection.ts';
import { openStore, placed } from './projections.test-fixture.ts';
import { report } from './sql-projections.test-fixture.ts';

// Within the repository, so that the packages are found.
const folder = mkdtempSync(join(import.meta.dirname, '../../node_modules/.sql-crashes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
beforeAll(async () => {
  const input = join(import.meta.dirname, 'sql-crashes.test-child.ts');
  await build({ input, platform: 'node', external: [/^node:/, 'better-sqlite3', 'rxjs'], output: { dir: folder, format: 'esm', entryFileNames: 'child.mjs', chunkFileNames: '[name].mjs' }, logLevel: 'silent' });
});

const APPENDS = 4;
const EVENTS = 8_000;
const CUSTOMERS = 7;
/** What is to be killed while there is something left to do. */
const KILLS = 3;

function startChild(file: string): ChildProcess {
  const child = spawn(process.execPath, [join(folder, 'child.mjs'), file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Resolves when the child says that it is beyond a position. */
function reaches(child: ChildProcess, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (lines: Buffer) => lines.toString().split('\n').some((line) => Number(line) > position) && resolve());
    child.once('exit', () => reject(new Error('It has ended by itself.')));
  });
}

it('a process killed while a projection in SQL writes leaves the tables exactly as of its checkpoint, and the next one goes on from there', { timeout: 60_000 }, async () => {
  const file = join(folder, 'log.db');
  const storage = sqliteStorage({ name: file, file, durability: 'relaxed' });
  const store = await openStore(storage);
  for (let a = 0; a < APPENDS; a++) {
    const writes = Array.from({ length: EVENTS }, (_, i) => ({ streamId: `Order-${a * EVENTS + i + 1}`, expectedVersion: 0, events: [placed(a * EVENTS + i + 1, `c${(a * EVENTS + i + 1) % CUSTOMERS}`)] }));
    await store.appendToStreams(writes);
  }
  const check = async (): Promise<number> => {
    const checkpoint = "(SELECT data ->> 'position' FROM documents WHERE collection = 'projections' AND key = 'report/1')";
    const { rows } = await storage.query(`SELECT ${checkpoint}, (SELECT count(*) FROM "report.orders"), (SELECT total(total) FROM "report.orders"), (SELECT total(sum) FROM "report.customers"), (SELECT total(orders) FROM "report.customers")`);
    const position = rows[0]![0] as number;
    const sum = (position * (position + 1)) / 2;
    expect(rows).toEqual([[position, position, sum, sum, position]]);
    return position;
  };

  let before = 0;
  for (let kills = 0; kills < KILLS; kills++) {
    const child = startChild(file);
    await reaches(child, before);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    before = await check();
    expect(before).toBeLessThan(APPENDS * EVENTS);
  }
  const open = await openProjection(store, report());
  await open.waitFor(APPENDS * EVENTS);
  expect(await check()).toBe(APPENDS * EVENTS);
});
