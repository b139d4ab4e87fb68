import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { expect, test as base, type Page } from '@playwright/test';
import { build, createServer as createViteServer } from 'vite';
import webpack from 'webpack';

const root = join(import.meta.dirname, '../..');
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** An app in a folder of its own, which has the package as `npm install` leaves it, and nothing said to any bundler. */
const test = base.extend<{ app: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures' names from the pattern
  app: async ({}, use) => {
    const app = await mkdtemp(join(tmpdir(), 'ermine-bundled-'));
    await cp(join(import.meta.dirname, 'app'), app, { recursive: true });
    await writeFile(join(app, 'package.json'), '{"type":"module"}');
    await mkdir(join(app, 'node_modules/ermine'), { recursive: true });
    for (const path of ['dist', 'package.json']) await cp(join(root, path), join(app, 'node_modules/ermine', path), { recursive: true });
    for (const name of ['rxjs', 'tslib', '@sqlite.org']) await cp(join(root, 'node_modules', name), join(app, 'node_modules', name), { recursive: true });
    await use(app);
    await rm(app, { recursive: true });
  },
});

test.setTimeout(120_000);

const servers: Server[] = [];
test.afterEach(() => servers.splice(0).forEach((server) => server.close()));

/** With no header that SQLite could need. @returns the address */
async function serve(folder: string, known = types): Promise<string> {
  const server = createServer((request, response) => {
    const path = join(folder, new URL(request.url!, 'http://localhost').pathname.replace(/\/$/, '/index.html'));
    readFile(path).then(
      (content) => response.writeHead(200, { 'content-type': known[extname(path)] ?? 'application/octet-stream' }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function expectRuns(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page).toHaveTitle('[["OrderPlaced",20]]', { timeout: 30_000 });
}

const builders: Readonly<Record<string, (app: string, folder: string) => Promise<unknown>>> = {
  Vite: (app, folder) => build({ root: app, configFile: false, logLevel: 'error', build: { outDir: folder, target: 'es2022' } }),
  async webpack(app, folder) {
    const compiler = webpack({ mode: 'production', optimization: { minimize: false }, context: app, entry: './app.js', output: { path: folder, filename: 'app.js' } });
    const stats = await new Promise<webpack.Stats>((resolve, reject) => compiler.run((error, result) => (error ? reject(error) : resolve(result!))));
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
    await cp(join(app, 'index.html'), join(folder, 'index.html'));
  },
};

for (const [bundler, bundle] of Object.entries(builders)) {
  test(`an app bundled by ${bundler} finds the worker and the WebAssembly of SQLite`, async ({ app, page }) => {
    const folder = join(app, 'out');
    await bundle(app, folder);
    await expectRuns(page, await serve(folder));
  });
}

test('a server that does not know what WebAssembly is gives it to SQLite all the same', async ({ app, page }) => {
  const folder = join(app, 'out');
  await builders['Vite']!(app, folder);
  await expectRuns(page, await serve(folder, { '.html': 'text/html', '.js': 'text/javascript' }));
});

test("an app on Vite's development server finds them too", async ({ app, page }) => {
  const server = await createViteServer({ root: app, configFile: false, logLevel: 'error' });
  await server.listen(0);
  await expectRuns(page, server.resolvedUrls!.local[0]!);
  await server.close();
});
