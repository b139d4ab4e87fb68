import { useRef } from 'react';
import type { Desk } from '../desk/desk.ts';
import { formatNumber, formatTime } from '../desk/words.ts';

interface Props {
  readonly live: Desk;
  /** The desk that is shown: the live one, or one of the past. */
  readonly shown: Desk;
  /** Where the slider is; the desk there may still be on its way. */
  readonly position: number;
  /** While the log is coming in. */
  readonly disabled: boolean;
  /** Undefined for the live desk. */
  readonly onMove: (position: number | undefined) => void;
}

/** Moves the whole page to any position of the log, and says so as long as it is not at its end. */
export function HistoryBar({ live, shown, position, disabled, onMove }: Props) {
  const slider = useRef<HTMLInputElement>(null);
  const isPast = shown !== live;
  const head = live.position;
  const moveTo = (to: number): void => {
    // At the ends of the log the button that was pressed can be pressed no more.
    if (to <= 0 || to >= head) slider.current?.focus();
    onMove(to >= head ? undefined : Math.max(0, to));
  };
  const words = `Position ${formatNumber(shown.position)} of ${formatNumber(head)}`;
  return (
    <section className="history-bar" data-past={isPast} aria-label="History of the log">
      <div className="history-words">
        <output>{isPast ? 'You are looking at the past' : 'Live'}</output>
        <span data-testid="position">{words}</span>
        <span className="muted">{formatTime(shown.timestamp)}</span>
      </div>
      <div className="history-controls">
        <button type="button" aria-label="One event back" disabled={disabled || position === 0} onClick={() => moveTo(position - 1)}>
          ‹
        </button>
        <input
          ref={slider}
          type="range"
          disabled={disabled}
          aria-label="Position of the log"
          aria-valuetext={`${words}, ${formatTime(shown.timestamp)}`}
          min={0}
          max={head}
          value={position}
          onChange={(event) => moveTo(event.target.valueAsNumber)}
        />
        <button type="button" aria-label="One event forward" disabled={!isPast} onClick={() => moveTo(position + 1)}>
          ›
        </button>
        <button type="button" className="back-to-live" disabled={!isPast} onClick={() => moveTo(head)}>
          Back to live
        </button>
      </div>
    </section>
  );
}
