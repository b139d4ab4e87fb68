// What the package adds to a user's bundle, minified and gzipped, with rxjs left out because the app has it already.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const budgets = [
  {
    name: 'core + IndexedDB',
    limit: 12_000,
    app: `
      import { openEventStore } from 'ermine';
      import { indexedDbStorage } from 'ermine/indexeddb';
      globalThis.store = await openEventStore({ storage: indexedDbStorage({ name: 'shop' }) });`,
  },
];

const root = join(import.meta.dirname, '..');

/** The app is a file in the repository, so that `ermine` means this package's own build. @param {string} app */
async function bundleBytes(app) {
  const input = join(root, '.size-app.js');
  writeFileSync(input, app);
  try {
    const result = await build({
      root,
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        target: 'es2022',
        modulePreload: false,
        rolldownOptions: { input, external: ['rxjs'] },
      },
    });
    if (!('output' in result)) throw new Error('Expected one build.');
    const chunks = result.output.filter((file) => file.type === 'chunk');
    const bytes = (/** @type {typeof chunks} */ some) => some.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
    const atStart = new Set(chunks.filter(({ isEntry }) => isEntry));
    for (const { imports } of atStart) for (const chunk of chunks) if (imports.includes(chunk.fileName)) atStart.add(chunk);
    return { initial: bytes([...atStart]), later: bytes(chunks.filter((chunk) => !atStart.has(chunk))) };
  } finally {
    rmSync(input);
  }
}

for (const { name, limit, app } of budgets) {
  const { initial, later } = await bundleBytes(app);
  console.log(`${name}: ${initial} bytes min+gzip, limit ${limit}; ${later} more are loaded when they are used`);
  if (initial > limit) process.exitCode = 1;
}
