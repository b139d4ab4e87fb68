import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOfRun } from '../testing/seed.test-env.ts';
import { readLines, type Line } from './ndjson.ts';

const utf8 = new TextEncoder();
const seed = seedOfRun();
const parameters = { ...(seed !== undefined && { seed }) };

function sourceOf(chunks: readonly Uint8Array[], error?: Error): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]!);
      else if (error) controller.error(error);
      else controller.close();
    },
  });
}

class BadLine extends Error {
  readonly line: number;

  constructor(line: number, cause: unknown) {
    super(`line ${line}`, { cause });
    this.line = line;
  }
}

async function read(source: ReadableStream<Uint8Array>): Promise<{ lines: Line[]; bytes: number }> {
  let bytes = 0;
  const lines: Line[] = [];
  for await (const line of readLines(source, (count) => (bytes += count), (number, cause) => new BadLine(number, cause))) lines.push(line);
  return { lines, bytes };
}

/** Cuts bytes at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...ends].map((start, i) => bytes.slice(start, ends[i] ?? bytes.length));
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await new Response(sourceOf([bytes]).pipeThrough(new CompressionStream('gzip') as ReadableWritablePair<Uint8Array, Uint8Array>)).arrayBuffer());
}

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\r\n\ufeff]/.test(text)), { maxLength: 12 });
const expected = (all: readonly string[]): Line[] => all.map((text, i) => ({ text, number: i + 1 })).filter(({ text }) => text.trim() !== '');
const withoutReturn = ({ text, number }: Line): Line => ({ text: text.replace(/\r$/, ''), number });

describe('lines of NDJSON', () => {
  it('come whole wherever the chunks end, within a character too, and with every end of line', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom('\n', '\r\n'), fc.boolean(), fc.array(fc.nat(500), { maxLength: 30 }), async (all, end, ends, places) => {
        const bytes = utf8.encode(all.join(end) + (ends ? end : ''));
        const { lines, bytes: counted } = await read(sourceOf(cut(bytes, places)));
        expect(lines.map(withoutReturn)).toEqual(expected(all));
        expect(counted).toBe(bytes.length);
      }),
      parameters,
    );
  });

  it('come whole out of a packed source too, whose own bytes are counted', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.array(fc.nat(200), { maxLength: 10 }), async (all, places) => {
        const bytes = await gzip(utf8.encode(all.join('\n')));
        const { lines, bytes: counted } = await read(sourceOf(cut(bytes, places)));
        expect(lines).toEqual(expected(all));
        expect(counted).toBe(bytes.length);
      }),
      { ...parameters, numRuns: 30 },
    );
  });

  it.each([1, 2, 3])('a packed source is known for one when its first chunk is %i bytes long', async (size) => {
    const bytes = await gzip(utf8.encode('a\nb\n'));
    expect((await read(sourceOf([bytes.slice(0, size), bytes.slice(size)]))).lines).toEqual([{ text: 'a', number: 1 }, { text: 'b', number: 2 }]);
  });

  it('come whole when the first chunks are empty', async () => {
    const empty = new Uint8Array();
    expect((await read(sourceOf([empty, empty, utf8.encode('a\n'), empty, utf8.encode('b')]))).lines).toEqual([{ text: 'a', number: 1 }, { text: 'b', number: 2 }]);
    expect((await read(sourceOf([]))).lines).toEqual([]);
    expect((await read(sourceOf([empty]))).lines).toEqual([]);
  });

  it('do not begin with a byte order mark', async () => {
    expect((await read(sourceOf([utf8.encode('\ufeffa\nb')]))).lines).toEqual([{ text: 'a', number: 1 }, { text: 'b', number: 2 }]);
  });

  it('that are no UTF-8 fail with their number, after those before them', async () => {
    for (const places of [[], [4], [5, 6], [1, 2, 3, 4, 5, 6, 7]]) {
      const bytes = Uint8Array.from([...utf8.encode('a\n\nb\n'), 0xc3, 0x28, ...utf8.encode('\nc\n')]);
      const lines: Line[] = [];
      const reading = (async () => {
        for await (const line of readLines(sourceOf(cut(bytes, places)), () => {}, (number, cause) => new BadLine(number, cause))) lines.push(line);
      })();
      await expect(reading).rejects.toMatchObject({ line: 4 });
      expect(lines.map(({ number }) => number)).toEqual([1, 3]);
    }
    // A character that is cut off at the end of the source.
    await expect(read(sourceOf([Uint8Array.from([97, 10, 0xe2, 0x82])]))).rejects.toMatchObject({ line: 2 });
  });

  it('that are longer than they may be fail with their number before they are whole', async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>({ pull: (controller) => (pulled++, controller.enqueue(utf8.encode(pulled === 1 ? 'a\n' : 'b'.repeat(60)))) });
    const lines = readLines(source, () => {}, (line, cause) => new BadLine(line, cause), 100);
    expect((await lines.next()).value).toEqual({ text: 'a', number: 1 });
    await expect(lines.next()).rejects.toMatchObject({ line: 2 });
    expect(pulled).toBeLessThan(10);
  });

  it('of a packed source that is cut off or damaged fail with a number', async () => {
    const bytes = await gzip(utf8.encode('line\n'.repeat(2_000)));
    await expect(read(sourceOf([bytes.slice(0, -6)]))).rejects.toBeInstanceOf(BadLine);
    const damaged = bytes.slice();
    damaged.fill(0xff, 10, 20);
    await expect(read(sourceOf([damaged]))).rejects.toBeInstanceOf(BadLine);
  });

  it('end with the error of the source itself, plain or packed', async () => {
    const error = new Error('the network is gone');
    await expect(read(sourceOf([utf8.encode('a\nb')], error))).rejects.toBe(error);
    await expect(read(sourceOf([], error))).rejects.toBe(error);
    const bytes = await gzip(utf8.encode('line\n'.repeat(2_000)));
    await expect(read(sourceOf([bytes.slice(0, 20)], error))).rejects.toBe(error);
  });

  it('let go of the source when nobody wants more', async () => {
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(utf8.encode('a\nb\n')),
      cancel: () => void (cancelled = true),
    });
    for await (const { number } of readLines(source, () => {}, (line, cause) => new BadLine(line, cause))) if (number === 5) break;
    expect(cancelled).toBe(true);
  });

  it('are read no faster than they are consumed', async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>({ pull: (controller) => (pulled++, controller.enqueue(utf8.encode('a\n'.repeat(100)))) }, { highWaterMark: 0 });
    const lines = readLines(source, () => {}, (line, cause) => new BadLine(line, cause));
    for (let i = 0; i < 250; i++) await lines.next();
    expect(pulled).toBeLessThan(10);
    await lines.return(undefined);
  });
});
