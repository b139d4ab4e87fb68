import { describe, expect, it } from 'vitest';
import { hash53 } from '../event/event-id.ts';
import { MalformedMessage, readShape } from './protocol-schema.ts';
import { PROTOCOL_VERSION, schemas } from './protocol.ts';
import { inScope, intersectScopes, normalizeScope, scopeTest } from './protocol-scope.ts';

/** The shapes of all messages, by version. A change of a shape that older peers do not understand needs a new version. */
const SHAPES: Readonly<Record<number, string>> = { 1: '29ur8mvkx99' };

describe('the protocol', () => {
  it('changes no shape of a message without a word on its version', () => {
    expect(hash53(JSON.stringify(schemas)).toString(36)).toBe(SHAPES[PROTOCOL_VERSION]);
  });

  it('leaves out what it does not know, so that a newer peer may say more', () => {
    const hello = { protocol: 1, clientId: 'abcdefgh', news: { from: 'later' } };
    expect(readShape(schemas.helloRequest, hello)).toEqual({ protocol: 1, clientId: 'abcdefgh' });
  });

  it.each([
    ['nothing', undefined],
    ['a list', []],
    ['a field that is missing', { protocol: 1 }],
    ['a field of another kind', { protocol: '1', clientId: 'abcdefgh' }],
    ['a number that is none', { protocol: Number.NaN, clientId: 'abcdefgh' }],
    ['a text that has no end', { protocol: 1, clientId: 'x'.repeat(1_001) }],
    ['a field that is inherited', Object.create({ protocol: 1, clientId: 'abcdefgh' })],
  ])('refuses %s and says where', (_, value) => {
    expect(() => readShape(schemas.helloRequest, value)).toThrow(MalformedMessage);
  });
});

describe('a scope', () => {
  it('holds the streams of its categories and those that it names', () => {
    const scope = { categories: ['Note'], streams: ['Task-7'] };
    expect(['Note-1', 'Task-7', 'Task-8', 'Notes-1'].map((stream) => inScope(scope, stream))).toEqual([true, true, false, false]);
    expect(inScope(undefined, 'Task-8')).toBe(true);
    expect(inScope({}, 'Task-8')).toBe(false);
  });

  it('is the same however it is written', () => {
    expect(normalizeScope({ categories: ['B', 'A', 'B'], streams: ['C-1', 'A-1'] })).toEqual({ categories: ['A', 'B'], streams: ['C-1'] });
  });

  it('and another one have in common what is in both', () => {
    const wanted = { categories: ['Note', 'Task'], streams: ['Shop-1', 'Shop-2'] };
    const allowed = { categories: ['Note'], streams: ['Task-1', 'Shop-2'] };
    for (const both of [intersectScopes(wanted, allowed), intersectScopes(allowed, wanted)]) expect(both).toEqual({ categories: ['Note'], streams: ['Shop-2', 'Task-1'] });
    expect(intersectScopes(undefined, allowed)).toEqual(allowed);
  });

  it('of ten thousand streams tells which of as many it holds', () => {
    // Made anew, as those of a message are, so that none is found by its address.
    const names = (from: number): string[] => JSON.parse(JSON.stringify(Array.from({ length: 10_000 }, (_, n) => `Order-${10_000_000 + from + n}`))) as string[];
    const common = intersectScopes({ streams: names(0) }, { streams: names(5_000) });
    expect([common!.streams!.length, names(9_000).filter(scopeTest(common)).length]).toEqual([5_000, 1_000]);
  });
});
