import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqliteDriver } from './driver.ts';

/** The database as a file of its own, with what stands in the log of writes, while others go on writing; by way of a temporary file. */
export function exportFile(prepare: SqliteDriver['prepare']): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ermine-export-'));
  try {
    const file = join(folder, 'log.db');
    prepare('VACUUM INTO ?')(file);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
