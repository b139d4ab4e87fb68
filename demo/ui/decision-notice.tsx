import { countOf, formatTime } from '../desk/words.ts';
import { ErrorNotice } from './error-notice.tsx';
import type { DecisionStatus } from './use-decision.ts';

interface Props {
  readonly status: DecisionStatus;
  /** Events that the person has not taken note of. */
  readonly unseen: number;
  readonly onTakeNote: () => void;
}

/** What became of the person's step, and what others did meanwhile. The place is kept, so that nothing moves. */
export function DecisionNotice({ status, unseen, onTakeNote }: Props) {
  const takeNote = (
    <button type="button" className="primary" onClick={onTakeNote}>
      Take note
    </button>
  );
  if (status.kind === 'conflict') {
    return (
      <div className="notice notice-danger" role="alert">
        <div>
          <p>
            <strong>Someone was faster.</strong> Your step “{status.step}” was not applied, because this case went on while you were
            deciding:
          </p>
          <ul>
            {status.news.map(({ version, type, metadata, timestamp }) => (
              <li key={version}>
                {type}, by {metadata.userId ?? 'nobody named'}, {formatTime(timestamp)}
              </li>
            ))}
          </ul>
          <p>Take note of it, then decide again.</p>
        </div>
        {takeNote}
      </div>
    );
  }
  if (status.kind === 'refused') {
    return (
      <div className="notice notice-danger" role="alert">
        <p>
          <strong>“{status.step}” is not possible now.</strong> {status.reason}
        </p>
      </div>
    );
  }
  if (status.kind === 'failed') return <ErrorNotice error={status.error} />;
  return (
    <div className={`notice ${unseen > 0 ? 'notice-news' : 'notice-quiet'}`}>
      <output>
        {quietWords(status, unseen)}
        {unseen > 0 && (
          <>
            <strong>{countOf(unseen, 'new event')}</strong> since you looked. A step is refused until you have taken note.
          </>
        )}
      </output>
      {unseen > 0 && takeNote}
    </div>
  );
}

function quietWords(status: DecisionStatus, unseen: number): string {
  if (status.kind === 'writing') return 'Writing… ';
  if (status.kind === 'done') return `Done: “${status.step}” is event ${status.version} of this case. `;
  return unseen > 0 ? '' : 'You have seen everything up to now.';
}
