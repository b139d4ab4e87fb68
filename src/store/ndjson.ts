/** A line of NDJSON that was read. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/**
 * The lines of a UTF-8 stream, gzipped or not, without the empty ones.
 *
 * @param failure makes the error for a line that cannot be read: not UTF-8, longer than `maxLineBytes`, or a packed file that
 * is cut off
 * @throws what the source itself fails with
 */
export async function* readLines(
  source: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
  failure: (line: number, cause: unknown) => Error,
  maxLineBytes = Infinity,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const state: SourceState = { failed: false };
  const chunks = await gunzipped(source, onBytes, state);
  let rest: Uint8Array = new Uint8Array();
  let number = 0;
  try {
    for (let done = false; !done; ) {
      const chunk = await chunks.read().catch((cause: unknown) => {
        throw state.failed ? cause : failure(number + 1, cause);
      });
      done = chunk.done;
      const bytes = concat(rest, chunk.value ?? new Uint8Array());
      let start = 0;
      for (let end = 0; end >= 0 && start < bytes.length; start = end + 1) {
        end = bytes.indexOf(NEWLINE, start);
        if (end < 0 && !done) break;
        number++;
        const text = decode(bytes.subarray(start, end < 0 ? bytes.length : end));
        if (text.trim() !== '') yield { text, number };
      }
      rest = bytes.slice(start);
      if (rest.length > maxLineBytes) throw failure(number + 1, new RangeError(`it has more than ${maxLineBytes} bytes; is each event on a line of its own?`));
    }
  } finally {
    await chunks.cancel().catch(() => undefined);
  }

  function decode(line: Uint8Array): string {
    try {
      return decoder.decode(line);
    } catch (cause) {
      throw failure(number, new TypeError('it is not UTF-8', { cause }));
    }
  }
}

const NEWLINE = 10;

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

interface SourceState {
  /** Whether the source itself failed, and not its content. */
  failed: boolean;
}

/** Unpacks what begins as gzip does, and counts the bytes of the source. */
async function gunzipped(
  source: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
  state: SourceState,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const reader = source.getReader();
  let first = await reader.read();
  // Two bytes tell what it is, and chunks may be smaller.
  while (!first.done && first.value.length < 2) {
    const { done, value } = await reader.read();
    if (done) break;
    first = { done, value: concat(first.value, value) };
  }
  const counted = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (controller) => pass(controller, first),
      async pull(controller) {
        const result = await reader.read().catch((error: unknown) => {
          state.failed = true;
          throw error;
        });
        pass(controller, result);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 1 },
  );
  const isGzip = first.value?.[0] === 0x1f && first.value[1] === 0x8b;
  return (isGzip ? counted.pipeThrough(new DecompressionStream('gzip')) : counted).getReader();

  function pass(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>, result: ReadableStreamReadResult<Uint8Array>): void {
    if (result.done) return controller.close();
    onBytes(result.value.byteLength);
    controller.enqueue(result.value as Uint8Array<ArrayBuffer>);
  }
}
