// What the package adds to a user's bundle, minified and gzipped, with rxjs left out because the app has it already.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'rolldown';

const budgets = [
  {
    name: 'core + IndexedDB',
    limit: 12_000,
    app: `
      import { openEventStore } from 'ermine';
      import { indexedDbStorage } from 'ermine/indexeddb';
      globalThis.store = await openEventStore({ storage: indexedDbStorage({ name: 'shop' }) });`,
    without: /sqlite/i,
  },
  {
    name: 'SQLite, in the page',
    limit: 4_200,
    app: "import { sqliteStorage } from 'ermine/sqlite'; globalThis.storage = sqliteStorage({ name: 'shop' });",
  },
  {
    // All of it but SQLite's WebAssembly.
    name: 'SQLite, in the worker',
    limit: 14_500,
    app: "import 'ermine/sqlite-worker';",
  },
];

const root = join(import.meta.dirname, '..');

/** The app is a file in the repository, so that `ermine` means this package's own build. @param {string} app */
async function bundle(app) {
  const input = join(root, '.size-app.js');
  writeFileSync(input, app);
  try {
    const { output } = await build({ input, external: ['rxjs'], write: false, output: { format: 'esm', minify: true } });
    return output.filter((file) => file.type === 'chunk');
  } finally {
    rmSync(input);
  }
}

/** @param {import('rolldown').OutputChunk[]} chunks */
const gzipBytes = (chunks) => chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);

for (const { name, limit, app, without } of budgets) {
  const chunks = await bundle(app);
  const atStart = new Set(chunks.filter(({ isEntry }) => isEntry));
  for (const { imports } of atStart) for (const chunk of chunks) if (imports.includes(chunk.fileName)) atStart.add(chunk);
  const initial = gzipBytes([...atStart]);
  const later = gzipBytes(chunks) - initial;
  console.log(`${name}: ${initial} bytes min+gzip, limit ${limit}${later > 0 ? `; loaded when it is used: ${later}` : ''}`);
  const foreign = chunks.find(({ code }) => without?.test(code));
  if (foreign) console.log(`${name}: ${foreign.fileName} holds ${without}`);
  if (initial > limit || foreign) process.exitCode = 1;
}
