const MS_PER_DAY = 86_400_000;
/** 1 January 1970 was a Thursday. */
const DAYS_FROM_MONDAY = 3;
/** So many empty weeks in a row are drawn as such; more are one break of the axis. */
const MAX_EMPTY_WEEKS = 4;

/** The number of the week, Monday to Sunday in UTC, of a time in milliseconds since 1970. */
export function weekOf(timestamp: number): number {
  return Math.floor((Math.floor(timestamp / MS_PER_DAY) + DAYS_FROM_MONDAY) / 7);
}

/** The Monday on which a week begins, in milliseconds since 1970. */
export function weekStart(week: number): number {
  return (week * 7 - DAYS_FROM_MONDAY) * MS_PER_DAY;
}

/** One place on the chart's axis. */
export type WeekSlot =
  | { readonly kind: 'week'; readonly week: number; readonly count: number }
  | { readonly kind: 'break'; readonly week: number; readonly emptyWeeks: number };

/** The weeks from the first to the last that has events, in order; long stretches without any are one break. */
export function weekSlots(eventsByWeek: ReadonlyMap<number, number>): WeekSlot[] {
  const slots: WeekSlot[] = [];
  let previous: number | undefined;
  for (const week of [...eventsByWeek.keys()].toSorted((a, b) => a - b)) {
    const first: number = previous === undefined ? week : previous + 1;
    const emptyWeeks = week - first;
    if (emptyWeeks > MAX_EMPTY_WEEKS) slots.push({ kind: 'break', week: first, emptyWeeks });
    else for (let empty = first; empty < week; empty++) slots.push({ kind: 'week', week: empty, count: 0 });
    slots.push({ kind: 'week', week, count: eventsByWeek.get(week)! });
    previous = week;
  }
  return slots;
}
