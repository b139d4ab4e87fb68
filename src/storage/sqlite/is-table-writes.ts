import { TABLE_NAME } from '../table-name.ts';
import { isText, isValue, like, listOf, optional, type Check } from './checks.ts';

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
/** Inside of parentheses nothing ends a statement. */
const isPart: Check = (value) => typeof value === 'string' && !value.includes(';');
const isName: Check = (value) => typeof value === 'string' && TABLE_NAME.test(value);

const isShape = like({ columns: isPart, indexes: optional(listOf(isPart)) });
const isShapes: Check = (value) => typeof value === 'object' && value !== null && Object.entries(value).every(([table, shape]) => isName(table) && isShape(shape));

/** Whether a message holds `TableWrites`: names and builds are written into SQL. */
export const isTableWrites: Check = like({
  projection: isName,
  create: optional(like({ build: isCount, tables: isShapes })),
  serve: optional(isCount),
  drop: optional(isCount),
  run: optional(like({ build: isCount, statements: listOf(like({ sql: isText, values: listOf(isValue) })) })),
});
