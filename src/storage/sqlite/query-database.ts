import { InvalidQueryError } from '../../event/errors.ts';
import type { Database } from './database.ts';
import { SQLITE_INTERRUPT, SQLITE_IOERR, SqliteError, type QueryLimits, type QueryResult, type SqlValue } from './driver.ts';
import { withoutComments } from './without-comments.ts';

/**
 * What may begin a question; everything else is refused before SQLite sees it. Many a PRAGMA is carried out when it is
 * compiled, that of an EXPLAIN too (https://sqlite.org/pragma.html).
 */
const QUESTION = /^\s*(?:explain\s+(?:query\s+plan\s+)?)?(?:select|with|values)\b/i;

/**
 * Answers one statement that only reads.
 *
 * @throws {InvalidQueryError} when it would write, is not valid SQL, or takes too long
 */
export function queryDatabase(database: Database, sql: string, values: readonly SqlValue[], limits: QueryLimits): QueryResult {
  if (!QUESTION.test(withoutComments(sql))) throw new InvalidQueryError('Only one SELECT, WITH or VALUES can be asked, or an EXPLAIN of one. Nothing was changed.');
  // Whatever the statement says.
  database.driver.exec('PRAGMA query_only = on');
  try {
    return database.driver.query(sql, values, limits);
  } catch (cause) {
    if (!(cause instanceof SqliteError) || cause.resultCode === SQLITE_IOERR) throw cause;
    const slow = cause.resultCode === SQLITE_INTERRUPT;
    throw new InvalidQueryError(slow ? `The query took longer than ${limits.maxMs} ms and was ended. Ask for less, or raise maxMs.` : `The query cannot be answered: ${cause.message}.`, { cause });
  } finally {
    database.driver.exec('PRAGMA query_only = off');
  }
}
