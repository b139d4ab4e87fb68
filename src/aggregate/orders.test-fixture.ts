import type { Event } from '../event/event.ts';
import type { Decider } from './decider.ts';

export type OrderEvent = Event<'OrderPlaced', { sku: string }> | Event<'ItemAdded', { sku: string }> | Event<'OrderShipped', { carrier: string }>;
export type OrderCommand = { type: 'Place'; sku: string } | { type: 'Add'; sku: string; times?: number } | { type: 'Ship'; carrier: string } | { type: 'Look' };

export interface Order {
  readonly skus: readonly string[];
  readonly shipped: boolean;
}

export const orderDecider: Decider<Order | undefined, OrderCommand, OrderEvent> = {
  initialState: () => undefined,
  evolve(order, event) {
    switch (event.type) {
      case 'OrderPlaced':
        return { skus: [event.data.sku], shipped: false };
      case 'ItemAdded':
        return { skus: [...order!.skus, event.data.sku], shipped: false };
      case 'OrderShipped':
        return { ...order!, shipped: true };
    }
  },
  decide(command, order) {
    switch (command.type) {
      case 'Place':
        if (order) throw new Error('The order is placed already.');
        return { type: 'OrderPlaced', data: { sku: command.sku } };
      case 'Add':
        if (!order || order.shipped) throw new Error('Nothing can be added.');
        return Array.from({ length: command.times ?? 1 }, () => ({ type: 'ItemAdded' as const, data: { sku: command.sku } }));
      case 'Ship':
        if (!order || order.shipped) throw new Error('There is nothing to ship.');
        return { type: 'OrderShipped', data: { carrier: command.carrier } };
      case 'Look':
        return [];
    }
  },
};
