import type { Desk } from '../desk/desk.ts';
import { countByStage, type CaseQuery } from '../desk/find-cases.ts';
import { STAGES } from '../desk/stages.ts';
import { formatNumber } from '../desk/words.ts';

interface Props {
  readonly desk: Desk;
  readonly stage: CaseQuery['stage'];
  readonly onStage: (stage: CaseQuery['stage']) => void;
}

/** How many cases stand where; a stage that is chosen narrows the list. */
export function StageFilter({ desk, stage, onStage }: Props) {
  const counts = countByStage(desk);
  const choices = [{ id: 'all', label: 'All cases', count: desk.cases.size } as const, ...STAGES.map((choice) => ({ ...choice, count: counts.get(choice.id) ?? 0 }))];
  return (
    <fieldset className="stages">
      <legend className="visually-hidden">Stage</legend>
      {choices.map(({ id, label, count }) => (
        <button key={id} type="button" className="stage" data-stage={id} aria-pressed={stage === id} onClick={() => onStage(id)}>
          <span className="stage-label">{label}</span> <span className="stage-count">{formatNumber(count)}</span>
        </button>
      ))}
    </fieldset>
  );
}
