import type { QueryResult, SqliteStorage } from 'ermine/sqlite';
import { useRef, useState, type KeyboardEvent } from 'react';
import { SQL_QUESTIONS } from '../desk/sql-questions.ts';
import { countOf, formatNumber } from '../desk/words.ts';
import { AnswerChart } from './answer-chart.tsx';
import { AnswerTable } from './answer-table.tsx';
import { ErrorNotice } from './error-notice.tsx';

const MAX_ROWS = 200;

type Status =
  | { readonly kind: 'idle' | 'asking' }
  | { readonly kind: 'answered'; readonly answer: QueryResult; readonly ms: number }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Questions to the log in SQL. */
export function SqlCard({ storage }: { readonly storage: SqliteStorage }) {
  const [sql, setSql] = useState(SQL_QUESTIONS[0]!.sql);
  const [status, setStatus] = useState<Status>({ kind: 'idle' });
  const asked = useRef(0);

  const ask = async (question: string): Promise<void> => {
    const turn = ++asked.current;
    setStatus({ kind: 'asking' });
    const next = await answer(storage, question);
    // What was asked later counts.
    if (turn === asked.current) setStatus(next);
  };
  const askByKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void ask(sql);
  };
  return (
    <section className="card wide sql-card" aria-labelledby="sql-title">
      <h2 id="sql-title">Ask the log in SQL</h2>
      <fieldset className="button-row questions">
        <legend>Prepared questions</legend>
        {SQL_QUESTIONS.map((question) => (
          <button
            key={question.title}
            type="button"
            onClick={() => {
              setSql(question.sql);
              void ask(question.sql);
            }}
          >
            {question.title}
          </button>
        ))}
      </fieldset>
      <label className="sql-label">
        <span>One SELECT</span>
        <textarea rows={12} spellCheck={false} autoCapitalize="off" value={sql} aria-describedby="sql-help" onChange={(event) => setSql(event.target.value)} onKeyDown={askByKey} />
      </label>
      <p id="sql-help" className="muted">
        The views are <code>events</code> (global_position, stream, category, version, id, type, data, metadata, correlation_id, timestamp,
        schema_version, format) and{' '}
        <code>streams</code> (stream, category, version, deleted, created, updated). A question changes nothing; its answer has at most{' '}
        {formatNumber(MAX_ROWS)} rows, and comes within 2 seconds or not at all. Ctrl and Enter ask as well.
      </p>
      <div className="button-row">
        <button type="button" className="primary" onClick={() => void ask(sql)}>
          Ask
        </button>
      </div>
      <output className="outcome">{outcome(status)}</output>
      {status.kind === 'failed' && <ErrorNotice error={status.error} />}
      {status.kind === 'answered' && status.answer.rows.length > 0 && (
        <div className="answer">
          <AnswerChart answer={status.answer} />
          <AnswerTable answer={status.answer} />
        </div>
      )}
    </section>
  );
}

async function answer(storage: SqliteStorage, sql: string): Promise<Status> {
  const startedAt = performance.now();
  try {
    return { kind: 'answered', answer: await storage.query(sql, [], { maxRows: MAX_ROWS }), ms: performance.now() - startedAt };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function outcome(status: Status): string {
  if (status.kind === 'asking') return 'Asking…';
  if (status.kind !== 'answered') return '';
  const { rows, truncated } = status.answer;
  const more = truncated ? ', and there are more: only the first are shown' : '';
  return `${countOf(rows.length, 'row')} in ${formatNumber(Math.max(1, Math.round(status.ms)))} ms${more}.`;
}
