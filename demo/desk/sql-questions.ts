/** A question to the log in SQL, over the views `events` and `streams`. */
export interface SqlQuestion {
  readonly title: string;
  readonly sql: string;
}

export const SQL_QUESTIONS: readonly SqlQuestion[] = [
  {
    title: 'Throughput a week',
    sql: `-- Cases by the week (from Monday) of their last step
SELECT date(last / 1000, 'unixepoch', '-6 days', 'weekday 1') AS week, count(*) AS cases
FROM (SELECT max(timestamp) AS last FROM events WHERE category = 'Permit' GROUP BY stream)
GROUP BY week
ORDER BY week`,
  },
  {
    title: 'Longest-waiting cases',
    sql: `-- The step that each case waited for longest
SELECT substr(stream, 8) AS "case", type AS "waited for", round(max(wait), 1) AS days
FROM (
  SELECT stream, type,
    (timestamp - lag(timestamp) OVER (PARTITION BY stream ORDER BY version)) / 86400000.0 AS wait
  FROM events WHERE category = 'Permit'
)
WHERE wait > 0
GROUP BY stream
ORDER BY max(wait) DESC
LIMIT 20`,
  },
  {
    title: 'Hand-overs between groups',
    sql: `-- How often a case went from one group to another, but for steps of no group
SELECT giver || ' → ' || taker AS "hand-over", count(*) AS times
FROM (
  SELECT data ->> 'group' AS taker,
    lag(data ->> 'group') OVER (PARTITION BY stream ORDER BY version) AS giver
  FROM events WHERE category = 'Permit' AND data ->> 'group' <> 'EMPTY'
)
WHERE giver <> taker
GROUP BY giver, taker
ORDER BY times DESC, 1`,
  },
];
