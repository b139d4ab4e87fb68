import { weekStart, type WeekSlot } from '../desk/weeks.ts';
import { countOf, formatDay, formatNumber } from '../desk/words.ts';
import { Scroller } from './scroller.tsx';

interface Props {
  readonly slots: readonly WeekSlot[];
  readonly shownIn: (week: number) => number;
}

/** The chart in words. */
export function WeekTable({ slots, shownIn }: Props) {
  return (
    <details className="week-table">
      <summary>All weeks as a table</summary>
      <Scroller label="All weeks">
        <table>
          <thead>
            <tr>
              <th scope="col">Week of</th>
              <th scope="col">Events</th>
            </tr>
          </thead>
          <tbody>
            {slots.map((slot) => (
              <tr key={slot.week}>
                <th scope="row">{formatDay(weekStart(slot.week))}</th>
                <td>{slot.kind === 'week' ? formatNumber(shownIn(slot.week)) : `none for ${countOf(slot.emptyWeeks, 'week')}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </details>
  );
}
