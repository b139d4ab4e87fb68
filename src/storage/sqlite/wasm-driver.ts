import { SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR, SqliteError, type QueryLimits, type QueryResult, type SqliteDriver, type SqlValue } from './driver.ts';
import { inTransaction } from './transaction.ts';
import { addFunctions } from './wasm-functions.ts';
import { SQLITE_DONE, SQLITE_ROW } from './wasm-memory.ts';
import type { WasmSqlite } from './wasm-sqlite.ts';
import { isFull } from './whole-commits.ts';
import { withoutComments } from './without-comments.ts';

/** It is kept for as long as the connection lives (SQLITE_PREPARE_PERSISTENT). */
const PERSISTENT = 1;
/** Virtual machine instructions between two looks at the clock. */
const CLOCK_STEPS = 10_000;

/** With these a full disk is told: SQLite only knows that something went wrong. */
const FILE_CODES: ReadonlySet<number> = new Set([SQLITE_IOERR, SQLITE_CANTOPEN]);
/** To read and write, made when it is missing, with extended result codes (https://sqlite.org/c3ref/c_open_autoproxy.html). */
const OPEN_FLAGS = 0x2 | 0x4 | 0x0200_0000;

export interface WasmConnection {
  readonly file: string;
  /** Called when the file is closed. */
  readonly onClosed?: () => void;
  /** What the file system refused since it was asked last: SQLite itself only knows that something went wrong. */
  readonly takeFailure?: () => unknown;
}

/**
 * Opens a database with SQLite compiled to WebAssembly, over its C functions, in the worker that has the file.
 *
 * @throws {SqliteError}
 */
export function createWasmDriver({ exports, memory, table }: WasmSqlite, { file, onClosed, takeFailure }: WasmConnection): SqliteDriver {
  const statements: number[] = [];

  let database = 0;
  const check = (code: number, expected = 0): void => {
    // Asked each time: one that SQLite got over is not told with a later operation.
    const failure = takeFailure?.();
    if (code === expected) return;
    const cause = FILE_CODES.has(code & 0xff) ? failure : undefined;
    throw new SqliteError(isFull(cause) ? SQLITE_FULL : code, memory.textAt(exports.sqlite3_errmsg(database)), { cause });
  };

  /** A text of the caller's in SQLite's memory, and room for what it answers. */
  const withText = <T>(text: string, work: (pointer: number, length: number, out: number) => T): T => {
    const { pointer, length } = memory.write(text);
    const out = memory.allocate(8);
    try {
      return work(pointer, length, out);
    } finally {
      exports.sqlite3_free(out);
      exports.sqlite3_free(pointer);
    }
  };

  withText(file, (pointer, _, out) => {
    const code = exports.sqlite3_open_v2(pointer, out, OPEN_FLAGS, 0);
    database = memory.view.getUint32(out, true);
    try {
      check(code);
    } catch (cause) {
      exports.sqlite3_close_v2(database);
      throw cause;
    }
  });

  /** @returns the statement, and what comes after it in the text */
  const compile = (sql: string, flags: number): { statement: number; rest: string } =>
    withText(sql, (pointer, length, out) => {
      check(exports.sqlite3_prepare_v3(database, pointer, length, flags, out, out + 4));
      const tail = memory.view.getUint32(out + 4, true);
      return { statement: memory.view.getUint32(out, true), rest: memory.text(tail, pointer + length - tail) };
    });

  /** Binds, lets the body step, and leaves the statement as it was. */
  const running = <T>(statement: number, values: readonly SqlValue[], body: () => T): T => {
    try {
      values.forEach((value, i) => check(memory.bind(statement, i + 1, value)));
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
        check(code, code === SQLITE_ROW ? SQLITE_ROW : SQLITE_DONE);
        return code === SQLITE_ROW ? memory.column(statement, 0) : undefined;
      });
  };

  let end = 0;
  let isLate = 0;
  const query = (sql: string, values: readonly SqlValue[], { maxRows, maxMs }: QueryLimits): QueryResult => {
    const { statement, rest } = compile(sql, 0);
    try {
      if (/[^\s;]/.test(withoutComments(rest))) throw new SqliteError(1, 'only one statement at a time');
      const parameters = exports.sqlite3_bind_parameter_count(statement);
      if (values.length !== parameters) throw new SqliteError(1, `it has ${parameters} parameters, and ${values.length} values came`);
      const columns = Array.from({ length: exports.sqlite3_column_count(statement) }, (_, column) => memory.textAt(exports.sqlite3_column_name(statement, column)));
      const rows: SqlValue[][] = [];
      end = performance.now() + maxMs;
      isLate ||= addFunctions(table, { isLate: ['i', () => (performance.now() > end ? 1 : 0)] }).isLate;
      exports.sqlite3_progress_handler(database, CLOCK_STEPS, isLate, 0);
      return running(statement, values, () => {
        for (let code; (code = exports.sqlite3_step(statement)) !== SQLITE_DONE; ) {
          check(code, SQLITE_ROW);
          if (rows.length >= maxRows) return { columns, rows, truncated: true };
          rows.push(columns.map((_, column) => memory.column(statement, column)));
        }
        return { columns, rows, truncated: false };
      });
    } finally {
      exports.sqlite3_progress_handler(database, 0, 0, 0);
      exports.sqlite3_finalize(statement);
    }
  };

  const fixed = new Map<string, () => unknown>();
  const runFixed = (sql: string): void => {
    if (!fixed.has(sql)) fixed.set(sql, prepare(sql));
    fixed.get(sql)!();
  };

  return {
    exec: (sql) => withText(sql, (pointer) => check(exports.sqlite3_exec(database, pointer, 0, 0, 0))),
    prepare,
    transaction: (body) => inTransaction(runFixed, 'BEGIN IMMEDIATE', body),
    snapshot: (body) => inTransaction(runFixed, 'BEGIN', body),
    query,
    export: () =>
      withText('main', (schema, _, out) => {
        takeFailure?.();
        const pointer = exports.sqlite3_serialize(database, schema, out, 0);
        const size = Number(memory.view.getBigInt64(out, true));
        // It says -1 when it cannot find out.
        if (size < 0) check(exports.sqlite3_errcode(database));
        if (pointer === 0) throw new RangeError('SQLite is out of memory.');
        try {
          // It leaves out what it cannot read.
          const failure = takeFailure?.();
          if (failure !== undefined) throw new SqliteError(SQLITE_IOERR, String(failure), { cause: failure });
          return withoutWal(memory.bytes.slice(pointer, pointer + size));
        } finally {
          exports.sqlite3_free(pointer);
        }
      }),
    close() {
      for (const statement of statements) exports.sqlite3_finalize(statement);
      exports.sqlite3_close_v2(database);
      onClosed?.();
    },
  };
}

/** The header says that there is a log of writes beside the file; an exported one has none (https://sqlite.org/fileformat.html). */
function withoutWal(file: Uint8Array): Uint8Array {
  file.fill(1, 18, 20);
  return file;
}
