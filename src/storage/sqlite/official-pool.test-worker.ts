// Opens the files of a database with the official package and its own pool of files.
import initSqlite, { type SqlValue } from '@sqlite.org/sqlite-wasm';

export interface OfficialRequest {
  /** In the origin's private file system. */
  readonly directory: string;
  /** What the database is to be; the one that is there otherwise. */
  readonly file?: Uint8Array;
  readonly sql: readonly string[];
  /** Whether it leaves everything as it then is, as a worker does that is ended. */
  readonly ends?: boolean;
}

/** The first column of the first row of each statement, or what went wrong. */
export type OfficialAnswer = readonly (SqlValue | undefined)[] | string;

async function run({ directory, file, sql, ends }: OfficialRequest): Promise<OfficialAnswer> {
  const sqlite3 = await initSqlite();
  const pool = await sqlite3.installOpfsSAHPoolVfs({ directory });
  if (file) await pool.importDb('/log.db', file);
  const database = new pool.OpfsSAHPoolDb('/log.db');
  database.exec('PRAGMA locking_mode = exclusive');
  const values = sql.map((statement) => database.selectValue(statement));
  if (ends) return values;
  database.close();
  pool.pauseVfs();
  return values;
}

globalThis.onmessage = ({ data }: MessageEvent<OfficialRequest>) => {
  run(data).then(
    (values) => globalThis.postMessage(values),
    (error: unknown) => globalThis.postMessage(String(error)),
  );
};
