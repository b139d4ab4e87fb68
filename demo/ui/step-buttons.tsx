import { useMemo, useState } from 'react';
import type { Desk } from '../desk/desk.ts';
import { allSteps, nextSteps } from '../desk/next-steps.ts';
import type { CaseState } from '../desk/permit-case.ts';
import { refusalOf } from '../desk/step-rules.ts';
import { formatShare } from '../desk/words.ts';

interface Props {
  readonly desk: Desk;
  /** The steps that the case has taken, as far as the person has seen them. */
  readonly taken: readonly string[];
  /** What the rules know of the case; undefined until it is read. */
  readonly state: CaseState | undefined;
  readonly disabled: boolean;
  readonly onStep: (step: string) => void;
}

/** The steps that usually follow, most usual first, and every other one in a list. */
export function StepButtons({ desk, taken, state, disabled, onStep }: Props) {
  const usual = useMemo(() => nextSteps(desk, taken), [desk, taken]);
  const all = useMemo(() => allSteps(desk), [desk]);
  const [other, setOther] = useState('');
  const isRefused = (type: string): boolean => state !== undefined && refusalOf(type, state.taken) !== undefined;
  return (
    <div className="steps">
      {usual.length === 0 && <p className="muted">No case has gone on from here so far.</p>}
      <ul className="step-buttons">
        {usual.map(({ type, share }) => (
          <li key={type}>
            <button type="button" className="step" disabled={disabled} onClick={() => onStep(type)}>
              <span>{type}</span> <span className="step-share">{formatShare(share)} of the time</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="other-step">
        <label>
          <span>Another step</span>
          <select value={other} disabled={disabled} onChange={(event) => setOther(event.target.value)}>
            <option value="">Choose…</option>
            <StepGroup label="Possible now" steps={all.filter((type) => !isRefused(type))} />
            <StepGroup label="Against the rules now" steps={all.filter(isRefused)} />
          </select>
        </label>
        <button type="button" disabled={disabled || other === ''} onClick={() => onStep(other)}>
          Add it
        </button>
      </div>
    </div>
  );
}

function StepGroup({ label, steps }: { readonly label: string; readonly steps: readonly string[] }) {
  return (
    steps.length > 0 && (
      <optgroup label={label}>
        {steps.map((type) => (
          <option key={type}>{type}</option>
        ))}
      </optgroup>
    )
  );
}
