import { expect, it } from 'vitest';
import { postgresStorage, type AnyPostgresClient } from '../../postgres.ts';

it('refuses what is no client, such as an address, and says what is one', () => {
  for (const client of ['postgres://localhost/shop', undefined, null, {}]) {
    expect(() => postgresStorage({ client: client as unknown as AnyPostgresClient })).toThrow(expect.objectContaining({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('a Pool of `pg`') }));
  }
});
