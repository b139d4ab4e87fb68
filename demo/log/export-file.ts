import type { ExportProgress } from 'ermine';
import type { PermitStore } from '../desk/permit-events.ts';

export interface ExportFileOptions {
  readonly gzip: boolean;
  readonly onProgress: (progress: ExportProgress) => void;
  readonly signal: AbortSignal;
}

/** Writes the log into a file and hands it to the browser as a download. */
export async function exportFile(store: PermitStore, { gzip, onProgress, signal }: ExportFileOptions): Promise<void> {
  const events = store.exportEvents({ gzip, onProgress, signal });
  const blob = await new Response(events).blob();
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = `permit-desk.ndjson${gzip ? '.gz' : ''}`;
  link.click();
  // The download has begun once the click's task is over.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
