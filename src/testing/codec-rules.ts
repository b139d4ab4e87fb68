import { defineSerializer } from '../event/define-serializer.ts';
import { defineEvents, eventType } from '../event/event-registry.ts';
import type { EventSerializer } from '../event/serializer.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { assertEqual, assertFails } from './assert.ts';
import { toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const utf8 = { encode: (text: string) => new TextEncoder().encode(text), decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes) };

/** Bound to its event and asynchronous, as encryption is; the later an event, the sooner it is done. */
function boundSerializer(): EventSerializer {
  let waits = 4;
  return {
    format: 'bound',
    async serialize(data, { id, stream, type, metadata }) {
      const bytes = utf8.encode(JSON.stringify([id, stream, type, metadata.userId ?? null, data]));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waits--)));
      return bytes.map((byte) => byte ^ 0x5a);
    },
    async deserialize(bytes, { id, stream, type, metadata }) {
      const [...parts] = JSON.parse(utf8.decode(bytes.map((byte) => byte ^ 0x5a))) as unknown[];
      assertEqual(parts.slice(0, 4), [id, stream, type, metadata.userId ?? null], 'what the data is bound to');
      return parts[4];
    },
  };
}

export function codecRules({ group, rule }: Suite): void {
  const serializer = (): ReturnType<typeof defineSerializer> => defineSerializer(boundSerializer());
  const orders = (schemaVersion: number): ReturnType<typeof defineEvents> =>
    defineEvents(
      { Placed: eventType({ schemaVersion }) },
      { upcasters: schemaVersion === 1 ? [] : [{ type: 'Placed', schemaVersion: 1, upcast: (data: { n: number }) => ({ count: data.n }) }] },
    );

  group('serializers and schema versions', () => {
    rule('an asynchronous serializer makes what is stored, in the order of the calls, and what is read', async (log) => {
      const store = await log.open({ serializer: serializer(), metadata: () => ({ userId: 'anna' }) });
      const numbers = Array.from({ length: 40 }, (_, n) => n);
      const appending = [0, 1, 2].map((part) =>
        store.appendToStream('Order-1', AnyVersion, numbers.map((n) => ({ type: 'A', data: { n: part * 40 + n, text: 'é😀' } }))),
      );
      await Promise.all(appending);
      const expected = Array.from({ length: 120 }, (_, n) => ({ n, text: 'é😀' }));
      for (const handle of [store, await log.open({ serializer: serializer() })]) {
        assertEqual((await handle.loadStream('Order-1')).map(({ data }) => data), expected, 'the loaded data');
        const backwards = await toArray(handle.readAll({ direction: 'backwards', count: 2 }));
        assertEqual(backwards.map(({ data }) => data), expected.slice(-2).reverse(), 'the data backwards');
        const seen = record(handle.subscribeToStream('Order-1', 100));
        log.afterwards(() => seen.subscription.unsubscribe());
        await seen.untilCount(20);
        assertEqual(seen.values.map(({ data }) => data), expected.slice(100), 'the data of a subscription');
      }
    });

    rule('an event of a serializer that the store was not opened with is UNREADABLE_EVENT, and stays as it is', async (log) => {
      const store = await log.open({ serializer: serializer() });
      await store.appendToStream('Order-1', NoStream, [{ type: 'A', data: { n: 1 } }]);
      const plain = await log.open();
      await plain.appendToStream('Order-1', 1, [{ type: 'A', data: { n: 2 } }]);
      for (const handle of [plain, await log.open({ events: orders(1) })]) await assertFails(handle.loadStream('Order-1'), 'UNREADABLE_EVENT');
      assertEqual((await store.loadStream('Order-1')).map(({ data }) => data), [{ n: 1 }, { n: 2 }], 'the data');
    });

    rule('a repeated append with ids is the first one, though its bytes differ', async (log) => {
      const store = await log.open({ serializer: serializer() });
      const events = [1, 2].map((n) => ({ type: 'A', data: { n }, id: crypto.randomUUID() }));
      const first = await store.appendToStream('Order-1', NoStream, events);
      assertEqual(await store.appendToStream('Order-1', NoStream, events), { ...first, deduplicated: true }, 'the repeated append');
      assertEqual((await store.loadStream('Order-1')).map(({ id }) => id), events.map(({ id }) => id), 'the ids');
    });

    rule('schema versions are kept: old events are brought up, new ones are as they are, on every handle', async (log) => {
      const old = await log.open({ events: orders(1) });
      await old.appendToStream('Order-1', NoStream, [{ type: 'Placed', data: { n: 1 } }]);
      const current = await log.open({ events: orders(2) });
      await current.appendToStream('Order-1', 1, [{ type: 'Placed', data: { count: 2 } }]);
      assertEqual((await current.loadStream('Order-1')).map(({ data }) => data), [{ count: 1 }, { count: 2 }], 'the data');
      // To an older version of the application, a newer event is opaque.
      const seen = await old.loadStream('Order-1');
      assertEqual(seen.map(({ data, schemaVersion }) => [data, schemaVersion]), [[{ n: 1 }, undefined], [{ count: 2 }, 2]], 'what the old handle sees');
    });

    rule('an export carries schema versions and bytes, and so does truncating', async (log) => {
      const from = await log.open({ events: orders(2), serializer: serializer() });
      await from.appendToStream('Order-1', NoStream, [1, 2, 3].map((count) => ({ type: 'Placed', data: { count } })));
      const elsewhere = await log.another();
      const into = await elsewhere.open({ events: orders(2), serializer: serializer() });
      await into.importEvents(from.exportEvents());
      assertEqual(await into.loadStream('Order-1'), await from.loadStream('Order-1'), 'the imported stream');
      await into.truncateStream('Order-1', 2);
      assertEqual((await into.loadStream('Order-1')).map(({ data }) => data), [{ count: 2 }, { count: 3 }], 'what is left');
    });

    rule('what a serializer or a schema refuses is INVALID_EVENT, and nothing is written', async (log) => {
      const failing = defineSerializer({ format: 'failing', serialize: () => Promise.reject(new Error('no key')), deserialize: () => null });
      const store = await log.open({ serializer: failing });
      const error = await assertFails(store.appendToStream('Order-1', NoStream, [{ type: 'A', data: 1 }]), 'INVALID_EVENT', { path: 'events[0].data' });
      assertEqual((error.cause as Error).message, 'no key', 'the cause');
      assertEqual((await store.head()).position, 0, 'the head');
    });
  });
}
