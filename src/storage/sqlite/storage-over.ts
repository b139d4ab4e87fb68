import { InvalidQueryError, type ErmineError } from '../../event/errors.ts';
import { isValue, listOf } from './checks.ts';
import type { Ask } from './operations.ts';
import type { SqliteStorage } from './options.ts';
import { createLog, type LogLink } from './sql-log.ts';

/** The storage over whatever opens a database. A question goes to one that is open, or opens one for itself. */
export function createSqliteStorage(name: string, openLink: (onConnection: (error?: ErmineError) => void) => Promise<LogLink>): SqliteStorage {
  const links = new Set<LogLink>();
  const open = async (onConnection: (error?: ErmineError) => void): Promise<LogLink> => {
    const link = await openLink(onConnection);
    links.add(link);
    const close = (): Promise<void> => (links.delete(link), link.close());
    return { ...link, close };
  };
  const ask: Ask = async (operation, ...values) => {
    // One that has ended by itself stays until it is closed.
    const link = [...links].find(({ state }) => state().connection !== 'closed');
    if (link) return link.ask(operation, ...values);
    const own = await open(() => undefined);
    return own.ask(operation, ...values).finally(own.close);
  };
  return {
    name: `sqlite:${name}`,
    open: async (onConnection) => createLog(await open(onConnection)),
    async query(sql, values = [], { maxRows = 1_000, maxMs = 2_000 } = {}) {
      if (!(maxRows >= 0 && maxMs >= 0)) throw new InvalidQueryError('maxRows and maxMs are numbers from 0.');
      if (typeof sql !== 'string' || !listOf(isValue)(values)) throw new InvalidQueryError('A query is a text, and its values are a list of texts, numbers, nulls and Uint8Arrays.');
      return ask('query', sql, values, { maxRows, maxMs });
    },
    export: () => ask('export'),
  };
}
