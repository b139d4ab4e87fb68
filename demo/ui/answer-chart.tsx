import type { QueryResult } from 'ermine/sqlite';
import { useMemo } from 'react';
import { answerBars } from '../desk/answer-bars.ts';
import { formatNumber } from '../desk/words.ts';
import { Scroller } from './scroller.tsx';

/** The answer as bars, where its rows have a number to draw. */
export function AnswerChart({ answer }: { readonly answer: QueryResult }) {
  const chart = useMemo(() => answerBars(answer), [answer]);
  if (!chart) return null;
  const { measure, bars, most } = chart;
  const highest = bars.find(({ value }) => value === most)!;
  return (
    <figure className="answer-chart">
      <figcaption className="muted">Bars: {measure}</figcaption>
      <Scroller label="Chart of the answer">
        <div
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- These bars are no file that an <img> could show.
          role="img"
          aria-label={`Bar chart of ${measure}. The most is ${formatNumber(most)}: ${highest.label}. All values are in the table.`}
        >
          {bars.map(({ label, value }, i) => (
            <div key={i} className="answer-bar">
              <span className="answer-label">{label}</span>
              <span className="answer-value">{formatNumber(value)}</span>
              <svg viewBox="0 0 100 1" preserveAspectRatio="none">
                <rect className="bar-all" width={100} height={1} />
                <rect className="bar" width={(100 * value) / most} height={1} />
              </svg>
            </div>
          ))}
        </div>
      </Scroller>
    </figure>
  );
}
