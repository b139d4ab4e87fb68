/** A statement's text with a space for each comment; what only looks like one, in a literal, goes too. */
export function withoutComments(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[^]*?\*\//g, ' ');
}
