import type { PermitStore } from '../desk/permit-events.ts';
import { useRef, useState } from 'react';
import { countOf } from '../desk/words.ts';
import { exportFile } from '../log/export-file.ts';
import { ErrorNotice } from './error-notice.tsx';

type Status =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly fraction: number }
  | { readonly kind: 'done'; readonly events: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** The whole log as a file, one event a line. */
export function ExportCard({ store }: { readonly store: PermitStore }) {
  const [status, setStatus] = useState<Status>({ kind: 'idle' });
  const running = useRef<AbortController>(undefined);

  const start = async (gzip: boolean): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setStatus({ kind: 'running', fraction: 0 });
    let events = 0;
    try {
      await exportFile(store, {
        gzip,
        signal: controller.signal,
        onProgress(progress) {
          events = progress.events;
          setStatus({ kind: 'running', fraction: progress.position / progress.head });
        },
      });
      setStatus({ kind: 'done', events });
    } catch (error) {
      setStatus(controller.signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error });
    }
  };

  const isRunning = status.kind === 'running';
  const percent = isRunning ? Math.floor(status.fraction * 100) : status.kind === 'done' ? 100 : 0;
  return (
    <section className="card" aria-labelledby="export-title">
      <h2 id="export-title">Export</h2>
      <p className="muted">The whole log as NDJSON, one event a line, in order. It can be imported here or anywhere else.</p>
      <progress aria-label="Export of the log" data-idle={status.kind === 'idle'} max={100} value={percent} />
      <output className="outcome">
        {status.kind === 'done' && `Exported ${countOf(status.events, 'event')}.`}
        {status.kind === 'stopped' && 'The export was stopped.'}
      </output>
      {status.kind === 'failed' && <ErrorNotice error={status.error} />}
      <div className="button-row">
        <button type="button" disabled={isRunning} onClick={() => void start(false)}>
          Export as text
        </button>
        <button type="button" disabled={isRunning} onClick={() => void start(true)}>
          Export packed (gzip)
        </button>
        <button type="button" disabled={!isRunning} onClick={() => running.current?.abort()}>
          Stop
        </button>
      </div>
    </section>
  );
}
