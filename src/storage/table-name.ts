/** What a projection with tables, and each of its tables, may be called. */
export const TABLE_NAME = /^[a-z][a-z0-9_]{0,49}$/;

/** The name of a table of one build of a projection. Other tables have neither a dot nor a `#`. */
export function tableOf(projection: string, table: string, build: number): string {
  return `${viewOf(projection, table)}#${build}`;
}

/** The name of the view that shows this table of the build that is served. */
export function viewOf(projection: string, table: string): string {
  return `${projection}.${table}`;
}
