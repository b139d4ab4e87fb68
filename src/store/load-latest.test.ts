import { Subject, interval, take } from 'rxjs';
import { expect, it } from 'vitest';
import { loadLatest } from './load-latest.ts';

const later = <T>(value: T, ms: number): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));

it('gives values of a source that changes faster than they are loaded, in order, and the last one', async () => {
  const loaded: number[] = [];
  let underWay = 0;
  const load = async (value: number): Promise<number> => {
    expect(++underWay).toBe(1);
    await later(undefined, 12);
    underWay--;
    return value;
  };
  await new Promise<void>((complete) => interval(3).pipe(take(40), loadLatest(load)).subscribe({ next: (value) => loaded.push(value), complete }));
  expect(loaded.length).toBeGreaterThan(2);
  expect(loaded.length).toBeLessThan(40);
  expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
  expect(loaded.at(-1)).toBe(39);
});

it('fails with what a load fails with, and loads nothing for whoever has gone', async () => {
  const source = new Subject<number>();
  const loads: number[] = [];
  const load = async (value: number): Promise<number> => {
    loads.push(value);
    if (value === 2) throw new Error('no');
    return value;
  };
  const failed = new Promise((error) => source.pipe(loadLatest(load)).subscribe({ error }));
  source.next(1);
  source.next(2);
  expect(await failed).toMatchObject({ message: 'no' });
  expect(source.observed).toBe(false);

  const subscription = source.pipe(loadLatest(load)).subscribe();
  source.next(3);
  source.next(4);
  subscription.unsubscribe();
  await later(undefined, 1);
  expect(loads).toEqual([1, 2, 3]);
});
