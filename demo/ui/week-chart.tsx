import { useProjection } from 'ermine/react';
import { useMemo, useState } from 'react';
import type { Desk } from '../desk/desk.ts';
import { weekSlots, weekStart, type WeekSlot } from '../desk/weeks.ts';
import { countOf, formatDay, formatNumber } from '../desk/words.ts';
import type { ReadModels } from '../log/read-models.ts';
import { WeekBars } from './week-bars.tsx';
import { WeekTable } from './week-table.tsx';

interface Props {
  readonly models: ReadModels;
  /** The desk of the past that is shown: what came after it is drawn faintly. */
  readonly past: Desk | undefined;
}

/** Events a week: bars, one value at a time by pointer or arrow keys, and all of them as a table. */
export function WeekChart({ models, past }: Props) {
  const { value: counts } = useProjection(models.weeks);
  const eventsByWeek = useMemo(() => new Map(Object.entries(counts ?? {}).map(([week, count]) => [Number(week), count])), [counts]);
  const slots = useMemo(() => weekSlots(eventsByWeek), [eventsByWeek]);
  const [chosen, setChosen] = useState<number>();
  if (counts === undefined) return <p className="empty week-chart-counting">Counting…</p>;
  if (slots.length === 0) return <p className="empty">The log has no events yet.</p>;

  const busiest = slots.reduce((best, slot, i) => (countIn(slot) > countIn(slots[best]!) ? i : best), 0);
  const current = Math.min(chosen ?? busiest, slots.length - 1);
  const shownIn = (week: number): number => (past?.eventsByWeek ?? eventsByWeek).get(week) ?? 0;
  const words = slotWords(slots[current]!, shownIn);
  return (
    <figure className="week-chart">
      <figcaption>
        <h2>Events a week</h2>
        {/* The slider says the same when it is moved. */}
        <output aria-live="off" data-testid="week-value">
          {words}
        </output>
      </figcaption>
      <div className="week-plot">
        <WeekBars slots={slots} shownIn={shownIn} current={current} onPoint={setChosen} />
        <input
          type="range"
          className="week-cursor"
          aria-label="Week"
          aria-valuetext={words}
          min={0}
          max={slots.length - 1}
          value={current}
          onChange={(event) => setChosen(event.target.valueAsNumber)}
        />
      </div>
      <p className="axis muted">
        <span>{formatDay(weekStart(slots[0]!.week))}</span>
        <span>most: {formatNumber(countIn(slots[busiest]!))} a week</span>
        <span>{formatDay(weekStart(slots.at(-1)!.week))}</span>
      </p>
      <WeekTable slots={slots} shownIn={shownIn} />
    </figure>
  );
}

function countIn(slot: WeekSlot): number {
  return slot.kind === 'week' ? slot.count : 0;
}

function slotWords(slot: WeekSlot, shownIn: (week: number) => number): string {
  if (slot.kind === 'break') return `No events for ${countOf(slot.emptyWeeks, 'week')}`;
  return `Week of ${formatDay(weekStart(slot.week))}: ${countOf(shownIn(slot.week), 'event')}`;
}
