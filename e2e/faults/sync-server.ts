import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';

export const TOKEN = 'a-secret-of-the-tests';

/** `ermine serve` in a process of its own, on the same port and the same database each time it is started. */
export class SyncServer {
  readonly url: string;
  readonly #port: number;
  readonly #env: Record<string, string>;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  readonly #killAtExit = () => this.#process?.kill('SIGKILL');

  static async start(origin: string, databaseUrl: string): Promise<SyncServer> {
    const server = new SyncServer(await freePort(), origin, databaseUrl);
    await server.start();
    return server;
  }

  private constructor(port: number, origin: string, databaseUrl: string) {
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = { DATABASE_URL: databaseUrl };
    this.#args = ['serve', '--port', String(port), '--origin', origin, '--token', `shop:ada:${TOKEN}`];
    process.on('exit', this.#killAtExit);
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../bin/ermine.mjs'), ...this.#args], { env: { ...process.env, ...this.#env }, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout!.on('data', (chunk: Buffer) => {
        said += String(chunk);
        if (said.includes(`listens on http://127.0.0.1:${this.#port}`)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`ermine serve ended with ${code}: ${said}`)));
    });
  }

  /** From one instruction to the next it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** @returns its exit code after it was asked to stop */
  async stop(): Promise<number | null> {
    await this.#end('SIGTERM');
    process.off('exit', this.#killAtExit);
    return this.#process!.exitCode;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
