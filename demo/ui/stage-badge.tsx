import { stageLabel, type Stage } from '../desk/stages.ts';

export function StageBadge({ stage }: { readonly stage: Stage }) {
  return (
    <span className="badge" data-stage={stage}>
      {stageLabel(stage)}
    </span>
  );
}
