import { AnyVersion, NoStream, StreamExists } from '../event/version.ts';
import { assertEqual, assertFails } from './assert.ts';
import { named, numbered, positionsOf, range, toArray } from './events.ts';
import type { Suite } from './suite.ts';

/** What an append to a stream comes to: the version it gets, or how it is refused. */
type Outcome = number | 'CONCURRENCY_CONFLICT' | 'STREAM_DELETED';

const CONFLICT = 'CONCURRENCY_CONFLICT';
const DELETED = 'STREAM_DELETED';

const expectations: readonly [expected: number, name: string, outcomes: { missing: Outcome; at3: Outcome; deleted: Outcome }][] = [
  [NoStream, 'NoStream', { missing: 1, at3: CONFLICT, deleted: DELETED }],
  [AnyVersion, 'AnyVersion', { missing: 1, at3: 4, deleted: DELETED }],
  [StreamExists, 'StreamExists', { missing: CONFLICT, at3: 4, deleted: DELETED }],
  [1, 'version 1', { missing: CONFLICT, at3: CONFLICT, deleted: DELETED }],
  [2, 'the version before the last', { missing: CONFLICT, at3: CONFLICT, deleted: DELETED }],
  [3, 'the last version', { missing: CONFLICT, at3: 4, deleted: DELETED }],
  [4, 'the version after the last', { missing: CONFLICT, at3: CONFLICT, deleted: DELETED }],
  [Number.MAX_SAFE_INTEGER, 'the largest version', { missing: CONFLICT, at3: CONFLICT, deleted: DELETED }],
];

const badVersions: readonly unknown[] = [1.5, -0.5, NaN, Infinity, -Infinity, -3, Number.MAX_SAFE_INTEGER + 1, '1', 'any', null, undefined, {}, true, 1n];

export function expectedVersionRules({ group, rule }: Suite): void {
  group('expected versions', () => {
    for (const [expectedVersion, name, outcomes] of expectations) {
      for (const [state, actualVersion, title] of [['missing', 0, 'that does not exist'], ['at3', 3, 'at version 3'], ['deleted', 4, 'that was deleted']] as const) {
        const outcome = outcomes[state];
        rule(`${name} on a stream ${title} ${typeof outcome === 'number' ? `is accepted` : `is refused with ${outcome}`}`, async (log) => {
          const [store, other] = [await log.open(), await log.open()];
          await store.appendToStream('Order-2', AnyVersion, numbered(2));
          if (state !== 'missing') await store.appendToStream('Order-1', AnyVersion, numbered(3));
          if (state === 'deleted') await store.deleteStream('Order-1', 3);
          const { position } = await store.head();
          // The one that wrote the stream, and one that knows nothing of it.
          for (const [i, handle] of [other, store].entries()) {
            const append = (): Promise<unknown> => handle.appendToStream('Order-1', expectedVersion, named('new'));
            if (outcome === DELETED) await assertFails(append, DELETED, { streamId: 'Order-1' });
            else if (outcome === CONFLICT) await assertFails(append, CONFLICT, { streamId: 'Order-1', expectedVersion, actualVersion });
            else if (i === 0) assertEqual(await append(), { version: outcome, globalPosition: position + 1, deduplicated: false }, 'the result');
          }
          const written = typeof outcome === 'number' ? 1 : 0;
          assertEqual((await store.head()).position, position + written, 'the head');
          const info = await store.getStreamInfo('Order-1');
          assertEqual(info?.version ?? 0, actualVersion + written, 'the version of the stream');
        });
      }
    }

    for (const value of badVersions) {
      rule(`${typeof value} ${String(value)} is no expected version: INVALID_VERSION before anything is written`, async (log) => {
        const store = await log.open();
        await store.appendToStream('Order-1', AnyVersion, numbered(1));
        const expectedVersion = value as number;
        const fields = { argument: 'expectedVersion', value };
        await assertFails(() => store.appendToStream('Order-1', expectedVersion, numbered(1)), 'INVALID_VERSION', fields);
        await assertFails(() => store.appendToStream('Order-9', expectedVersion, numbered(1)), 'INVALID_VERSION', fields);
        await assertFails(() => store.deleteStream('Order-1', expectedVersion), 'INVALID_VERSION', fields);
        await assertFails(
          () => store.appendToStreams([{ streamId: 'Order-2', expectedVersion: AnyVersion, events: numbered(1) }, { streamId: 'Order-1', expectedVersion, events: [] }]),
          'INVALID_VERSION',
        );
        assertEqual((await store.head()).position, 1, 'the head');
      });
    }

    rule('versions count from 1 without a gap, whatever the sizes of the appends', async (log) => {
      const store = await log.open();
      let version = 0;
      for (const size of [1, 2, 255, 1, 256, 257, 3]) {
        const result = await store.appendToStream('Order-1', version, numbered(size, version + 1));
        version += size;
        assertEqual(result, { version, globalPosition: version, deduplicated: false }, `the result of an append of ${size}`);
      }
      assertEqual((await store.loadStream('Order-1')).map((event) => [event.version, (event.data as { n: number }).n]), range(1, version).map((n) => [n, n]), 'the versions');
    });

    rule('an append without events is NO_EVENTS, whatever it expects', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', AnyVersion, numbered(1));
      for (const expectedVersion of [AnyVersion, NoStream, StreamExists, 1, 7]) {
        await assertFails(() => store.appendToStream('Order-1', expectedVersion, []), 'NO_EVENTS');
        await assertFails(() => store.appendToStream('Order-2', expectedVersion, []), 'NO_EVENTS');
      }
      assertEqual((await store.head()).position, 1, 'the head');
      assertEqual(await store.getStreamInfo('Order-2'), undefined, 'the stream that nothing was appended to');
    });

    rule('events that are no array, or hold what is no event, are INVALID_EVENT', async (log) => {
      const store = await log.open();
      for (const events of [undefined, null, 'text', { type: 'A', data: 0 }, 1]) {
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, events as never), 'INVALID_EVENT');
      }
      for (const event of [undefined, null, 'text', 1, []]) {
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, [...numbered(1), event] as never), 'INVALID_EVENT');
      }
      assertEqual((await store.head()).position, 0, 'the head');
    });

    rule('a refused append takes no version and no position', async (log) => {
      const store = await log.open();
      for (let n = 0; n < 5; n++) {
        await store.appendToStream('Order-1', n, numbered(1, n + 1));
        await assertFails(() => store.appendToStream('Order-1', n, numbered(3, 100)), CONFLICT, { actualVersion: n + 1 });
        await assertFails(() => store.appendToStream('Order-2', 1, numbered(3, 100)), CONFLICT, { actualVersion: 0 });
      }
      assertEqual(positionsOf(await toArray(store.readAll())), range(1, 5), 'the positions');
      assertEqual(await store.getStreamInfo('Order-2'), undefined, 'the stream that was never written');
    });
  });
}
