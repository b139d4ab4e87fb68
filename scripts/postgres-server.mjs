// A PostgreSQL server for tests and benchmarks: the system's own program, a new cluster in a temporary folder, never root.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';

const DEBIAN_ROOT = '/usr/lib/postgresql';

/** The folder with `initdb` and `postgres`, of the newest version that Debian's layout or else the PATH holds; undefined when there is none. */
export function findPostgres() {
  const versions = existsSync(DEBIAN_ROOT) ? readdirSync(DEBIAN_ROOT).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => existsSync(join(folder, 'postgres')));
  const folders = [...versions.map((version) => join(DEBIAN_ROOT, version, 'bin')), ...onPath.map((folder) => dirname(realpathSync(join(folder, 'postgres'))))];
  return folders.find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))));
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made, else as nobody. */
function serverUser() {
  if (process.getuid?.() !== 0) return {};
  const idOf = (/** @type {string} */ flag, /** @type {string} */ user) => Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const user of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', user), gid: idOf('-g', user) };
    } catch {
      // There is no such user.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody" to run it.');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a server with a cluster of its own, which is gone after `stop`.
 *
 * @param {{ settings?: Record<string, string | number>, initdb?: string[], maxFileKb?: number }} [options] `maxFileKb`: no file of the cluster
 * can grow beyond it, which is how a full disk is made
 */
export async function startPostgres({ settings = {}, initdb = [], maxFileKb } = {}) {
  const bin = findPostgres();
  if (!bin) throw new Error('There is no PostgreSQL server here: install PostgreSQL 13 or newer (`initdb` and `postgres` on the PATH) and run again.');
  const user = serverUser();
  const folder = mkdtempSync(join(tmpdir(), 'ermine-postgres-'));
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'ermine', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync', ...initdb], { ...user, cwd: folder, stdio: 'pipe' });
  const port = await freePort();

  const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, max_connections: 200, ...settings };
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;
  let log = '';

  const start = async () => {
    const program = join(bin, 'postgres');
    const started = (server = maxFileKb === undefined ? spawn(program, args, { ...user, cwd: folder }) : spawn('bash', ['-c', `ulimit -f ${maxFileKb}; exec "$0" "$@"`, program, ...args], { ...user, cwd: folder }));
    await new Promise((resolve, reject) => {
      started.on('error', reject);
      started.on('exit', (code) => reject(new Error(`PostgreSQL ended with code ${code}:\n${log}`)));
      started.stderr?.on('data', (chunk) => {
        log = (log + chunk).slice(-20_000);
        if (log.includes('database system is ready to accept connections')) resolve(undefined);
      });
    });
  };
  const halt = async (/** @type {NodeJS.Signals} */ signal) => {
    const running = server;
    server = undefined;
    log = '';
    if (!running || running.exitCode !== null) return;
    running.kill(signal);
    await once(running, 'exit');
  };
  // Whatever ends this process ends the server: SIGQUIT needs no answer.
  const onExit = () => {
    server?.kill('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  process.on('exit', onExit);
  await start();
  return {
    host: '127.0.0.1',
    port,
    socketFolder: folder,
    user: 'ermine',
    database: 'postgres',
    version: execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8', ...user, cwd: folder }).trim(),
    start,
    /** As an administrator would (SIGINT: connections are ended, their transactions undone). */
    halt: () => halt('SIGINT'),
    /** As a power cut would, but for what the disk holds back. */
    crash: () => halt('SIGQUIT'),
    async stop() {
      process.off('exit', onExit);
      await halt('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
