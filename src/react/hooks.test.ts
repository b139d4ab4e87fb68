import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { openProjection } from '../projection/open-projection.ts';
import { openStore, orders, revenue } from '../projection/projections.test-fixture.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { useCommand } from './use-command.ts';
import { useProjection } from './use-projection.ts';
import { useStream } from './use-stream.ts';

describe('hooks on a server', () => {
  it('show that they are loading, with and without a store, and subscribe to nothing', async () => {
    const store = await openStore(memoryStorage());
    const [sum, cards] = [await openProjection(store, revenue()), await openProjection(store, orders())];
    let subscribed = 0;
    const spied = new Proxy(store, {
      get: (target, key) => {
        if (key === 'subscribeToStream') subscribed++;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const page = () => {
      const states = [
        useStream(spied, 'Order-1').state,
        useStream(undefined, 'Order-1').state,
        useProjection(sum).state,
        useProjection(cards, '1').state,
        useProjection(cards, { index: 'total' }).state,
        useProjection<unknown>(undefined).state,
        useCommand(async () => 1).state,
      ];
      return states.join(' ');
    };
    expect(renderToString(createElement(page))).toBe('loading loading loading loading loading loading idle');
    expect(subscribed).toBe(0);
  });
});
