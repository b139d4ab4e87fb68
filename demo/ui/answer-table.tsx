import type { QueryResult } from 'ermine/sqlite';
import { cellText } from '../desk/answer-bars.ts';
import { Scroller } from './scroller.tsx';

/** The answer as SQLite gave it. */
export function AnswerTable({ answer: { columns, rows } }: { readonly answer: QueryResult }) {
  return (
    <Scroller label="Table of the answer">
      <table className="answer-table" aria-label="Answer">
        <thead>
          <tr>
            {columns.map((column, i) => (
              // Two columns may have one name.
              <th key={i} scope="col" data-number={typeof rows[0]?.[i] === 'number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, column) => (
                <td key={column} data-number={typeof value === 'number'}>
                  {cellText(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}
