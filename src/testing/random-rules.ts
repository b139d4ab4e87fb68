import { isErmineError } from '../event/errors.ts';
import type { EventData, StoredEvent } from '../event/event.ts';
import { AnyVersion, NoStream, StreamExists } from '../event/version.ts';
import type { AppendResult, EventStore, StreamAppend } from '../store/event-store.ts';
import { assert, assertEqual } from './assert.ts';
import { placesOf, positionsOf, range, toArray } from './events.ts';
import { Model, checkSame, type ModelResult, type ModelWrite } from './model.ts';
import { commands, type Command, type Expectation } from './random-commands.ts';
import { record, type Recording } from './recording.ts';
import type { LogUnderTest, Suite } from './suite.ts';

/** The log, the model of it, and what was appended, to be repeated. */
class Run {
  readonly model = new Model();
  readonly #handles: EventStore[];
  readonly #open: () => Promise<EventStore>;
  readonly #appended: ModelWrite[][] = [];

  constructor(handles: EventStore[], open: () => Promise<EventStore>) {
    this.#handles = handles;
    this.#open = open;
  }

  handle(index: number): EventStore {
    return this.#handles[index]!;
  }

  async do(command: Command): Promise<void> {
    const store = this.handle(command.handle);
    switch (command.do) {
      case 'append': {
        const writes = command.writes.map(({ stream, expectation, events }) => ({
          stream,
          expectedVersion: this.#expected(stream, expectation),
          ids: range(1, events).slice(0, events).map(() => crypto.randomUUID()),
        }));
        if (writes.every(({ ids }) => ids.length === 0)) return;
        if (command.given) await this.#append(store, writes);
        else await this.#appendWithoutIds(store, writes);
        return;
      }
      case 'repeat': {
        const before = this.#appended[command.which % Math.max(1, this.#appended.length)];
        if (before) await this.#append(store, altered(before, command.how));
        return;
      }
      case 'delete': {
        const expectedVersion = this.#expected(command.stream, command.expectation);
        const outcome = await settle(store.deleteStream(command.stream, expectedVersion).then((result) => [result]));
        assertEqual(outcome, this.model.delete(command.stream, expectedVersion), 'the deletion');
        return;
      }
      case 'truncate':
        assertEqual(await store.truncateStream(command.stream, command.before), this.model.truncate(command.stream, command.before), 'how many were truncated');
        return;
      case 'read': {
        const { from, count, stream } = command;
        const all = await toArray(store.readAll({ fromPosition: from, count, filter: { streams: [stream, 'A-1'] } }));
        const expected = this.model.events.filter((event) => event.globalPosition >= from && (event.stream === stream || event.stream === 'A-1'));
        checkSame(all, expected.slice(0, count), 'a part of the log');
        if (this.model.streams.get(stream)?.deleted) return;
        const events = this.model.eventsOf(stream);
        checkSame(await store.loadStreamRange(stream, from, count), events.filter(({ version }) => version >= from).slice(0, count), 'a part of the stream');
        const backwards = await toArray(store.readStream(stream, { fromVersion: from, count, direction: 'backwards' }));
        checkSame(backwards, events.filter(({ version }) => version <= from).reverse().slice(0, count), 'a part of the stream backwards');
        return;
      }
      case 'reopen':
        await store.close();
        this.#handles[command.handle] = await this.#open();
    }
  }

  /** Everything that can be seen of the log is as in the model. */
  async check(store: EventStore): Promise<void> {
    const { model } = this;
    checkSame(await toArray(store.readAll()), model.events, 'the log');
    checkSame(await toArray(store.readAll({ direction: 'backwards' })), model.events.toReversed(), 'the log backwards');
    await this.checkSubscription(record(store.subscribeToAll(0)));
    assertEqual((await store.head()).position, model.position, 'the head');
    const streams = [...model.streams].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const listed = await toArray(store.listStreams({ includeDeleted: true }));
    assertEqual(listed.map(({ streamId, version, deleted }) => [`${streamId.category}-${streamId.id}`, { version, deleted }]), streams, 'the streams');
    for (const [stream, { version, deleted }] of streams) {
      const info = await store.getStreamInfo(stream);
      assertEqual([info?.version, info?.deleted], [version, deleted], `the info of ${stream}`);
      if (!deleted) checkSame(await store.loadStream(stream), model.eventsOf(stream), `the stream ${stream}`);
    }
  }

  /** It may have delivered events before they were erased, and those that it remembers a moment longer. */
  async checkSubscription(recording: Recording<StoredEvent>): Promise<void> {
    const last = this.model.events.at(-1)?.globalPosition ?? 0;
    await recording.until('the last event comes', (values) => last === 0 || (values.at(-1)?.globalPosition ?? 0) >= last);
    const positions = positionsOf(recording.values);
    assertEqual(positions, [...new Set(positions)].toSorted((a, b) => a - b), 'the positions of a subscription');
    const left = new Set(this.model.events.map(({ globalPosition }) => globalPosition));
    checkSame(recording.values.filter(({ globalPosition }) => left.has(globalPosition)), this.model.events, 'a subscription');
  }

  #expected(stream: string, expectation: Expectation): number {
    if (typeof expectation === 'number') return Math.max(0, this.model.versionOf(stream) + expectation);
    return { AnyVersion, NoStream, StreamExists }[expectation];
  }

  async #append(store: EventStore, writes: readonly ModelWrite[]): Promise<void> {
    const outcome = await settle(store.appendToStreams(writes.map(toAppend)));
    assertEqual(outcome, this.model.append(writes), 'the append');
    if (outcome.ok && !outcome.deduplicated && writes.every(({ ids }) => ids.length > 0)) this.#appended.push([...writes]);
  }

  /** The ids are the store's: they are read back, and the model takes them over. */
  async #appendWithoutIds(store: EventStore, writes: readonly ModelWrite[]): Promise<void> {
    const outcome = await settle(store.appendToStreams(writes.map(toAppend).map((write) => ({ ...write, events: write.events.map(({ type, data }) => ({ type, data })) }))));
    const withIds = !outcome.ok
      ? writes
      : await Promise.all(
          writes.map(async (write, i) => {
            const from = outcome.results[i]!.version - write.ids.length + 1;
            return { ...write, ids: write.ids.length === 0 ? [] : (await store.loadStreamRange(write.stream, from, write.ids.length)).map(({ id }) => id) };
          }),
        );
    assertEqual(outcome, this.model.append(withIds), 'the append');
    if (outcome.ok && withIds.every(({ ids }) => ids.length > 0)) this.#appended.push([...withIds]);
  }
}

function altered(writes: readonly ModelWrite[], how: Extract<Command, { do: 'repeat' }>['how']): ModelWrite[] {
  const changed = writes.map((write) => ({ ...write, ids: [...write.ids] }));
  const last = changed.at(-1)!;
  if (how === 'less' && last.ids.length > 1) last.ids.pop();
  if (how === 'more') last.ids.push(crypto.randomUUID());
  if (how === 'turned') last.ids.reverse();
  if (how === 'elsewhere') last.stream = 'Elsewhere-1';
  return changed;
}

function toAppend({ stream, expectedVersion, ids }: ModelWrite): StreamAppend {
  return { streamId: stream, expectedVersion, events: ids.map((id): EventData => ({ type: 'Happened', data: { id }, id })) };
}

async function settle(work: Promise<readonly AppendResult[]>): Promise<ModelResult> {
  try {
    const results = await work;
    const { deduplicated } = results[0]!;
    assert(results.every((result) => result.deduplicated === deduplicated), 'a part of the append was deduplicated');
    return { ok: true, deduplicated, results: results.map(({ version, globalPosition }) => ({ version, globalPosition })) };
  } catch (error) {
    if (isErmineError(error, 'CONCURRENCY_CONFLICT')) return { ok: false, code: error.code, actualVersion: error.actualVersion };
    if (isErmineError(error, 'STREAM_DELETED') || isErmineError(error, 'CORRUPTED_IDEMPOTENCY')) return { ok: false, code: error.code };
    throw error;
  }
}

export function randomRules({ group, rule, random }: Suite): void {
  // Making a failure smaller may take no longer than this.
  const parameters = { numRuns: random.runs, interruptAfterTimeLimit: 30_000, ...(random.seed !== undefined && { seed: random.seed }) };

  group('random use', () => {
    const fresh = async (log: LogUnderTest): Promise<{ run: Run; live: Recording<StoredEvent>; end: () => Promise<unknown> }> => {
      const { open } = await log.another();
      const handles = [await open(), await open()];
      const watcher = await open();
      const live = record(watcher.subscribeToAll(0));
      return { run: new Run(handles, open), live, end: () => Promise.all([...handles, watcher].map((store) => store.close())) };
    };

    rule('any commands of two handles have the outcome of a simple model, and leave what it holds', async (log) => {
      const fc = await import('fast-check');
      await fc.assert(
        fc.asyncProperty(commands(fc), async (sequence) => {
          const { run, live, end } = await fresh(log);
          for (const command of sequence) await run.do(command);
          for (const index of [0, 1]) await run.check(run.handle(index));
          await run.checkSubscription(live);
          await end();
        }),
        parameters,
      );
    });

    rule('appends of two handles at the same time are each whole or refused, and the log is as if they came one by one', async (log) => {
      const fc = await import('fast-check');
      const write = fc.record({ stream: fc.constantFrom('A-1', 'A-2', 'A-3'), expectedVersion: fc.constantFrom(AnyVersion, NoStream, StreamExists, 1, 2, 3), events: fc.integer({ min: 1, max: 3 }) });
      const append = fc.record({ handle: fc.constantFrom(0, 1), writes: fc.uniqueArray(write, { minLength: 1, maxLength: 3, selector: ({ stream }) => stream }) });
      await fc.assert(
        fc.asyncProperty(fc.array(append, { minLength: 2, maxLength: 25, size: 'max' }), async (appends) => {
          const { run, live, end } = await fresh(log);
          const tried = appends.map(({ handle, writes }) => ({
            handle,
            writes: writes.map(({ stream, expectedVersion, events }) => ({ stream, expectedVersion, ids: range(1, events).map(() => crypto.randomUUID()) })),
          }));
          const outcomes = await Promise.all(tried.map(({ handle, writes }) => settle(run.handle(handle).appendToStreams(writes.map(toAppend)))));
          // In the order of the log, the model accepts each of those that were accepted, with the same results.
          const accepted = tried.flatMap(({ handle, writes }, i) => {
            const outcome = outcomes[i]!;
            return outcome.ok ? [{ handle, writes, outcome, position: outcome.results.at(-1)!.globalPosition }] : [];
          });
          for (const { writes, outcome } of accepted.toSorted((a, b) => a.position - b.position)) assertEqual(outcome, run.model.append(writes), 'an append');
          for (const index of [0, 1]) {
            const positions = accepted.filter(({ handle }) => handle === index).map(({ position }) => position);
            assertEqual(positions, positions.toSorted((a, b) => a - b), `the order of handle ${index}`);
          }
          await run.check(run.handle(0));
          const events = await toArray(run.handle(1).readAll());
          assertEqual(positionsOf(events), range(1, events.length).slice(0, events.length), 'the positions');
          assertEqual((await live.untilCount(events.length)).length, events.length, 'what a live subscription got');
          assertEqual(placesOf(events).length, new Set(placesOf(events)).size, 'how many places there are');
          await end();
        }),
        parameters,
      );
    });
  });
}
