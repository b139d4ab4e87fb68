/** A line of NDJSON that was read. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** The lines of a UTF-8 stream, gzipped or not, without the empty ones. */
export async function* readLines(source: ReadableStream<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  const chunks = await gunzipped(source, onBytes);
  try {
    for (;;) {
      const { done, value } = await chunks.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
      rest = done ? '' : lines.pop()!;
      for (const text of lines) {
        number++;
        if (text.trim() !== '') yield { text, number };
      }
      if (done) return;
    }
  } finally {
    await chunks.cancel().catch(() => undefined);
  }
}

/** Unpacks what begins as gzip does, and counts the bytes of the source. */
async function gunzipped(source: ReadableStream<Uint8Array>, onBytes: (bytes: number) => void): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const reader = source.getReader();
  const first = await reader.read();
  const counted = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start: (controller) => pass(controller, first),
      pull: async (controller) => pass(controller, await reader.read()),
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
