/** The C functions that the driver calls (https://sqlite.org/c3ref/funclist.html); pointers are numbers. */
export interface WasmExports {
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

/** Moves values between JavaScript and SQLite's memory, a string in one step. */
export class WasmMemory {
  readonly exports: WasmExports;
  readonly #heap: () => Uint8Array;
  readonly #free: number;

  /**
   * @param heap the memory as it is now: it grows, and then an older view is of nothing
   * @param free what SQLite calls when it does not need a bound value any more (SQLITE_WASM_DEALLOC)
   */
  constructor(exports: WasmExports, heap: () => Uint8Array, free: number) {
    this.exports = exports;
    this.#heap = heap;
    this.#free = free;
  }

  get bytes(): Uint8Array {
    return this.#heap();
  }

  /** A copy in SQLite's memory, which the caller frees. */
  write(value: string | Uint8Array): { pointer: number; length: number } {
    const room = typeof value === 'string' ? value.length * 3 : value.length;
    const pointer = this.exports.sqlite3_malloc(room + 1);
    if (pointer === 0) throw new RangeError('SQLite is out of memory.');
    if (typeof value !== 'string') {
      this.bytes.set(value, pointer);
      return { pointer, length: value.length };
    }
    const { written } = encoder.encodeInto(value, this.bytes.subarray(pointer, pointer + room));
    this.bytes[pointer + written] = 0;
    return { pointer, length: written };
  }

  text(pointer: number, length: number): string {
    return decoder.decode(this.bytes.subarray(pointer, pointer + length));
  }

  /** @returns SQLite's result code */
  bind(statement: number, index: number, value: string | number | null | Uint8Array): number {
    const { exports } = this;
    if (value === null || value === undefined) return exports.sqlite3_bind_null(statement, index);
    if (typeof value === 'number') return Number.isSafeInteger(value) ? exports.sqlite3_bind_int64(statement, index, BigInt(value)) : exports.sqlite3_bind_double(statement, index, value);
    const { pointer, length } = this.write(value);
    const bind = typeof value === 'string' ? exports.sqlite3_bind_text : exports.sqlite3_bind_blob;
    return bind(statement, index, pointer, length, this.#free);
  }

  /** The value of a column of the row that the statement stands on. */
  column(statement: number, column: number): string | number | null | Uint8Array {
    const { exports } = this;
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
