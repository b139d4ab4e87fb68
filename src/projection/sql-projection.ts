import { InvalidProjectionError } from '../event/errors.ts';
import type { Event } from '../event/event.ts';
import type { TableShape } from '../storage/storage.ts';
import { TABLE_NAME } from '../storage/table-name.ts';
import { checkDefinition, type SqlDefinition, type SqlProjection } from './definition.ts';
import { foldSql } from './fold-sql.ts';

/**
 * Defines a read model of tables, for a store on `ermine/sqlite`: what each event changes in them, in SQL, with the
 * checkpoint in one transaction. `storage.query` reads them by the names of views, `"name.table"`.
 *
 * @throws {InvalidProjectionError} when a name, the version or a table breaks a rule
 * @example const report = sqlProjection<ShopEvent, 'orders'>({ name: 'report', version: 1,
 *   tables: { orders: 'id TEXT PRIMARY KEY, total REAL NOT NULL' },
 *   on: { OrderPlaced: ({ streamId, data }, sql, { orders }) => sql`INSERT INTO ${orders} VALUES (${streamId.id}, ${data.total})` } });
 */
export function sqlProjection<E extends Event, Table extends string>(definition: SqlDefinition<E, Table>): SqlProjection<E, Table> {
  const { name, on, otherwise, inline, tables } = definition;
  checkDefinition(definition, { ...on, ...(otherwise && { otherwise }) });
  const invalid = (rule: string): InvalidProjectionError => new InvalidProjectionError(name, rule);
  if (inline) throw invalid('a projection in SQL cannot be inline: a statement that fails would refuse the append');
  for (const each of [name, ...Object.keys(tables)]) if (!TABLE_NAME.test(each)) throw invalid(`"${each}" has other characters than 1 to 50 of a-z, 0-9 and _, or begins with none of a-z`);
  if (Object.keys(tables).length === 0) throw invalid('it needs a table');
  const shapes = Object.fromEntries(Object.entries<string | TableShape>(tables).map(([table, shape]) => [table, typeof shape === 'string' ? { columns: shape } : shape]));
  for (const { columns, indexes = [] } of Object.values(shapes)) {
    for (const part of [columns, ...indexes]) if (typeof part !== 'string' || part.includes(';')) throw invalid('columns and indexes are texts without ";"');
  }
  return { ...definition, kind: 'sql', shapes, createFolding: (build) => foldSql(definition as unknown as SqlDefinition<Event, string>, build) };
}
