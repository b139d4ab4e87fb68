// Every block of README.md and docs/*.md in TypeScript is type-checked against the built package as it stands, and one that
// opens with ```ts run is run in Node as a reader would: a process of its own, which must end by itself, so such an example
// closes what it opens.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { transformWithOxc } from 'vite';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
// In the repository, so that `ermine` means this package by its own exports.
const folder = join(root, '.examples');

/** The code keeps its line number, so that an error points into the page. @param {string} page */
function examplesOf(page) {
  const text = readFileSync(join(root, page), 'utf8').replaceAll('\r\n', '\n');
  return [...text.matchAll(/^```(tsx?)( run)?\b.*\n([^]*?)^```$/gm)].map(({ index, 1: language, 2: run, 3: block }) => {
    const line = text.slice(0, index).split('\n').length;
    return { title: `${page}:${line}`, run: run !== undefined, file: `${page.replaceAll('/', '-')}-${line}.${language}`, code: '\n'.repeat(line) + block };
  });
}

const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`) : [];
const examples = ['README.md', ...docs].filter((page) => existsSync(join(root, page))).flatMap(examplesOf);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
// An example may leave a result unused; apart from that it is held to what the library is held to.
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../tsconfig.json', compilerOptions: { noUnusedLocals: false }, include: ['*.ts', '*.tsx'], exclude: [] }));
for (const { file, code } of examples) writeFileSync(join(folder, file), code);

// One compiler run for all: it costs the same for one.
const typeCheck = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], { encoding: 'utf8' });
if (typeCheck.status !== 0 && !typeCheck.stdout?.includes('.examples/')) throw new Error(`tsc could not check the examples: ${typeCheck.stdout}`);

for (const { title, run, file, code } of examples) {
  test(title, async () => {
    expect(typeCheck.stdout.split('\n').filter((line) => line.includes(`${file}(`))).toEqual([]);
    if (!run) return;

    const script = join(folder, `${file}.mjs`);
    writeFileSync(script, (await transformWithOxc(code, file, { sourcemap: false })).code);
    const indexedDb = code.includes('ermine/indexeddb') ? ['--import', 'fake-indexeddb/auto'] : [];
    await promisify(execFile)(process.execPath, [...indexedDb, script], { cwd: root, timeout: 45_000 }).catch((error) => {
      throw error.killed ? new Error('The example did not end in 45 seconds. Does it close what it opens?') : error;
    });
  });
}
