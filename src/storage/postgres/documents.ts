import type { DocumentLog } from '../storage.ts';
import type { Connection } from './connection.ts';
export function documentsIn(_connection: Connection): DocumentLog { throw new Error('x'); }
