// `ermine serve` in a process of its own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';

const SECRET = 'a-secret-of-the-benchmark';

/** A token for each tenant. */
export const tokenOf = (tenant) => `${SECRET}-${tenant}`;

/** @param databaseUrl where PostgreSQL is @param origin of the pages that may call */
export async function startSyncServer(databaseUrl, origin, tenants) {
  const args = ['serve', '--port', '0', '--origin', origin, ...tenants.flatMap((tenant) => ['--token', `${tenant}:ada:${tokenOf(tenant)}`])];
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bin/ermine.mjs'), ...args], { env: { ...process.env, DATABASE_URL: databaseUrl }, stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  let said = '';
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const address = /listens on (\S+)/.exec(said);
      if (address) resolve(address[1]);
    });
    child.once('exit', (code) => reject(new Error(`ermine serve ended with ${code}: ${said}`)));
  });
  return {
    url,
    /** What the process holds of the machine's memory, in MB. */
    memory: () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) / 1024,
    async stop() {
      process.off('exit', kill);
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
