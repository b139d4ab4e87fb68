import { InvalidProjectionError } from '../event/errors.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import type { SqlStatement, SqlValue } from '../storage/storage.ts';
import { tableOf } from '../storage/table-name.ts';
import type { SqlDefinition, SqlTable, SqlTables, SqlTag } from './definition.ts';
import type { Folded, Folding } from './folding.ts';
import { refusePromise, wroteLate } from './refuse.ts';

type Handler = (event: StoredEvent, sql: SqlTag, tables: SqlTables<string>) => unknown;

/** The folding of a projection to tables: collects the statements of all events; the storage runs them with the checkpoint. */
export function foldSql({ name, tables, on = {}, otherwise }: SqlDefinition<Event, string>, build: number): Folding {
  const handlers = new Map(Object.entries(on as Readonly<Record<string, Handler>>));
  const own: SqlTables<string> = Object.fromEntries(Object.keys(tables).map((table) => [table, Object.freeze({ table: `"${tableOf(name, table, build)}"` })]));
  const known: ReadonlySet<unknown> = new Set(Object.values(own));
  return {
    async fold(events): Promise<Folded> {
      const statements: SqlStatement[] = [];
      const eventOf: number[] = [];
      let index = 0;
      let handling = true;
      try {
        for (; index < events.length; index++) {
          const handler = handlers.get(events[index]!.type) ?? (otherwise as Handler | undefined);
          const made = new Set<SqlStatement>();
          const tag: SqlTag = (text, ...values) => {
            if (!handling) throw wroteLate(name);
            const statement = toStatement(name, known, text, values);
            made.add(statement);
            return statement;
          };
          for (const statement of checkReturned(name, made, handler?.(events[index]!, tag, own))) {
            statements.push(statement);
            eventOf.push(index);
          }
        }
      } catch (error) {
        return { ok: false, index, error };
      } finally {
        handling = false;
      }
      return { ok: true, puts: [], deletes: [], statements, eventOf };
    },
    reset: () => undefined,
  };
}

function checkReturned(name: string, made: ReadonlySet<unknown>, result: unknown): SqlStatement[] {
  const returned = [refusePromise(name, result) ?? []].flat();
  if (returned.some((statement) => !made.has(statement))) throw new InvalidProjectionError(name, 'a handler returns what sql`…` made for it, one or a list, or nothing');
  if (new Set(returned).size < made.size) throw new InvalidProjectionError(name, 'a handler made a statement with sql`…` and did not return it');
  return returned as SqlStatement[];
}

/** @param known the tables; whatever only looks like one, in the data of an event, is no value either */
function toStatement(name: string, known: ReadonlySet<unknown>, text: readonly string[], given: readonly (SqlValue | SqlTable)[]): SqlStatement {
  if (!Array.isArray(text)) throw new InvalidProjectionError(name, 'sql is a tag: sql`INSERT INTO ${table} VALUES (${value})`');
  if (text.some((part) => part.includes('?'))) throw new InvalidProjectionError(name, 'a statement holds no "?": put values in as ${value}');
  const values: SqlValue[] = [];
  let sql = text[0]!;
  given.forEach((value, i) => {
    if (known.has(value)) sql += (value as SqlTable).table;
    else {
      sql += '?';
      values.push(checkValue(name, value));
    }
    sql += text[i + 1]!;
  });
  return { sql, values };
}

function checkValue(name: string, value: unknown): SqlValue {
  if (value === null || typeof value === 'string' || Number.isFinite(value) || value instanceof Uint8Array) return value as SqlValue;
  throw new InvalidProjectionError(name, `a value of SQL is a text, a finite number, null or a Uint8Array, and no ${typeof value}`);
}
