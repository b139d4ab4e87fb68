// What `ermine serve` says when it cannot serve: one line with what to do, no stack, and an exit code. Needs dist/.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ermine-serve-'));
const taken = createServer();
/** @returns {number} */
const takenPort = () => /** @type {import('node:net').AddressInfo} */ (taken.address()).port;

beforeAll(() => once(taken.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => {
  taken.close();
  rmSync(folder, { recursive: true });
});

/** @param {string[]} args @param {Record<string, string>} [env] @returns {Promise<{ code: unknown, stdout: string, stderr: string }>} */
function ermine(args, env = {}) {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, '../bin/ermine.mjs'), ...args], { cwd: folder, env: { ...process.env, DATABASE_URL: undefined, ERMINE_TOKENS: undefined, ...env }, timeout: 45_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

const token = ['--token', 'shop:ada:a-secret-of-the-tests'];
const unreachable = 'postgres://ada:kept-to-itself@127.0.0.1:1/shop';

/** @type {[title: string, args: () => string[], code: number, line: RegExp, env?: Record<string, string>][]} */
const refusals = [
  ['another command', () => ['srve'], 2, /"srve" is not a command/],
  ['an unknown option', () => ['serve', '--prot', '1'], 2, /Unknown option '--prot'.*--help/],
  ['a port that is none', () => ['serve', '--port', '99999'], 2, /--port 99999 is not a port/],
  ['an origin with a path', () => ['serve', '--origin', 'https://app.example/shop'], 2, /is not an origin/],
  ['a DATABASE_URL that is no address', () => ['serve', ...token], 2, /DATABASE_URL is not the address/, { DATABASE_URL: 'shop' }],
  ['a database that does not answer', () => ['serve', '--port', '0', ...token], 1, /cannot be reached \(connect ECONNREFUSED/, { DATABASE_URL: unreachable }],
  ['a port that is in use', () => ['serve', '--port', String(takenPort()), ...token], 1, /is in use. Choose another one with --port/],
  ['a folder that is a file', () => ['serve', '--port', '0', '--data', process.execPath, ...token], 1, /cannot be used: .* Choose another folder with --data/],
  ['a folder that another process serves', () => ['serve', '--port', '0', '--data', folder, ...token], 1, /is used by process/],
];

test.each(refusals)('%s ends it with one line that says what to do', async (_, args, code, line, env) => {
  writeFileSync(join(folder, 'ermine.pid'), String(process.pid));
  const { stderr, ...ended } = await ermine(args(), env);
  expect(ended).toEqual({ code, stdout: '' });
  expect(stderr).toMatch(/^ermine: .*\n$/);
  expect(stderr).toMatch(line);
  expect(stderr).not.toContain('kept-to-itself');
});
