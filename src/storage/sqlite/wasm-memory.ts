/** The C functions that the driver calls (https://sqlite.org/c3ref/funclist.html); pointers are numbers. */
export interface WasmExports {
  readonly __indirect_function_table: WebAssembly.Table;
  __wasm_call_ctors(): void;
  sqlite3_vfs_register(vfs: number, isDefault: number): number;
  sqlite3_open_v2(file: number, database: number, flags: number, vfs: number): number;
  sqlite3_close_v2(database: number): number;
  sqlite3_exec(database: number, sql: number, callback: number, context: number, message: number): number;
  sqlite3_errcode(database: number): number;
  sqlite3_errmsg(database: number): number;
  sqlite3_progress_handler(database: number, steps: number, callback: number, context: number): void;
  sqlite3_serialize(database: number, schema: number, size: number, flags: number): number;
  sqlite3_malloc(bytes: number): number;
  sqlite3_free(pointer: number): void;
  sqlite3_prepare_v3(database: number, sql: number, bytes: number, flags: number, statement: number, tail: number): number;
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_finalize(statement: number): number;
  sqlite3_clear_bindings(statement: number): number;
  sqlite3_bind_int64(statement: number, index: number, value: bigint): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_text(statement: number, index: number, text: number, bytes: number, destructor: number): number;
  sqlite3_bind_blob(statement: number, index: number, blob: number, bytes: number, destructor: number): number;
  sqlite3_bind_null(statement: number, index: number): number;
  sqlite3_bind_parameter_count(statement: number): number;
  sqlite3_column_name(statement: number, column: number): number;
  sqlite3_column_count(statement: number): number;
  sqlite3_column_type(statement: number, column: number): number;
  sqlite3_column_int64(statement: number, column: number): bigint;
  sqlite3_column_double(statement: number, column: number): number;
  sqlite3_column_text(statement: number, column: number): number;
  sqlite3_column_blob(statement: number, column: number): number;
  sqlite3_column_bytes(statement: number, column: number): number;
}

export const SQLITE_ROW = 100;
export const SQLITE_DONE = 101;
const [INTEGER, FLOAT, TEXT, BLOB] = [1, 2, 3, 4];

const encoder = new TextEncoder();
/** Otherwise a text loses the U+FEFF that it begins with. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** SQLite's memory: moves values between it and JavaScript, a string in one step. */
export class WasmMemory {
  readonly #exports: WasmExports;
  readonly #heap: WebAssembly.Memory;
  readonly #free: number;
  #view: DataView;
  #bytes: Uint8Array<ArrayBuffer>;

  /** @param free what SQLite calls when it does not need a bound value any more */
  constructor(exports: WasmExports, heap: WebAssembly.Memory, free: number) {
    this.#exports = exports;
    this.#heap = heap;
    this.#free = free;
    this.#view = new DataView(heap.buffer);
    this.#bytes = new Uint8Array(heap.buffer as ArrayBuffer);
  }

  /** As it is now: it grows, and then an older view is of nothing. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#heap.buffer as ArrayBuffer);
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#view.buffer !== this.#heap.buffer) this.#view = new DataView(this.#heap.buffer);
    return this.#view;
  }

  /** A copy in SQLite's memory, which the caller frees. */
  write(value: string | Uint8Array): { pointer: number; length: number } {
    const room = typeof value === 'string' ? value.length * 3 : value.length;
    const pointer = this.allocate(room + 1);
    if (typeof value !== 'string') {
      this.bytes.set(value, pointer);
      return { pointer, length: value.length };
    }
    const { written } = encoder.encodeInto(value, this.bytes.subarray(pointer, pointer + room));
    this.bytes[pointer + written] = 0;
    return { pointer, length: written };
  }

  /** A structure of numbers of 32 bits, which stays. */
  words(values: readonly number[]): number {
    const pointer = this.allocate(4 * values.length);
    new Uint32Array(this.bytes.buffer, pointer).set(values);
    return pointer;
  }

  allocate(bytes: number): number {
    const pointer = this.#exports.sqlite3_malloc(bytes);
    if (pointer === 0) throw new RangeError('SQLite is out of memory.');
    return pointer;
  }

  /** Up to its NUL; nothing at 0. */
  textAt(pointer: number): string {
    return pointer === 0 ? '' : this.text(pointer, this.bytes.indexOf(0, pointer) - pointer);
  }

  text(pointer: number, length: number): string {
    return decoder.decode(this.bytes.subarray(pointer, pointer + length));
  }

  /** @returns SQLite's result code */
  bind(statement: number, index: number, value: string | number | null | Uint8Array): number {
    const exports = this.#exports;
    if (value === null || value === undefined) return exports.sqlite3_bind_null(statement, index);
    if (typeof value === 'number') return Number.isSafeInteger(value) ? exports.sqlite3_bind_int64(statement, index, BigInt(value)) : exports.sqlite3_bind_double(statement, index, value);
    const { pointer, length } = this.write(value);
    const bind = typeof value === 'string' ? exports.sqlite3_bind_text : exports.sqlite3_bind_blob;
    return bind(statement, index, pointer, length, this.#free);
  }

  /** The value of a column of the row that the statement stands on. */
  column(statement: number, column: number): string | number | null | Uint8Array {
    const exports = this.#exports;
    const type = exports.sqlite3_column_type(statement, column);
    if (type === INTEGER) return Number(exports.sqlite3_column_int64(statement, column));
    if (type === FLOAT) return exports.sqlite3_column_double(statement, column);
    if (type === TEXT) {
      const pointer = exports.sqlite3_column_text(statement, column);
      return this.text(pointer, exports.sqlite3_column_bytes(statement, column));
    }
    if (type !== BLOB) return null;
    const pointer = exports.sqlite3_column_blob(statement, column);
    return this.bytes.slice(pointer, pointer + exports.sqlite3_column_bytes(statement, column));
  }
}
