import type { PointerEvent } from 'react';
import type { WeekSlot } from '../desk/weeks.ts';
import { countOf, formatNumber } from '../desk/words.ts';

interface Props {
  readonly slots: readonly WeekSlot[];
  readonly shownIn: (week: number) => number;
  readonly current: number;
  readonly onPoint: (slot: number) => void;
}

const HEIGHT = 100;
const SLOT = 10;
const BAR = 8;

/** The bars alone. A faint bar is all of its week, the full one what had happened by then. */
export function WeekBars({ slots, shownIn, current, onPoint }: Props) {
  const most = slots.reduce((max, slot) => (slot.kind === 'week' ? Math.max(max, slot.count) : max), 1);
  const total = slots.reduce((sum, slot) => (slot.kind === 'week' ? sum + shownIn(slot.week) : sum), 0);
  const heightOf = (count: number): number => (count / most) * HEIGHT;
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const slot = Math.floor(((event.clientX - left) / width) * slots.length);
    onPoint(Math.max(0, Math.min(slots.length - 1, slot)));
  };
  return (
    <svg
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- An inline SVG cannot be an <img>.
      role="img"
      aria-labelledby="week-chart-title week-chart-desc"
      viewBox={`0 0 ${slots.length * SLOT} ${HEIGHT}`}
      preserveAspectRatio="none"
      onPointerMove={point}
      onPointerDown={point}
    >
      <title id="week-chart-title">Events a week</title>
      <desc id="week-chart-desc">
        {countOf(total, 'event')} in all, at most {formatNumber(most)} in a week. All values are in the table below.
      </desc>
      {slots.map((slot, i) =>
        slot.kind === 'break' ? (
          <line key={slot.week} className="bar-break" x1={i * SLOT + SLOT / 2} x2={i * SLOT + SLOT / 2} y1={0} y2={HEIGHT} />
        ) : (
          <g key={slot.week} data-current={i === current}>
            <rect className="bar-all" x={i * SLOT} width={BAR} y={HEIGHT - heightOf(slot.count)} height={heightOf(slot.count)} />
            <rect className="bar" x={i * SLOT} width={BAR} y={HEIGHT - heightOf(shownIn(slot.week))} height={heightOf(shownIn(slot.week))} />
          </g>
        ),
      )}
    </svg>
  );
}
