import initSqlite from '@sqlite.org/sqlite-wasm';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS streams (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  UNIQUE (stream, version)
);`;

let database;
let pool;
let statements;

const operations = {
  async open(name, durability) {
    const sqlite3 = await initSqlite();
    pool = await sqlite3.installOpfsSAHPoolVfs({ name: 'bench', directory: `bench-table/${name}`, initialCapacity: 3 });
    database = new pool.OpfsSAHPoolDb('/events.db');
    // Those of the storage that it is compared with.
    database.exec(`PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; PRAGMA synchronous = ${durability === 'strict' ? 'full' : 'normal'}; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -16384; PRAGMA temp_store = memory;`);
    database.exec(SCHEMA);
    statements = {
      head: database.prepare('SELECT version FROM streams WHERE id = ?'),
      insert: database.prepare('INSERT INTO events (id, stream, version, type, data, timestamp) VALUES (?, ?, ?, ?, ?, ?)'),
      move: database.prepare('INSERT INTO streams (id, version) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version'),
      load: database.prepare('SELECT position, id, stream, version, type, data, timestamp FROM events WHERE stream = ? ORDER BY version'),
      page: database.prepare('SELECT position, id, stream, version, type, data, timestamp FROM events WHERE position >= ? ORDER BY position LIMIT ?'),
    };
  },
  append(stream, expectedVersion, events) {
    const { head, insert, move } = statements;
    database.transaction('IMMEDIATE', () => {
      const version = rowsOf(head, [stream])[0]?.version ?? 0;
      if (version !== expectedVersion) throw new Error(`${stream} is at ${version}`);
      events.forEach(([id, type, data, timestamp], i) => insert.bind([id, stream, version + i + 1, type, data, timestamp]).stepReset());
      move.bind([stream, version + events.length]).stepReset();
    });
  },
  load: (stream) => rowsOf(statements.load, [stream]),
  page: (from, limit) => rowsOf(statements.page, [from, limit]),
  close() {
    for (const statement of Object.values(statements)) statement.finalize();
    database.close();
    pool.pauseVfs();
  },
};

function rowsOf(statement, values) {
  const rows = [];
  statement.bind(values);
  while (statement.step()) rows.push(statement.get({}));
  statement.reset();
  return rows;
}

globalThis.onmessage = async ({ data: { call, operation, values } }) => {
  try {
    globalThis.postMessage({ call, value: await operations[operation](...values) });
  } catch (error) {
    globalThis.postMessage({ call, error: String(error) });
  }
};
