import type { CaseQuery } from '../desk/find-cases.ts';
import type { Board } from '../desk/read-models.ts';
import { STAGES } from '../desk/stages.ts';
import { formatNumber } from '../desk/words.ts';

interface Props {
  readonly board: Board | undefined;
  readonly stage: CaseQuery['stage'];
  readonly onStage: (stage: CaseQuery['stage']) => void;
}

/** How many cases stand where; a stage that is chosen narrows the list. */
export function StageFilter({ board, stage, onStage }: Props) {
  const choices = [{ id: 'all', label: 'All cases', count: board?.all } as const, ...STAGES.map((choice) => ({ ...choice, count: board && (board.byStage[choice.id] ?? 0) }))];
  return (
    <fieldset className="stages">
      <legend className="visually-hidden">Stage</legend>
      {choices.map(({ id, label, count }) => (
        <button key={id} type="button" className="stage" data-stage={id} aria-pressed={stage === id} onClick={() => onStage(id)}>
          <span className="stage-label">{label}</span> <span className="stage-count">{count === undefined ? '…' : formatNumber(count)}</span>
        </button>
      ))}
    </fieldset>
  );
}
