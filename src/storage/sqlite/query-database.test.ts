import { describe, expect, it } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

const storage = sqliteStorage({ name: 'questions', file: ':memory:' });

describe('questions in SQL', () => {
  it('are answered over the views, with values bound and rows limited', async () => {
    const store = await openEventStore({ storage });
    await store.appendToStream('Order-1', 0, [1, 2, 3].map((total) => ({ type: 'OrderPlaced', data: { total } })));
    const sql = "SELECT stream, version, data ->> 'total' AS total FROM events WHERE type = ? ORDER BY version";
    const rows = [['Order-1', 1, 1], ['Order-1', 2, 2], ['Order-1', 3, 3]];
    expect(await storage.query(sql, ['OrderPlaced'])).toEqual({ columns: ['stream', 'version', 'total'], rows, truncated: false });
    expect(await storage.query(sql, ['OrderPlaced'], { maxRows: 2 })).toMatchObject({ rows: rows.slice(0, 2), truncated: true });
    const [event] = await store.loadStream('Order-1');
    expect((await storage.query('SELECT id FROM events WHERE version = 1')).rows).toEqual([[event!.id]]);
    await store.close();
  });

  it('give each column, of equal names too, and each kind of value', async () => {
    const sql = "SELECT 1 AS a, 2 AS a, 1.5 AS b, NULL, 'ö', x'00ff', 9007199254740993 AS 'more than a number holds'";
    const { columns, rows } = await storage.query(sql);
    expect(columns).toEqual(['a', 'a', 'b', 'NULL', "'ö'", "x'00ff'", 'more than a number holds']);
    expect(rows).toEqual([[1, 2, 1.5, null, 'ö', expect.any(Uint8Array), 2 ** 53]]);
    expect([...(rows[0]![5] as Uint8Array)]).toEqual([0, 255]);
  });

  it('take a whole number as an integer, and as many values as they have parameters', async () => {
    expect((await storage.query('SELECT 5 / ?, typeof(?), typeof(?), ? -- ;', [2, -3, 0.5, 2 ** 60])).rows).toEqual([[2, 'integer', 'real', 2 ** 60]]);
    expect((await storage.query('SELECT ?2 || ?1;', ['a', 1])).rows).toEqual([['1a']]);
    for (const values of [[], [1], [1, 2, 3]]) await expect(storage.query('SELECT ?, ?', values)).rejects.toMatchObject({ code: 'INVALID_QUERY' });
  });

  it.each(['DELETE FROM log_events', 'WITH a AS (SELECT 1) DELETE FROM log_events', 'PRAGMA user_version = 9', 'SELECT nope', 'SELECT 1; DELETE FROM log_events', '', '-- SELECT 1', '/* */ DROP TABLE log_events', 'EXPLAIN PRAGMA synchronous = off', '--\rSELECT\nPRAGMA synchronous = off', `${'/**/'.repeat(40)}DROP TABLE log_events`])(
    'are refused when they would write or are none: %s',
    async (sql) => {
      await expect(storage.query(sql)).rejects.toMatchObject({ code: 'INVALID_QUERY' });
      expect((await storage.query('SELECT count(*), (SELECT * FROM pragma_synchronous) FROM events')).rows).toEqual([[3, 2]]);
    },
  );

  it('tell what SQLite would do to answer another one, and look at no comment and no literal', async () => {
    for (const what of ['', 'QUERY PLAN ']) expect((await storage.query(`/* DELETE; */ explain /* ?1 */ ${what}SELECT * FROM events WHERE type = ?`, ['x'])).rows).not.toEqual([]);
    expect((await storage.query("-- ?2\nSELECT '?1; --', ?", ['x'])).rows).toEqual([['?1; --', 'x']]);
  });

  it.each([[{ total: 1 }], [[true]], [[1n]], [[new Date(0)]], [[undefined]], [[[1]]]])('take nothing that is no value of SQL: %o', async (values) => {
    await expect(storage.query('SELECT ?', values as never)).rejects.toMatchObject({ code: 'INVALID_QUERY', message: expect.stringContaining('list of texts, numbers') });
  });

  it('are ended when they take too long, and others are answered afterwards', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    for (const limits of [{ maxRows: NaN }, { maxMs: -1 }]) await expect(storage.query('SELECT 1', [], limits)).rejects.toMatchObject({ code: 'INVALID_QUERY' });
    await expect(storage.query(endless, [], { maxRows: 1e9, maxMs: 50 })).rejects.toMatchObject({ code: 'INVALID_QUERY' });
    expect((await storage.query('SELECT 1')).rows).toEqual([[1]]);
  });
});
