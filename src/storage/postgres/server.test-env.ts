import { Pool, type PoolConfig } from 'pg';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The real server that the project's set-up has started. */
    readonly postgres: { readonly host: string; readonly port: number; readonly user: string; readonly database: string };
  }
}

/** A pool of connections to the server of the test run. */
export function createPool(config: PoolConfig = {}): Pool {
  return new Pool({ ...inject('postgres'), ...config });
}
