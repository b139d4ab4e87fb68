import type { EventBatch, EventTuple } from './event-batch.ts';
import type { idAt } from './event-id.ts';

type IdAt = typeof idAt;

/** The batch without the payloads of its first `count` events: the erased part and, if any is left, the rest. */
export function eraseFirst(whole: EventBatch, count: number, idAt: IdAt): EventBatch[] {
  if (whole.events === '' || count <= 0) return [whole];
  // What a storage in memory still has from when it was written; it goes with the payloads.
  const { ids: _ids, correlationIds: _correlationIds, ...batch } = whole;
  const erased = { ...batch, stream: '', count: Math.min(count, batch.count), events: '' };
  if (count >= batch.count) return [erased];
  const rest = (JSON.parse(batch.events) as EventTuple[])
    .slice(count)
    .map(([type, data, metadata, id, ...rest], i) => [type, data, metadata ?? null, id ?? idAt(batch.idBase, count + i), ...rest]);
  return [
    erased,
    {
      ...batch,
      version: batch.version + count,
      position: batch.position + count,
      count: batch.count - count,
      events: JSON.stringify(rest),
    },
  ];
}
