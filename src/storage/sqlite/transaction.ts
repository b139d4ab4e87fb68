/** Runs the body between one of the kinds of BEGIN and COMMIT; when either fails, everything is undone. */
export function inTransaction<T>(exec: (sql: string) => void, begin: 'BEGIN' | 'BEGIN IMMEDIATE', body: () => T): T {
  exec(begin);
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
