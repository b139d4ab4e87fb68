import type { Event } from 'ermine';
import { projection } from 'ermine/projections';
import type { ConflictPolicies, LoadedEvent } from 'ermine/sync';

/** Visits of an inspector: a slot of the week can be booked once, and everybody may add remarks. */
export type VisitEvent =
  | Event<'VisitBooked', { readonly site: string; readonly clerk: string }>
  | Event<'VisitCancelled', { readonly clerk: string }>
  | Event<'RemarkAdded', { readonly text: string; readonly clerk: string }>;

export const slots = ['Mon 9:00', 'Mon 11:00', 'Tue 9:00', 'Tue 14:00', 'Wed 10:00', 'Thu 9:00'] as const;

export function slotStream(index: number): string {
  return `Slot-${index + 1}`;
}

export const REMARKS = 'Remarks-week';

/** What two clerks do to one slot must be decided by a person; remarks stand next to each other. */
export const conflicts: ConflictPolicies<VisitEvent> = { Slot: 'reject', Remarks: 'rebase' };

/** The slots that are booked. */
export const bookings = projection<VisitEvent, readonly string[]>({
  name: 'bookings',
  version: 1,
  filter: { categories: ['Slot'] },
  initialState: [],
  evolve(booked, { type, streamId: { id } }) {
    const others = booked.filter((other) => other !== id);
    return type === 'VisitBooked' ? [...others, id] : others;
  },
});

export interface SlotState {
  readonly version: number;
  readonly visit: { readonly site: string; readonly clerk: string } | undefined;
  /** Whether the server does not know yet. */
  readonly pending: boolean;
}

export function toSlot(events: readonly LoadedEvent<VisitEvent>[]): SlotState {
  let visit: SlotState['visit'];
  for (const { type, data } of events) {
    if (type === 'VisitBooked') visit = { site: data.site, clerk: data.clerk };
    if (type === 'VisitCancelled') visit = undefined;
  }
  return { visit, version: events.at(-1)?.version ?? 0, pending: events.some(({ pending }) => pending === true) };
}

/** Where the visit's slot is in the week, in the words of the page. */
export function slotName(id: string): string {
  return slots[Number(id) - 1] ?? id;
}

export const sites = ['12 Mill Lane', '3 Harbour Road', '40 Station Square', '7 Orchard Way', '21 Church Street', '9 Brick Yard'] as const;
