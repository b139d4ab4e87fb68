import { expect, test } from 'vitest';
import { weekOf, weekSlots, weekStart } from './weeks.ts';

test('a week goes from Monday to Sunday', () => {
  const sunday = Date.UTC(2010, 9, 3, 23, 59, 59, 999);
  const monday = sunday + 1;
  expect(weekOf(monday)).toBe(weekOf(sunday) + 1);
  expect(weekOf(monday + 7 * 86_400_000 - 1)).toBe(weekOf(monday));
  expect(weekStart(weekOf(monday))).toBe(monday);
});

test('a few empty weeks are shown as such', () => {
  expect(weekSlots(new Map([[12, 5], [10, 3]]))).toEqual([
    { kind: 'week', week: 10, count: 3 },
    { kind: 'week', week: 11, count: 0 },
    { kind: 'week', week: 12, count: 5 },
  ]);
});

test('many empty weeks are one break of the axis', () => {
  expect(weekSlots(new Map([[10, 3], [800, 1]]))).toEqual([
    { kind: 'week', week: 10, count: 3 },
    { kind: 'break', week: 11, emptyWeeks: 789 },
    { kind: 'week', week: 800, count: 1 },
  ]);
});

test('no events are no weeks', () => {
  expect(weekSlots(new Map())).toEqual([]);
});
