/** Functions of WASI return it, those of Linux its negative. */
const ENOSYS = 52;
const PAGE = 65_536;
/** Bytes that SQLite may use, as the package has it. */
const MAX_HEAP = 2 ** 31;

/**
 * What SQLite, compiled by Emscripten, asks of whoever runs it: memory, clocks, the local time. It has no files but those of
 * a VFS, and the system's answers that it has none.
 */
export function wasmImports(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Imports {
  const view = (): DataView => new DataView(memory.buffer);
  const known: WebAssembly.ModuleImports = {
    memory,
    emscripten_date_now: () => Date.now(),
    emscripten_get_now: () => performance.now(),
    emscripten_get_heap_max: () => MAX_HEAP,
    emscripten_resize_heap: (bytes: number) => grow(memory, bytes >>> 0),
    clock_time_get(clock: number, _precision: bigint, out: number) {
      view().setBigUint64(out, BigInt(Math.round((clock === 0 ? Date.now() : performance.now()) * 1e6)), true);
      return 0;
    },
    environ_sizes_get(count: number, bytes: number) {
      view().setUint32(count, 0, true);
      view().setUint32(bytes, 0, true);
      return 0;
    },
    environ_get: () => 0,
    // What it sets is read by nobody: the local time comes with its offset.
    _tzset_js: () => undefined,
    _localtime_js: (seconds: bigint, out: number) => localTime(new Date(Number(seconds) * 1_000)).forEach((field, i) => view().setInt32(out + 4 * i, field, true)),
  };
  const imports: Record<string, WebAssembly.ModuleImports> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = known[name] ?? (name.startsWith('fd_') ? () => ENOSYS : () => -ENOSYS);
  }
  return imports;
}

/** Rather by a fifth than by a page at a time. @returns whether there is memory for so many bytes */
function grow(memory: WebAssembly.Memory, bytes: number): boolean {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  for (const pages of [Math.max(missing, Math.ceil(memory.buffer.byteLength / 5 / PAGE)), missing]) {
    try {
      memory.grow(pages);
      return true;
    } catch {
      // Then by no more than it needs, or not at all, which SQLite tells whoever asked.
    }
  }
  return false;
}

/** The fields of C's `struct tm`, with the seconds east of UTC. */
function localTime(date: Date): readonly number[] {
  const year = date.getFullYear();
  const offsets = [0, 6].map((month) => new Date(year, month, 1).getTimezoneOffset());
  const offset = date.getTimezoneOffset();
  const dayOfYear = Math.round((Date.UTC(year, date.getMonth(), date.getDate()) - Date.UTC(year, 0, 1)) / 86_400_000);
  const isSummer = Number(offset < Math.max(...offsets));
  return [date.getSeconds(), date.getMinutes(), date.getHours(), date.getDate(), date.getMonth(), year - 1900, date.getDay(), dayOfYear, isSummer, -60 * offset];
}
