// A process of its own that runs the read model on a file until it is killed, and says how far it is.
import process from 'node:process';
import { sqliteStorage } from '../storage/sqlite/node-sqlite-storage.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { openProjection } from './open-projection.ts';
import type { ShopEvent } from './projections.test-fixture.ts';
import { report } from './sql-projections.test-fixture.ts';

const file = process.argv[2]!;
const store = await openEventStore<ShopEvent>({ storage: sqliteStorage({ name: file, file, durability: 'relaxed' }) });
const { status$ } = await openProjection(store, report());
status$.subscribe(({ position }) => process.stdout.write(`${position}\n`));
// Nothing else keeps a process.
setInterval(() => undefined, 60_000);
