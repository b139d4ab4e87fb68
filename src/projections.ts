export {
  projection,
  type DocumentDefinition,
  type DocumentHandlers,
  type DocumentProjection,
  type DocumentWriter,
  type FoldDefinition,
  type FoldProjection,
  type SqlDefinition,
  type SqlProjection,
  type SqlStatements,
  type SqlTable,
  type SqlTables,
  type SqlTag,
} from './projection/definition.ts';
export { sqlProjection } from './projection/sql-projection.ts';
export { openProjection, type ProjectedStore } from './projection/open-projection.ts';
export type { OpenDocuments, OpenProjection, OpenProjectionOptions, OpenState, ViewOptions, WaitOptions } from './projection/opened.ts';
export type { DocumentQuery, QueryPage } from './projection/query.ts';
export type { ProjectionStatus, RebuildStatus } from './projection/status.ts';
export type { SqlStatement, SqlValue, TableShape } from './storage/storage.ts';
export type { SkippedEvent } from './projection/control.ts';
