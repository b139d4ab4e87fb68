import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { WholeCommits, type SyncFile } from './whole-commits.ts';

const PAGE = 4_096;
const folder = mkdtempSync(join(tmpdir(), 'ermine-commits-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A real file, with what is written to it one by one, and room for so many bytes. */
function openFile(name: string, room = Infinity): { file: SyncFile; writes: number[]; size: () => number } {
  const descriptor = openSync(join(folder, name), 'w+');
  const writes: number[] = [];
  const size = (): number => fstatSync(descriptor).size;
  const file: SyncFile = {
    read: (data, { at }) => readSync(descriptor, data, 0, data.length, at),
    write(data, { at }) {
      writes.push(data.length);
      return writeSync(descriptor, data, 0, Math.max(0, Math.min(data.length, room - at)), at);
    },
    getSize: size,
    truncate: (length) => ftruncateSync(descriptor, length),
    flush: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
  return { file, writes, size };
}

function header(commit: boolean): Uint8Array {
  const bytes = new Uint8Array(24).fill(7);
  bytes.fill(0, 4, 8);
  if (commit) bytes[7] = 3;
  return bytes;
}

const page = (fill: number): Uint8Array => new Uint8Array(PAGE).fill(fill);

/** Writes frames one after the other, as SQLite does. @returns where the last one ends */
function writeFrames(file: SyncFile, at: number, count: number, commit: boolean): number {
  for (let i = 0; i < count; i++) {
    file.write(header(commit && i === count - 1), { at });
    file.write(page(i + 1), { at: at + 24 });
    at += 24 + PAGE;
  }
  return at;
}

test('all frames of a transaction go to the file in one write, at its commit', () => {
  const { file, writes, size } = openFile('one');
  const commits = new WholeCommits(file);
  commits.write(new Uint8Array(32), { at: 0 });
  let end = writeFrames(commits, 32, 6, false);
  expect(writes).toEqual([32]);
  end = writeFrames(commits, end, 1, true);
  expect(writes).toEqual([32, 7 * (24 + PAGE)]);
  expect(size()).toBe(end);
  const read = page(0);
  commits.read(read, { at: 32 + 24 + 2 * (24 + PAGE) });
  expect(read).toEqual(page(3));
  commits.close();
});

test.each(['read', 'getSize', 'truncate', 'flush', 'close'] as const)('what is held is in the file before %s', (what) => {
  const { file, size } = openFile(what);
  const commits = new WholeCommits(file);
  commits.write(new Uint8Array(32), { at: 0 });
  const end = writeFrames(commits, 32, 2, false);
  const read = page(0);
  const act = {
    read: () => commits.read(read, { at: 32 + 24 }),
    getSize: () => commits.getSize(),
    truncate: () => commits.truncate(end),
    flush: () => commits.flush(),
    close: () => commits.close(),
  };
  if (what === 'close') file.close = () => expect(size()).toBe(end);
  act[what]();
  expect(size()).toBe(end);
  if (what === 'read') expect(read).toEqual(page(1));
});

test('a header that is written over an older one, and a page of the database, are not held', () => {
  const { file, writes } = openFile('over');
  const commits = new WholeCommits(file);
  commits.write(new Uint8Array(32), { at: 0 });
  writeFrames(commits, 32, 2, true);
  writes.length = 0;
  commits.write(header(false), { at: 32 });
  commits.write(header(true), { at: 32 + 24 + PAGE });
  commits.write(page(9), { at: 10 * PAGE });
  commits.write(page(9), { at: 11 * PAGE });
  expect(writes).toEqual([24, 24, PAGE, PAGE]);
  commits.close();
});

test('a large transaction is written in parts, and read back whole', () => {
  const { file, writes, size } = openFile('large');
  const commits = new WholeCommits(file);
  commits.write(new Uint8Array(32), { at: 0 });
  const end = writeFrames(commits, 32, 200, true);
  expect(size()).toBe(end);
  expect(writes.length).toBeLessThan(10);
  for (let i = 0; i < 200; i++) {
    const read = page(0);
    commits.read(read, { at: 32 + i * (24 + PAGE) + 24 });
    expect([read[0], read[PAGE - 1]]).toEqual([i + 1, i + 1]);
  }
  commits.close();
});

test('a file that is full fails the write that commits, and takes the next one when there is room', () => {
  const { file, size } = openFile('full', 32 + 2 * PAGE);
  const commits = new WholeCommits(file);
  commits.write(new Uint8Array(32), { at: 0 });
  expect(() => writeFrames(commits, 32, 4, true)).toThrow('write() wrote');
  const end = writeFrames(commits, 32, 1, true);
  commits.flush();
  expect(size()).toBeGreaterThanOrEqual(end);
  const read = page(0);
  commits.read(read, { at: 32 + 24 });
  expect(read).toEqual(page(1));
  commits.close();
});
