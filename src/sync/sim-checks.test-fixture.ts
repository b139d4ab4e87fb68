import { streamIdToString } from '../event/stream-id.ts';
import type { LoadedEvent } from './pending-events.ts';
import { idIn, type PendingCommit, type RejectedCommit } from './pending-commit.ts';
import { inScope } from './protocol-scope.ts';
import type { Scope } from './protocol.ts';
import { readReplicaState } from './replica-state.ts';
import { scopeOf } from './replica.ts';
import { readAll, type SimDevice } from './sim-device.test-fixture.ts';
import type { Mark } from './sim-events.test-fixture.ts';
import type { SimDisk } from './sim-storage.test-fixture.ts';
import type { SimWorld } from './sim-world.test-fixture.ts';

/** Where everything stands, for somebody who looks into a fault. */
export async function describeWorld(world: SimWorld): Promise<string> {
  const lines = [`everybody may read ${JSON.stringify(world.readable)}; server: head ${await (await world.server.disk.open()).head()}, running ${world.server.running}`];
  for (const { device, commits, rejected, confirmed } of await Promise.all(world.devices.map(lookAt))) {
    lines.push(`device ${device.index}: ${confirmed.length} confirmed, ${rejected.length} dead, filter ${JSON.stringify(device.filter)}, lanes ${device.lanes}, locks ${device.locks !== undefined}`);
    for (const disk of device.disks) {
      const log = await disk.open();
      const state = await (await log.documents()).get([{ collection: '$sync', key: 'replica' }, { collection: '$sync', key: 'outbox' }]);
      lines.push(`  ${disk.epoch}: ${(await readAll(log)).length} events, ${state.join()}`);
    }
    for (const { name, engine } of device.tabs) {
      const { error } = engine.status$.value as { error?: Error };
      lines.push(`  ${name}: ${engine.status$.value.state} ${error ?? ''} ${error?.cause ?? ''}`);
    }
    for (const { order, seq, writes, stuck } of commits) lines.push(`  commit ${order} seq ${seq} ${writes.map(({ stream, expected }) => `${stream}@${expected}`).join()} ${stuck ?? ''}`);
  }
  return lines.join('\n');
}

/** What is wrong with a world that has come to rest: empty when every invariant holds. */
export async function findFaults(world: SimWorld): Promise<string[]> {
  const faults = [...world.faults];
  const log = await readAll(await world.server.disk.open());
  const devices = await Promise.all(world.devices.map(lookAt));
  faults.push(...denseFaults(log));
  if (!world.restored) for (const device of devices) faults.push(...prefixFaults(log, device));
  for (const device of devices) faults.push(...(await leftFaults(device)));
  faults.push(...onceFaults(world, log, devices));
  faults.push(...wholeFaults(world, log));
  if (!world.restored) faults.push(...orderFaults(world, log, devices), ...baseFaults(world, log));
  return faults;
}

/** What must hold at every moment: what is confirmed is the beginning of the server's log, and does not wait any more. */
export async function findFaultsOnTheWay(world: SimWorld): Promise<string[]> {
  const log = await readAll(await world.server.disk.open());
  const devices = await Promise.all(world.devices.map(lookAt));
  return [...denseFaults(log), ...devices.flatMap((seen) => [...prefixFaults(log.slice(0, seen.confirmed.at(-1)?.globalPosition ?? 0), seen), ...twiceFaults(seen)])];
}

function twiceFaults({ device, confirmed, commits }: Seen): string[] {
  const ids = new Set(confirmed.map(({ id }) => id));
  return commits.flatMap(({ writes }) => writes.flatMap(({ batches }) => batches.filter((batch) => ids.has(idIn(batch, 0))))).map((batch) => `device ${device.index} has ${idIn(batch, 0)} confirmed and pending`);
}

interface Seen {
  readonly device: SimDevice;
  /** Where all this is. */
  readonly disk: SimDisk;
  readonly scope: Scope | undefined;
  readonly confirmed: readonly LoadedEvent[];
  readonly commits: readonly PendingCommit[];
  readonly rejected: readonly RejectedCommit[];
}

async function lookAt(device: SimDevice): Promise<Seen> {
  const disk = await device.disk();
  const log = await disk.open();
  const documents = await log.documents();
  const list = async <T>(collection: string): Promise<T[]> =>
    (await documents.list({ collection, direction: 'forwards', limit: 10_000 })).documents.map(({ data }) => JSON.parse(data) as T);
  const { state } = await readReplicaState(documents);
  return { device, disk, scope: scopeOf(state), confirmed: await readAll(log), commits: await list('$outbox'), rejected: await list('$rejected') };
}

function markOf(event: LoadedEvent): Mark {
  return event.data as Mark;
}

/** Marks, once for each commit, as text: of documents, whose events are encoded. */
function marksIn(commits: readonly (PendingCommit | RejectedCommit)[]): string[] {
  return commits.flatMap((commit) => [...new Set([...JSON.stringify(commit.writes).matchAll(/mark\\":\\"(m\d+)\\"/g)].map(([, mark]) => mark!))]);
}

function denseFaults(log: readonly LoadedEvent[]): string[] {
  const faults: string[] = [];
  const versions = new Map<string, number>();
  log.forEach((event, i) => {
    const stream = streamIdToString(event.streamId);
    if (event.globalPosition !== i + 1) faults.push(`position ${event.globalPosition} at ${i + 1} of the server's log`);
    if (event.version !== (versions.get(stream) ?? 0) + 1) faults.push(`${stream} has version ${event.version} after ${versions.get(stream) ?? 0}`);
    versions.set(stream, event.version);
  });
  return faults;
}

function prefixFaults(log: readonly LoadedEvent[], { device, scope, confirmed }: Seen): string[] {
  const wanted = log.filter(({ streamId }) => inScope(scope, streamIdToString(streamId)));
  const place = ({ id, globalPosition, version }: LoadedEvent): string => `${globalPosition}:${version}:${id}`;
  const faults = confirmed.filter((event, i) => !wanted[i] || place(event) !== place(wanted[i]!)).map((event) => `device ${device.index} has ${place(event)}, which is not the server's`);
  if (confirmed.length < wanted.length) faults.push(`device ${device.index} has ${confirmed.length} of ${wanted.length} events`);
  return faults;
}

/** What is left is empty: it may hold what must not be read here any more. */
async function leftFaults({ device, disk }: Seen): Promise<string[]> {
  const faults: string[] = [];
  for (const left of device.disks.slice(0, device.disks.indexOf(disk))) {
    const log = await left.open();
    const documents = await log.documents();
    const kept = [...(await readAll(log)), ...(await documents.list({ collection: '$outbox', direction: 'forwards', limit: 10 })).documents];
    if (kept.length > 0) faults.push(`device ${device.index} keeps ${kept.length} of what it left in ${left.epoch}`);
  }
  return faults;
}

function onceFaults(world: SimWorld, log: readonly LoadedEvent[], devices: readonly Seen[]): string[] {
  const faults: string[] = [];
  const inLog = new Map<string, number>();
  for (const event of log) {
    const { mark, part } = markOf(event);
    const key = `${mark}.${part}`;
    inLog.set(key, (inLog.get(key) ?? 0) + 1);
  }
  for (const [key, count] of inLog) if (count > 1 && !isIn(world.copied, key.split('.')[0]!)) faults.push(`${key} is in the log ${count} times`);
  // What was confirmed before the server forgot it is still on the devices.
  const elsewhere = world.restored ? devices.flatMap(({ confirmed }) => confirmed.map((event) => markOf(event).mark)) : [];
  const waiting = devices.map(({ commits }) => marksIn(commits));
  const dead = devices.map(({ rejected }) => marksIn(rejected));
  for (const { mark, device, streams } of world.acknowledged) {
    // A stream that is not replicated is on the server alone.
    if (world.restored && !streams.every((stream) => world.devices[device]!.scopes.every((scope) => inScope(scope, stream)))) continue;
    const places = [inLog.has(`${mark}.0`), waiting[device]!.includes(mark), dead[device]!.includes(mark)];
    const count = places.filter(Boolean).length;
    if (count === 0 && !elsewhere.includes(mark)) faults.push(`${mark} was acknowledged and is nowhere`);
    if (count > 1 && !world.restored && !isIn(world.copied, mark)) faults.push(`${mark} is in several places: log, outbox, dead letters = ${places.join()}`);
  }
  return faults;
}

function isIn(text: string, mark: string): boolean {
  return new RegExp(`\\W${mark}\\W`).test(text);
}

/** Commits are in the log whole, their events next to each other. */
function wholeFaults(world: SimWorld, log: readonly LoadedEvent[]): string[] {
  const faults: string[] = [];
  log.forEach((event, i) => {
    const { mark, part } = markOf(event);
    const count = world.begun.get(mark)!;
    const next = log[i + 1] && markOf(log[i + 1]!);
    if (part + 1 < count && (next?.mark !== mark || next.part !== part + 1)) faults.push(`${mark} is torn after part ${part}`);
    if (part === 0 && count > 1 && log.length < i + count) faults.push(`${mark} is cut`);
  });
  return faults;
}

/** What one tab had acknowledged one after the other is in that order, stream by stream, and altogether without lanes. */
function orderFaults(world: SimWorld, log: readonly LoadedEvent[], devices: readonly Seen[]): string[] {
  const faults: string[] = [];
  const positions = new Map(log.map((event) => [markOf(event).mark, event.globalPosition]));
  for (const { device, commits } of devices) {
    // A stuck stream leaves the line.
    const last = new Map<string, number>();
    for (const { mark, tab, streams } of world.acknowledged.filter((told) => told.device === device.index)) {
      const position = positions.get(mark);
      if (position === undefined || isIn(world.retried + world.copied, mark) || streams.some((stream) => stream.startsWith('Throws'))) continue;
      for (const line of device.lanes || commits.length > 0 ? streams.map((stream) => `${tab} ${stream}`) : [tab]) {
        if (position < (last.get(line) ?? 0)) faults.push(`${mark} of device ${device.index}, ${line}, was overtaken`);
        last.set(line, position);
      }
    }
  }
  return faults;
}

/** With `reject` and `redecide`, an event stands right after the one that it was decided on. */
function baseFaults(world: SimWorld, log: readonly LoadedEvent[]): string[] {
  const faults: string[] = [];
  const last = new Map<string, string>();
  for (const event of log) {
    const stream = streamIdToString(event.streamId);
    const { mark, part, after, any } = markOf(event);
    const before = last.get(stream) ?? null;
    const checked = (stream.startsWith('Reject') || stream.startsWith('Decide')) && !any && !isIn(world.retried, mark);
    if (checked && before !== after) faults.push(`${mark}.${part} was decided on ${after} and stands after ${before}`);
    last.set(stream, `${mark}.${part}`);
  }
  return faults;
}
