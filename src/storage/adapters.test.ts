import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = import.meta.dirname;
const adapters = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

const textsIn = (adapter: string, ends: string): string[] =>
  readdirSync(join(folder, adapter)).filter((file) => file.endsWith(ends)).map((file) => readFileSync(join(folder, adapter, file), 'utf8'));

/** Whether the tests whose names end so run the conformance suite, themselves or by a fixture of the adapter. */
function runsSuite(adapter: string, ends: string): boolean {
  const fixtures = textsIn(adapter, '.test-fixture.ts').filter((text) => text.includes('testStorage('));
  const exported = fixtures.flatMap((text) => [...text.matchAll(/export function (\w+)/g)].map(([, name]) => `${name}(`));
  return textsIn(adapter, ends).some((text) => ['testStorage(', ...exported].some((call) => text.includes(call)));
}

describe('every adapter runs the conformance suite', () => {
  it('finds the adapters', () => {
    expect(adapters).toEqual(expect.arrayContaining(['indexeddb', 'memory', 'postgres', 'sqlite']));
  });

  it.each(adapters)('%s', (adapter) => {
    expect(runsSuite(adapter, '.test.ts')).toBe(true);
  });

  it('PostgreSQL runs it on a real server and on PGlite, with every client library', () => {
    for (const name of ['pg', 'postgres-js', 'pglite']) expect(textsIn('postgres', `${name}.postgres.test.ts`).join()).toContain('testStorage(');
  });

  it.each(['indexeddb', 'sqlite'])('%s runs it in real browsers', (adapter) => {
    expect(runsSuite(adapter, '.browser.test.ts')).toBe(true);
  });
});
