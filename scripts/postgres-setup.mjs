// The server that the tests of the project `postgres` share. `fsync` is off: what is tested here survives the server's
// process, not the power.
import { startPostgres } from './postgres-server.mjs';

/** @param {import('vitest/node').TestProject} project */
export default async function setup(project) {
  const server = await startPostgres({ settings: { fsync: 'off' } });
  project.provide('postgres', { host: server.host, port: server.port, user: server.user, database: server.database });
  return () => server.stop();
}
