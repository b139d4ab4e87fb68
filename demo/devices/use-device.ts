import { useEffect, useState } from 'react';
import { combineLatest, map } from 'rxjs';
import type { RejectedEntry, SyncStatus } from 'ermine/sync';
import type { Device } from './open-devices.ts';
import { REMARKS, slotStream, slots, toSlot, type SlotState, type VisitEvent } from './visits.ts';

export interface Remark {
  readonly id: string;
  readonly text: string;
  readonly by: string;
  readonly version: number;
  readonly pending: boolean;
}

export interface DeviceView {
  readonly online: boolean;
  readonly status: SyncStatus;
  readonly week: readonly SlotState[];
  /** How many slots are booked, with what waits, and as far as the server knows. */
  readonly booked: number;
  readonly confirmed: number;
  readonly remarks: readonly Remark[];
  readonly pending: number;
  readonly rejected: readonly RejectedEntry<VisitEvent>[];
}

const NOTHING_YET: DeviceView = {
  online: true,
  status: { state: 'connecting' },
  week: slots.map(() => ({ version: 0, visit: undefined, pending: false })),
  booked: 0,
  confirmed: 0,
  remarks: [],
  pending: 0,
  rejected: [],
};

/** What a device shows: confirmed and pending, and what sync does. */
export function useDevice({ store, bookings, online$ }: Device): DeviceView {
  const [view, setView] = useState(NOTHING_YET);
  useEffect(() => {
    const { status$, pending$, rejected$ } = store.sync;
    const week$ = combineLatest(slots.map((_, i) => store.watchStream(slotStream(i)).pipe(map(toSlot))));
    const remarks$ = store.watchStream(REMARKS).pipe(
      map((events) =>
        events.flatMap(({ id, type, data, version, pending }): Remark[] =>
          type === 'RemarkAdded' ? [{ id, text: data.text, by: data.clerk, version, pending: pending === true }] : [],
        ),
      ),
    );
    const count = map(({ length }: readonly unknown[]) => length);
    const subscription = combineLatest({
      online: online$,
      status: status$,
      week: week$,
      booked: bookings.watch$({ pending: true }).pipe(count),
      confirmed: bookings.watch$().pipe(count),
      remarks: remarks$,
      pending: pending$.pipe(count),
      rejected: rejected$,
    }).subscribe(setView);
    return () => subscription.unsubscribe();
  }, [store, bookings, online$]);
  return view;
}
