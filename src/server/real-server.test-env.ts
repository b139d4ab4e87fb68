import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';
import { onTestFinished } from 'vitest';
import { serveRequests } from '../../bin/serve-requests.mjs';
import type { Event } from '../event/event.ts';
import { createPool } from '../storage/postgres/server.test-env.ts';
import { postgresStorage } from '../storage/postgres/postgres-storage.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { openSyncedStore, type OpenSyncedStoreOptions } from '../store/open-synced-store.ts';
import type { SyncedStore } from '../store/synced-store.ts';
import { httpTransport } from '../sync/transport.ts';
import { createSyncHandler, type SyncHandler, type SyncHandlerOptions } from './sync-handler.ts';

/** What stands between a device and the server: it sends on what it likes, or throws. */
export type Wire = (route: string, body: string, send: (body: string) => Promise<Response>) => Promise<Response>;

interface DeviceOptions<E extends Event> extends Partial<OpenSyncedStoreOptions<E>> {
  readonly wire?: Wire;
}

interface Running {
  readonly pool: Pool;
  readonly handler: SyncHandler;
  readonly http: Server;
}

/** A sync server on HTTP with a database of its own in the real PostgreSQL, which can be backed up and put back. */
export class RealServer {
  readonly #database = `sync_${crypto.randomUUID().replaceAll('-', '')}`;
  readonly #admin = createPool({ max: 1 });
  readonly #limits: NonNullable<SyncHandlerOptions['limits']>;
  #running: Running | undefined;

  private constructor(limits: NonNullable<SyncHandlerOptions['limits']>) {
    this.#limits = limits;
  }

  /** It ends with the test. */
  static async start(limits: NonNullable<SyncHandlerOptions['limits']> = {}): Promise<RealServer> {
    const server = new RealServer(limits);
    await server.#admin.query(`CREATE DATABASE ${server.#database}`);
    await server.#start();
    onTestFinished(async () => {
      await server.#stop();
      await server.#admin.query(`DROP DATABASE IF EXISTS ${server.#database}_backup`);
      await server.#admin.query(`DROP DATABASE ${server.#database}`);
      await server.#admin.end();
    });
    return server;
  }

  /** A copy of the database's files as they are now. */
  async backUp(): Promise<void> {
    await this.#stop();
    await this.#admin.query(`CREATE DATABASE ${this.#database}_backup TEMPLATE ${this.#database}`);
    await this.#start();
  }

  /** The database is what it was at the backup. */
  async restore(): Promise<void> {
    await this.#stop();
    await this.#admin.query(`DROP DATABASE ${this.#database}`);
    await this.#admin.query(`CREATE DATABASE ${this.#database} TEMPLATE ${this.#database}_backup`);
    await this.#start();
  }

  async device<E extends Event = Event>({ wire = (_, body, send) => send(body), ...options }: DeviceOptions<E> = {}): Promise<SyncedStore<E>> {
    const transport = httpTransport({
      url: 'http://server.test',
      fetch: (url, init) => {
        const { pathname } = new URL(url as string);
        return wire(pathname.slice(1), String(init!.body), (body) => fetch(`http://127.0.0.1:${this.#port}${pathname}`, { ...init, body }));
      },
    });
    const store = await openSyncedStore<E>({ storage: memoryStorage(), transport, locks: null, ...options });
    onTestFinished(() => store.close());
    return store;
  }

  /** The data of all events in the database, in their order. */
  async contents(): Promise<unknown[]> {
    const store = await openEventStore({ storage: postgresStorage({ client: this.#running!.pool, tenant: 'shop' }) });
    const data: unknown[] = [];
    for await (const event of store.readAll()) data.push(event.data);
    await store.close();
    return data;
  }

  get #port(): number {
    return (this.#running!.http.address() as AddressInfo).port;
  }

  async #start(): Promise<void> {
    const pool = createPool({ database: this.#database, max: 4 });
    const handler = createSyncHandler({ storage: (tenant) => postgresStorage({ client: pool, tenant }), authorize: () => ({ tenant: 'shop', user: 'ada' }), limits: this.#limits });
    const http = serveRequests(handler).listen(0, '127.0.0.1');
    await once(http, 'listening');
    this.#running = { pool, handler, http };
  }

  async #stop(): Promise<void> {
    const { pool, handler, http } = this.#running!;
    const closed = once(http, 'close');
    http.close();
    await handler.close();
    http.closeAllConnections();
    await closed;
    await pool.end();
  }
}
