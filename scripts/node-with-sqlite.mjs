// Which Node the tests of SQLite run on once more, for its module node:sqlite: this one if it has the module, else that of scripts/node.
import { join } from 'node:path';
import process from 'node:process';

const isOwn = await import('node:sqlite').then(({ StatementSync }) => 'setReturnArrays' in StatementSync.prototype, () => false);

/** Has to be installed; undefined when this Node does. */
export const nodePackage = isOwn ? undefined : 'scripts/node';

export const nodeWithSqlite = nodePackage ? join(nodePackage, 'node_modules/.bin/node') : process.execPath;
