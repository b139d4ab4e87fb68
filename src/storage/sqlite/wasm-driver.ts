import type { Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import { SQLITE_FULL, SQLITE_IOERR, SqliteError, type QueryLimits, type QueryResult, type SqliteDriver, type SqlValue } from './driver.ts';
import { inTransaction } from './transaction.ts';
import { SQLITE_DONE, SQLITE_ROW, WasmMemory } from './wasm-memory.ts';
import { withoutComments } from './without-comments.ts';

/** It is kept for as long as the connection lives (SQLITE_PREPARE_PERSISTENT). */
const PERSISTENT = 1;
/** Virtual machine instructions between two looks at the clock. */
const CLOCK_STEPS = 10_000;

export interface WasmConnection {
  /** Pointer of the open database. */
  readonly pointer: number;
  readonly close: () => void;
  /** Whether a write to the file has failed since it was asked last: the disk, or the quota, is full. */
  readonly writeFailed: () => boolean;
}

/** SQLite compiled to WebAssembly, over its C functions, in the worker that has the file. */
export function createWasmDriver({ capi, wasm }: Sqlite3Static, { pointer: database, close, writeFailed }: WasmConnection): SqliteDriver {
  const memory = new WasmMemory(wasm.exports, () => wasm.heap8u(), capi.SQLITE_WASM_DEALLOC);
  const { exports } = memory;
  const statements: number[] = [];

  const check = (code: number, expected: number): void => {
    if (code === expected) return;
    const message = capi.sqlite3_errmsg(database);
    const full = (code & 0xff) === SQLITE_IOERR && writeFailed();
    throw new SqliteError(full ? SQLITE_FULL : code, message);
  };

  /** @returns the statement, and what comes after it in the text */
  const compile = (sql: string, flags: number): { statement: number; rest: string } => {
    const { pointer, length } = memory.write(sql);
    const out = exports.sqlite3_malloc(8);
    try {
      check(exports.sqlite3_prepare_v3(database, pointer, length, flags, out, out + 4), 0);
      const [statement, tail] = new Uint32Array(memory.bytes.buffer, out, 2) as unknown as [number, number];
      return { statement, rest: memory.text(tail, pointer + length - tail) };
    } finally {
      exports.sqlite3_free(out);
      exports.sqlite3_free(pointer);
    }
  };

  /** Binds, lets the body step, and leaves the statement as it was. */
  const running = <T>(statement: number, values: readonly SqlValue[], body: () => T): T => {
    try {
      values.forEach((value, i) => check(memory.bind(statement, i + 1, value), 0));
      return body();
    } finally {
      exports.sqlite3_reset(statement);
      exports.sqlite3_clear_bindings(statement);
    }
  };

  const prepare: SqliteDriver['prepare'] = (sql) => {
    const { statement } = compile(sql, PERSISTENT);
    statements.push(statement);
    return (...values) =>
      running(statement, values, () => {
        const code = exports.sqlite3_step(statement);
        if (code !== SQLITE_ROW) return void check(code, SQLITE_DONE);
        return memory.column(statement, 0);
      });
  };

  const query = (sql: string, values: readonly SqlValue[], { maxRows, maxMs }: QueryLimits): QueryResult => {
    const { statement, rest } = compile(sql, 0);
    try {
      if (/[^\s;]/.test(withoutComments(rest))) throw new SqliteError(1, 'only one statement at a time');
      const parameters = exports.sqlite3_bind_parameter_count(statement);
      if (values.length !== parameters) throw new SqliteError(1, `it has ${parameters} parameters, and ${values.length} values came`);
      const columns = Array.from({ length: exports.sqlite3_column_count(statement) }, (_, column) => capi.sqlite3_column_name(statement, column));
      const rows: SqlValue[][] = [];
      const end = performance.now() + maxMs;
      capi.sqlite3_progress_handler(database, CLOCK_STEPS, () => (performance.now() > end ? 1 : 0), 0);
      return running(statement, values, () => {
        for (let code; (code = exports.sqlite3_step(statement)) !== SQLITE_DONE; ) {
          check(code, SQLITE_ROW);
          if (rows.length >= maxRows) return { columns, rows, truncated: true };
          rows.push(columns.map((_, column) => memory.column(statement, column)));
        }
        return { columns, rows, truncated: false };
      });
    } finally {
      capi.sqlite3_progress_handler(database, 0, 0, 0);
      exports.sqlite3_finalize(statement);
    }
  };

  const fixed = new Map<string, () => unknown>();
  const runFixed = (sql: string): void => {
    if (!fixed.has(sql)) fixed.set(sql, prepare(sql));
    fixed.get(sql)!();
  };

  return {
    exec: (sql) => check(capi.sqlite3_exec(database, sql, 0, 0, 0), 0),
    prepare,
    transaction: (body) => inTransaction(runFixed, 'BEGIN IMMEDIATE', body),
    snapshot: (body) => inTransaction(runFixed, 'BEGIN', body),
    query,
    export: () => withoutWal(capi.sqlite3_js_db_export(database)),
    close() {
      for (const statement of statements) exports.sqlite3_finalize(statement);
      close();
    },
  };
}

/** The header says that there is a log of writes beside the file; an exported one has none (https://sqlite.org/fileformat.html). */
function withoutWal(file: Uint8Array): Uint8Array {
  file.fill(1, 18, 20);
  return file;
}
