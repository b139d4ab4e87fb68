// An app as its user writes it, with nothing said to the bundler about workers or WebAssembly.
import { openEventStore } from 'ermine';
import { sqliteStorage } from 'ermine/sqlite';

const storage = sqliteStorage({ name: 'shop', persist: false });
const store = await openEventStore({ storage });
await store.appendToStream('Order-1', -1, [{ type: 'OrderPlaced', data: { total: 20 } }]);
const { rows } = await storage.query("SELECT type, data ->> 'total' FROM events WHERE stream = ?", ['Order-1']);
document.title = JSON.stringify(rows);
