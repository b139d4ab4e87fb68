import { openEventStore, type StoredEvent } from 'ermine';
import { sqliteStorage } from 'ermine/sqlite';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerBars } from './answer-bars.ts';
import { sampleEvents } from './sample-events.test-fixture.ts';
import { SQL_QUESTIONS } from './sql-questions.ts';
import { weekOf, weekStart } from './weeks.ts';

const storage = sqliteStorage({ name: 'permits', file: ':memory:' });
const open = openEventStore({ storage });

beforeAll(async () => {
  const store = await open;
  await store.importEvents(new Blob([readFileSync(new URL('../public/permits.ndjson.gz', import.meta.url))]));
});
afterAll(async () => (await open).close());

function ask(title: string) {
  return storage.query(SQL_QUESTIONS.find((question) => question.title === title)!.sql);
}

/** The events of each case, in order. */
const cases = new Map<string, StoredEvent[]>();
for (const event of sampleEvents) cases.set(event.streamId.id, [...(cases.get(event.streamId.id) ?? []), event]);

test('the throughput is the number of cases by the week of their last step', async () => {
  const counts = new Map<string, number>();
  for (const events of cases.values()) {
    const last = Math.max(...events.map(({ timestamp }) => timestamp));
    const week = new Date(weekStart(weekOf(last))).toISOString().slice(0, 10);
    counts.set(week, (counts.get(week) ?? 0) + 1);
  }
  const { columns, rows } = await ask('Throughput a week');
  expect(columns).toEqual(['week', 'cases']);
  expect(rows).toEqual([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
});

test('the longest-waiting cases are those with the longest time between two steps', async () => {
  const waits = [...cases].map(([name, events]) => {
    const steps = events.slice(1).map(({ type, timestamp }, i) => ({ name, type, days: (timestamp - events[i]!.timestamp) / 86_400_000 }));
    return steps.toSorted((a, b) => b.days - a.days)[0];
  });
  const longest = waits.filter((wait) => wait !== undefined).toSorted((a, b) => b.days - a.days).slice(0, 20);
  const { rows } = await ask('Longest-waiting cases');
  expect(rows).toEqual(longest.map(({ name, type, days }) => [name, type, Math.round(days * 10) / 10]));
});

test('the hand-overs are the steps that followed one of another group, steps of no group left out', async () => {
  const answer = await ask('Hand-overs between groups');
  const groupOf = ({ data }: StoredEvent): unknown => (data as { group: unknown }).group;
  const handOvers = [...cases.values()].flatMap((events) => {
    const named = events.filter((event) => groupOf(event) !== 'EMPTY');
    return named.slice(1).filter((event, i) => groupOf(event) !== groupOf(named[i]!));
  });
  expect(answer.rows.reduce((sum, [, times]) => sum + Number(times), 0)).toBe(handOvers.length);
  expect(answer.rows[0]).toEqual(['Group 3 → Group 2', 994]);
  expect(answerBars(answer)).toMatchObject({ measure: 'times', most: 994 });
});

test('bars are drawn of the last column that holds only numbers, and of nothing else', () => {
  const answer = (columns: string[], ...rows: (string | number | null)[][]) => ({ columns, rows, truncated: false });
  expect(answerBars(answer(['a', 'n', 'b'], ['x', 2, 'y'], ['z', 1, null]))).toEqual({ measure: 'n', most: 2, bars: [{ label: 'x, y', value: 2 }, { label: 'z, –', value: 1 }] });
  const tooWide = answer(['a', 'b', 'c', 'd', 'n'], ['v', 'w', 'x', 'y', 1]);
  for (const none of [tooWide, answer(['n'], [1]), answer(['a', 'n'], ['x', 1], ['y', null]), answer(['a', 'n'], ['x', -1]), answer(['a', 'n'], ['x', 0]), answer(['a', 'n'])]) {
    expect(answerBars(none)).toBeUndefined();
  }
});
