export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

export const median = (values) => percentile(values, 50);

/** A Markdown table: the floor's figure, and the others as multiples of it. */
export function printTable(results) {
  console.log(`\n${new Date().toISOString().slice(0, 10)}, raw floor = 1, lower is better\n`);
  const withSqlite = results.some(({ figures }) => [...figures.keys()].some((name) => name.startsWith('sqlite')));
  console.log(`| workload | raw floor | Ermine | events table by hand | Dexie |${withSqlite ? ' Ermine on SQLite | events table on SQLite by hand |' : ''}`);
  console.log(`|---|---|---|---|---|${withSqlite ? '---|---|' : ''}`);
  for (const { workload, figures, unit } of results) {
    const by = (kind) => [...figures].find(([name]) => name.startsWith(kind))?.[1];
    const ratio = (kind) => (by(kind) === undefined ? '' : (by(kind) / by('floor')).toFixed(2));
    console.log(`| ${workload} | ${by('floor').toFixed(1)} ${unit} | ${ratio('ermine')} | ${ratio('table')} | ${ratio('dexie')} |${withSqlite ? ` ${ratio('sqlite')} | ${ratio('sqltable')} |` : ''}`);
  }
}
