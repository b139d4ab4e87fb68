import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Pool } from 'pg';
import { inject, onTestFinished } from 'vitest';
import { createPool } from './server.test-env.ts';

/** What happens to what the server answers. */
type Fate = 'passed on' | 'held back' | 'cut off';

/** A pool of connections to the server of the test run, over a stretch of network that can fail. */
export async function createFrailPool(): Promise<{ readonly client: Pool; answersAre(fate: Fate): void }> {
  const { host, port } = inject('postgres');
  const pairs = new Map<Socket, Socket>();
  let fate: Fate = 'passed on';
  const server = createServer((near) => {
    const far = connect(port, host);
    pairs.set(near, far);
    const end = (): void => {
      pairs.delete(near);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('close', end).on('error', end);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (fate === 'passed on') near.write(chunk);
      // The server has done what it was told, and nobody hears of it.
      if (fate === 'cut off') end();
    });
  }).listen(0, host);
  await once(server, 'listening');
  const client = createPool({ host, port: (server.address() as AddressInfo).port });
  onTestFinished(async () => {
    server.close();
    // What waits for an answer would wait for ever.
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
    await client.end();
  });
  return { client, answersAre: (next) => void (fate = next) };
}
