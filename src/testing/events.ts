import type { EventData, StoredEvent } from '../event/event.ts';
import { streamIdToString } from '../event/stream-id.ts';

/** `count` events of one type, whose data counts up. */
export function numbered(count: number, from = 1, type = 'Counted'): EventData[] {
  return Array.from({ length: count }, (_, i) => ({ type, data: { n: from + i } }));
}

/** One event with this text in its data. */
export function named(name: string, type = 'Named'): EventData[] {
  return [{ type, data: { name } }];
}

/** `count` events with ids. */
export function identified(count: number, from = 1): (EventData & { readonly id: string })[] {
  return numbered(count, from).map((event) => ({ ...event, id: crypto.randomUUID() }));
}

/** What {@link numbered} wrote. */
export function numbersOf(events: readonly StoredEvent[]): number[] {
  return events.map(({ data }) => (data as { n: number }).n);
}

export function versionsOf(events: readonly StoredEvent[]): number[] {
  return events.map(({ version }) => version);
}

export function positionsOf(events: readonly StoredEvent[]): number[] {
  return events.map(({ globalPosition }) => globalPosition);
}

export function typesOf(events: readonly StoredEvent[]): string[] {
  return events.map(({ type }) => type);
}

/** Stream and version of each, such as `Order-1@3`. */
export function placesOf(events: readonly StoredEvent[]): string[] {
  return events.map((event) => `${streamIdToString(event.streamId)}@${event.version}`);
}

/** The whole numbers from `first` to `last`, down when `last` is lower. */
export function range(first: number, last: number): number[] {
  const step = first <= last ? 1 : -1;
  return Array.from({ length: Math.abs(last - first) + 1 }, (_, i) => first + i * step);
}

export async function toArray<T>(values: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const value of values) array.push(value);
  return array;
}
