import type { Metadata } from '../event/event.ts';
import { AnyVersion } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assertEqual, assertFails, failureOf } from './assert.ts';
import type { Suite } from './suite.ts';

const full: Metadata = { correlationId: 'c', causationId: 'd', userId: 'u', tenantId: 't', custom: { a: '1', b: '' } };

const badMetadata: readonly [path: string, metadata: unknown][] = [
  ['', 'text'],
  ['', 1],
  ['.userId', { userId: 1 }],
  ['.userId', { userId: null }],
  ['.tenantId', { tenantId: {} }],
  ['.colour', { colour: 'red' }],
  ['.custom', { custom: 'text' }],
  ['.custom', { custom: null }],
  ['.custom.a', { custom: { a: 1 } }],
  ['.custom.b', { custom: { a: '1', b: { c: 'd' } } }],
  ['.custom.__proto__', { custom: JSON.parse('{"__proto__":"x"}') }],
  ['.custom.constructor', { custom: { constructor: 'x' } }],
  ['.custom.prototype', { custom: { prototype: 'x' } }],
  ['.__proto__', JSON.parse('{"__proto__":{"userId":"x"}}')],
];

export function metadataRules({ group, rule }: Suite): void {
  const stored = async (store: EventStore, metadata?: Metadata): Promise<unknown> => {
    const { version } = await store.appendToStream('Order-1', AnyVersion, [{ type: 'A', data: 0, ...(metadata && { metadata }) }]);
    return (await store.loadStreamFrom('Order-1', version))[0]?.metadata;
  };

  group('metadata', () => {
    rule('all fields of metadata come back, and none are an empty object', async (log) => {
      const store = await log.open();
      assertEqual(await stored(store, full), full, 'the metadata');
      assertEqual(await stored(store, {}), {}, 'empty metadata');
      assertEqual(await stored(store), {}, 'no metadata');
    });

    rule("the store's provider fills what the event leaves out, and custom key by key", async (log) => {
      const provided: Metadata = { correlationId: 'provided', userId: 'provided', custom: { a: 'provided', p: 'provided' } };
      const store = await log.open({ metadata: () => provided });
      assertEqual(await stored(store), provided, 'the metadata of an event without any');
      const own = { userId: 'own', tenantId: 'own', custom: { a: 'own', o: 'own' } };
      const merged = { correlationId: 'provided', userId: 'own', tenantId: 'own', custom: { a: 'own', p: 'provided', o: 'own' } };
      assertEqual(await stored(store, own), merged, 'the merged metadata');
      assertEqual(provided, { correlationId: 'provided', userId: 'provided', custom: { a: 'provided', p: 'provided' } }, 'what the provider gave');
    });

    rule('the provider is asked anew during each append, and what it gives is for all its events', async (log) => {
      let calls = 0;
      const store = await log.open({ metadata: () => ({ correlationId: `call ${++calls}` }) });
      const appends = ['Order-1', 'Order-2'].map((id) => store.appendToStream(id, AnyVersion, [{ type: 'A', data: 0 }, { type: 'B', data: 0 }]));
      const callsDuringTheCalls = calls;
      await Promise.all(appends);
      assertEqual(callsDuringTheCalls, 2, 'calls of the provider');
      const ids = [...(await store.loadStream('Order-1')), ...(await store.loadStream('Order-2'))].map(({ metadata }) => metadata.correlationId);
      assertEqual(ids, ['call 1', 'call 1', 'call 2', 'call 2'], 'the correlation ids');
    });

    for (const [path, metadata] of badMetadata) {
      rule(`metadata ${JSON.stringify(metadata)} is INVALID_EVENT and writes nothing`, async (log) => {
        const store = await log.open();
        const events = [{ type: 'A', data: 0 }, { type: 'B', data: 0, metadata: metadata as Metadata }];
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, events), 'INVALID_EVENT', { path: `events[1].metadata${path}` });
        const careless = await log.open({ metadata: () => metadata as Metadata });
        await assertFails(() => careless.appendToStream('Order-1', AnyVersion, [{ type: 'A', data: 0 }]), 'INVALID_EVENT');
        assertEqual((await store.head()).position, 0, 'the head');
      });
    }

    rule('an error of the provider is the error of the append, and nothing is written', async (log) => {
      const error = new Error('no user');
      const store = await log.open({
        metadata: () => {
          throw error;
        },
      });
      assertEqual(await failureOf(() => store.appendToStream('Order-1', AnyVersion, [{ type: 'A', data: 0 }]), 'the error of the provider'), error, 'the error');
      assertEqual((await store.head()).position, 0, 'the head');
    });
  });
}
