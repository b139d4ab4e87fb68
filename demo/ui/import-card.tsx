import type { PermitStore } from '../desk/permit-events.ts';
import { useState } from 'react';
import { startImport, type ImportRun } from '../log/import-run.ts';
import { ErrorNotice } from './error-notice.tsx';
import { ImportProgress } from './import-progress.tsx';
import { useSubject } from './use-subject.ts';

interface Props {
  readonly store: PermitStore;
  readonly onBusy: (isBusy: boolean) => void;
}

interface FileImport {
  readonly file: File;
  readonly run: ImportRun;
}

/** Events from a file, plain or packed; those that are known already are passed over. */
export function ImportCard({ store, onBusy }: Props) {
  const [current, setCurrent] = useState<FileImport>();
  const start = (file: File): void => {
    const run = startImport(store, async () => file);
    run.state$.subscribe(({ status }) => onBusy(status === 'running'));
    setCurrent({ file, run });
  };
  return (
    <section className="card" aria-labelledby="import-file-title">
      <h2 id="import-file-title">Import</h2>
      <p className="muted">NDJSON, plain or gzip, as the export writes it. Events that are in the log already are not added twice.</p>
      <label className="file">
        <span>File to import</span>
        <input
          type="file"
          accept=".ndjson,.jsonl,.gz,application/x-ndjson,application/gzip"
          onChange={(event) => {
            const file = event.target.files?.[0];
            // The same file can be chosen again.
            event.target.value = '';
            if (file) start(file);
          }}
        />
      </label>
      {current && <FileImportProgress key={current.file.name} {...current} />}
    </section>
  );
}

function FileImportProgress({ file, run }: FileImport) {
  const state = useSubject(run.state$);
  return (
    <>
      <p className="file-name">{file.name}</p>
      <ImportProgress state={state} fraction={file.size === 0 ? 1 : state.bytes / file.size} label={`Import of ${file.name}`} />
      {state.status === 'failed' && <ErrorNotice error={state.error} />}
      <div className="button-row">
        <button type="button" disabled={state.status !== 'running'} onClick={run.cancel}>
          Stop the import
        </button>
      </div>
    </>
  );
}
