import type { Desk } from '../desk/desk.ts';
import { formatNumber, formatTime } from '../desk/words.ts';

interface Props {
  readonly live: Desk;
  /** The desk that is shown: the live one, or one of the past. */
  readonly shown: Desk;
  /** While the log is coming in. */
  readonly disabled: boolean;
  /** Undefined for the live desk. */
  readonly onMove: (position: number | undefined) => void;
}

/** Moves the whole page to any position of the log, and says so as long as it is not at its end. */
export function HistoryBar({ live, shown, disabled, onMove }: Props) {
  const isPast = shown !== live;
  const head = live.position;
  const moveTo = (position: number): void => onMove(position >= head ? undefined : Math.max(0, position));
  const words = `Position ${formatNumber(shown.position)} of ${formatNumber(head)}`;
  return (
    <section className="history-bar" data-past={isPast} aria-label="History of the log">
      <div className="history-words">
        <output>{isPast ? 'You are looking at the past' : 'Live'}</output>
        <span data-testid="position">{words}</span>
        <span className="muted">{formatTime(shown.timestamp)}</span>
      </div>
      <div className="history-controls">
        <button type="button" aria-label="One event back" disabled={disabled || shown.position === 0} onClick={() => moveTo(shown.position - 1)}>
          ‹
        </button>
        <input
          type="range"
          disabled={disabled}
          aria-label="Position of the log"
          aria-valuetext={`${words}, ${formatTime(shown.timestamp)}`}
          min={0}
          max={head}
          value={shown.position}
          onChange={(event) => moveTo(event.target.valueAsNumber)}
        />
        <button type="button" aria-label="One event forward" disabled={!isPast} onClick={() => moveTo(shown.position + 1)}>
          ›
        </button>
        <button type="button" className="back-to-live" disabled={!isPast} onClick={() => onMove(undefined)}>
          Back to live
        </button>
      </div>
    </section>
  );
}
