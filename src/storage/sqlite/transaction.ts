/** Runs the body between BEGIN and COMMIT; when either fails, everything is undone. */
export function inTransaction<T>(exec: (sql: string) => void, body: () => T): T {
  exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    exec('COMMIT');
    return result;
  } catch (error) {
    try {
      exec('ROLLBACK');
    } catch {
      // Some failures have ended the transaction already.
    }
    throw error;
  }
}
