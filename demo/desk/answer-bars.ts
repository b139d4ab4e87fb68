import type { QueryResult } from 'ermine/sqlite';

export interface AnswerBar {
  readonly label: string;
  readonly value: number;
}

/** The bars of a chart. */
export interface AnswerBars {
  /** What the values are: the name of their column. */
  readonly measure: string;
  readonly bars: readonly AnswerBar[];
  readonly most: number;
}

/** Of more columns no label can be made that anybody would read. */
const MAX_COLUMNS = 4;

/** The last column that holds only numbers makes the bars, the others their labels; undefined when there is nothing to draw. */
export function answerBars({ columns, rows }: QueryResult): AnswerBars | undefined {
  const column = columns.findLastIndex((_, i) => rows.every((row) => typeof row[i] === 'number' && row[i] >= 0));
  if (column < 0 || columns.length < 2 || columns.length > MAX_COLUMNS || rows.length === 0) return undefined;
  const bars = rows.map((row) => ({
    label: row.filter((_, i) => i !== column).map(cellText).join(', '),
    value: row[column] as number,
  }));
  const most = bars.reduce((max, { value }) => Math.max(max, value), 0);
  return most > 0 ? { measure: columns[column]!, bars, most } : undefined;
}

/** What a cell of an answer shows. */
export function cellText(value: QueryResult['rows'][number][number]): string {
  if (value === null) return '–';
  return value instanceof Uint8Array ? `${value.length} bytes` : String(value);
}
