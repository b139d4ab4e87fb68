/** A line of NDJSON that was read. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/**
 * The lines of a UTF-8 stream, gzipped or not, without the empty ones.
 *
 * @param failure makes the error for a line that cannot be read: no UTF-8, or a packed file that is cut off
 * @throws what the source itself fails with
 */
export async function* readLines(
  source: ReadableStream<Uint8Array>,
  onBytes: (bytes: number) => void,
  failure: (line: number, cause: unknown) => Error,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  const state: SourceState = { failed: false };
  const chunks = await gunzipped(source, onBytes, state);
  try {
    for (let done = false; !done; ) {
      const lines = await chunks
        .read()
        .then((chunk) => {
          done = chunk.done;
          return (rest + decoder.decode(chunk.value, { stream: !done })).split('\n');
        })
        .catch((cause: unknown) => {
          throw state.failed ? cause : failure(number + 1, cause);
        });
      rest = done ? '' : lines.pop()!;
      for (const text of lines) {
        number++;
        if (text.trim() !== '') yield { text, number };
      }
    }
  } finally {
    await chunks.cancel().catch(() => undefined);
  }
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
  const first = await reader.read();
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
