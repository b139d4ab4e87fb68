import { ProjectionFailedError, type ErmineError, type FailedEvent } from '../event/errors.ts';
import type { DocumentLog, Log } from '../storage/storage.ts';
import type { AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { parse, type Progress, type Registry } from './progress.ts';

/** How a projection is doing, the same in every tab, whichever of them runs it. */
export interface ProjectionStatus {
  readonly name: string;
  /**
   * `live`: everything in the log is in. `catching up`: it is being worked on, or tried again where `error` says why. `paused` and `failed`: it stands until
   * somebody calls `resume`, or `retry` or `skip`. `ended`: it does not go on in this tab, see `error`.
   */
  readonly state: 'catching up' | 'live' | 'paused' | 'failed' | 'ended';
  /** The version whose read model is served. */
  readonly version: number;
  /** The last global position that is in what is served. */
  readonly position: number;
  /** The last position of the log. */
  readonly head: number;
  /** How many positions are missing. */
  readonly lag: number;
  /** Positions passed a second, over the last second or so, as seen from this tab. */
  readonly eventsPerSecond: number;
  /** The build that takes the place of what is served when it has caught up. */
  readonly rebuild?: RebuildStatus;
  /** The event that it stands before; that of the rebuild is in `rebuild`. */
  readonly failed?: FailedEvent;
  /** Why it failed, why it ended, or what keeps it from going on in this tab for the moment, such as an event that its code cannot read. */
  readonly error?: ErmineError | Error;
}

/** How the build is doing that is to take the place of what is served. */
export interface RebuildStatus {
  readonly version: number;
  /** The last global position that is in it. */
  readonly position: number;
  /** From 0 to 1. */
  readonly progress: number;
  readonly state: 'running' | 'paused' | 'failed';
  readonly failed?: FailedEvent;
  readonly error?: Error;
}

/** What a status is made of, of one moment as far as documents go. */
export interface Standing {
  readonly registry: Registry | undefined;
  readonly active: Progress | undefined;
  readonly building: Progress | undefined;
  readonly head: number;
}

export async function readStanding(log: Log, documents: DocumentLog, { name }: AnyProjection): Promise<Standing> {
  for (let ids: readonly number[] = [1]; ; ) {
    const [text, ...progress] = await documents.get([layout.registry(name), ...ids.map((id) => layout.progress(name, id))]);
    const registry = parse<Registry>(text)?.value;
    const needed = registry ? [registry.active.id, ...(registry.building ? [registry.building.id] : [])] : [1];
    const [active, building] = progress.map((each) => parse<Progress>(each)?.value);
    // Read after the checkpoint, so that the lag is never negative.
    if (`${needed}` === `${ids}`) return { registry, active, building, head: await log.head() };
    ids = needed;
  }
}

/** @param causeOf the failure of a build in this tab, which knows its cause */
export function toStatus(
  { name, version }: AnyProjection,
  { registry, active, building, head }: Standing,
  eventsPerSecond: number,
  error: unknown,
  ended: boolean,
  causeOf: (build: number) => Error | undefined,
): ProjectionStatus {
  const position = active?.position ?? 0;
  const failed = active?.failed;
  const failure = failed && (causeOf(registry!.active.id) ?? new ProjectionFailedError(name, failed.event, failed.reason));
  const shown = (error as Error | undefined) ?? failure;
  const state = failed ? 'failed' : active?.paused ? 'paused' : position >= head ? 'live' : 'catching up';
  const rebuild = registry?.building && building && toRebuild(name, registry.building, building, head, causeOf);
  return {
    name,
    state: ended ? 'ended' : state,
    version: registry?.active.version ?? version,
    position,
    head,
    lag: Math.max(0, head - position),
    eventsPerSecond,
    ...(rebuild && { rebuild }),
    ...(failed && { failed: failed.event }),
    ...(shown && { error: shown }),
  };
}

function toRebuild(name: string, { id, version }: { id: number; version: number }, { position, paused, failed }: Progress, head: number, causeOf: (build: number) => Error | undefined): RebuildStatus {
  return {
    version,
    position,
    progress: head === 0 ? 1 : Math.min(1, position / head),
    state: failed ? 'failed' : paused ? 'paused' : 'running',
    ...(failed && { failed: failed.event, error: causeOf(id) ?? new ProjectionFailedError(name, failed.event, failed.reason) }),
  };
}
