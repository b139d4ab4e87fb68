import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import type { Log } from '../storage/storage.ts';
import { placedBatchToText } from '../sync/protocol-batch.ts';
import { intersectScopes, scopeTest } from '../sync/protocol-scope.ts';
import type { PullRequest } from '../sync/protocol.ts';
import { clientKey, parseRecord } from './client-record.ts';
import type { Principal } from './principal.ts';
import { RequestFailure } from './request-failure.ts';
import type { TenantLog } from './tenant-logs.ts';

/** How many UTF-16 units an answer has, about. */
const PAGE_UNITS = 1_000_000;
/** Events that are looked through for one answer, of which a narrow filter may want few. */
const MAX_LOOKED_EVENTS = 20_000;

/** The JSON text of a `PullAnswer`, and how many events it holds. @param pageEvents about how many it holds at most */
export async function pull(tenant: TenantLog, principal: Principal, request: PullRequest, pageEvents: number): Promise<{ text: string; events: number }> {
  const { log, documents } = tenant;
  const key = clientKey(request.clientId);
  await checkWitness(log, request);
  for (;;) {
    const [before] = await documents.get([key]);
    const record = parseRecord(before, principal);
    const head = await log.head();
    if (request.after > head) throw historyLost();
    const { texts, coveredTo, events } = await readPage(log, request, principal, head, pageEvents);
    // What is told as confirmed must be what the page holds: a push that came in between is waited for.
    const complete = coveredTo === head;
    const [after] = complete ? await documents.get([key]) : [before];
    if (after !== before) continue;
    const taken = complete ? record.done : [];
    const { readable } = principal;
    const rest = JSON.stringify({ epoch: log.epoch, coveredTo, head, taken, ...(readable && { readable }) });
    return { text: `${rest.slice(0, -1)},"batches":[${texts.join(',')}]}`, events };
  }
}

async function readPage(log: Log, request: PullRequest, principal: Principal, head: number, pageEvents: number): Promise<{ texts: string[]; coveredTo: number; events: number }> {
  const isWanted = scopeTest(intersectScopes(request.filter, principal.readable));
  const texts: string[] = [];
  let coveredTo = request.after;
  let events = 0;
  let units = 0;
  let looked = 0;
  while (coveredTo < head && events < pageEvents && units < PAGE_UNITS && looked < MAX_LOOKED_EVENTS) {
    const { batches, next } = await log.readAll({ from: coveredTo + 1, limit: pageEvents - events, direction: 'forwards' });
    for (const batch of batches) {
      const end = batch.position + batch.count - 1;
      if (end <= coveredTo) continue;
      // Written since: what is not there up to the head was erased.
      if (end > head) {
        coveredTo = head;
        break;
      }
      // A page never holds much more than it should: what follows comes with the next one.
      if (events > 0 && (events + batch.count > 2 * pageEvents || units >= PAGE_UNITS)) return { texts, coveredTo, events };
      coveredTo = end;
      looked += batch.count;
      if (batch.stream === '' || !isWanted(batch.stream)) continue;
      const text = placedBatchToText(batch.position <= request.after ? cut(batch, request.after) : batch);
      texts.push(text);
      events += batch.count;
      units += text.length;
    }
    if (next === undefined) coveredTo = head;
  }
  return { texts, coveredTo, events };
}

/** A batch without the events up to a position, which the client has. */
function cut(batch: EventBatch, after: number): EventBatch {
  const skip = after - batch.position + 1;
  const tuples = decodeBatch(batch)
    .slice(skip)
    .map(({ id, type, data, metadata, timestamp, schemaVersion, format }) => [type, data, metadata, id, timestamp, schemaVersion ?? null, format ?? null]);
  return { ...batch, version: batch.version + skip, position: batch.position + skip, count: batch.count - skip, events: JSON.stringify(tuples) };
}

/** @throws {RequestFailure} when the client holds an event that is not in this log */
async function checkWitness(log: Log, { witness }: PullRequest): Promise<void> {
  if (!witness) return;
  const { batches } = await log.readAll({ from: witness.position, limit: 1, direction: 'forwards' });
  const batch = batches.find(({ position, count }) => position <= witness.position && witness.position < position + count);
  if (!batch) throw historyLost();
  // An erased event has no id any more.
  if (batch.stream !== '' && decodeBatch(batch)[witness.position - batch.position]!.id !== witness.id) throw historyLost();
}

function historyLost(): RequestFailure {
  return new RequestFailure('HISTORY_LOST', 'The log does not hold what this client has of it: it was restored from an older backup.');
}
