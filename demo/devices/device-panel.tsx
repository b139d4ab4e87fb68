import { isErmineError } from 'ermine';
import { useRef, useState, type FormEvent } from 'react';
import type { SyncStatus } from 'ermine/sync';
import { errorWords } from '../log/error-words.ts';
import type { Device } from './open-devices.ts';
import { Tray } from './tray.tsx';
import { useDevice } from './use-device.ts';
import { REMARKS, sites, slotStream, slots } from './visits.ts';

/** One clerk's screen. */
export function DevicePanel({ device }: { device: Device }) {
  const { clerk, store, online$ } = device;
  const { online, status, week, booked, confirmed, remarks, pending, rejected } = useDevice(device);
  const heading = useRef<HTMLHeadingElement>(null);
  const [problem, setProblem] = useState('');
  const attempt = (work: Promise<unknown>): void => {
    setProblem('');
    work.catch((error: unknown) => setProblem(problemWords(error)));
  };
  const book = (index: number): void => {
    const { visit, version } = week[index]!;
    const site = sites[(index + (clerk === 'Ada' ? 0 : 3)) % sites.length]!;
    const event = visit ? ({ type: 'VisitCancelled', data: { clerk } } as const) : ({ type: 'VisitBooked', data: { site, clerk } } as const);
    attempt(store.appendToStream(slotStream(index), version, [event]));
  };
  const settle = (work: Promise<unknown>): void => {
    // The button that was pressed goes with what it decides on.
    heading.current?.focus();
    attempt(work);
  };
  const remark = (submit: FormEvent<HTMLFormElement>): void => {
    submit.preventDefault();
    const text = String(new FormData(submit.currentTarget).get('text')).trim();
    if (text === '') return;
    attempt(store.appendToStream(REMARKS, remarks.at(-1)?.version ?? 0, [{ type: 'RemarkAdded', data: { text, clerk } }]));
    submit.currentTarget.reset();
  };

  return (
    <section className="device card" aria-label={`${clerk}’s device`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {clerk}
        </h2>
        <label>
          <input type="checkbox" checked={online} onChange={(change) => online$.next(change.target.checked)} /> Network
        </label>
      </header>
      <output data-state={status.state}>{inWords(status, pending)}</output>
      {problem !== '' && <p role="alert">{problem}</p>}
      <div aria-live="polite">
        <Tray store={store} rejected={rejected} onSettle={settle} />
      </div>
      <ul className="week">
        {slots.map((slot, i) => {
          const { visit, pending: waits } = week[i]!;
          return (
            <li key={slot}>
              <span>
                <span className="slot">{slot}</span> {visit ? `${visit.site} (${visit.clerk})` : 'free'} {waits && <em>not sent yet</em>}
              </span>
              <button type="button" aria-label={`${visit ? 'Cancel' : 'Book'} ${slot}`} onClick={() => book(i)}>
                {visit ? 'Cancel' : 'Book'}
              </button>
            </li>
          );
        })}
      </ul>
      <p className="muted">
        {booked} of {slots.length} booked{confirmed !== booked && `, ${confirmed} as far as the server knows`}
      </p>
      <form className="remark-form" onSubmit={remark}>
        <input name="text" aria-label={`Remark of ${clerk}`} placeholder="A remark for everybody" maxLength={200} />
        <button className="primary">Add</button>
      </form>
      <ul className="remarks">
        {remarks.map(({ id, text, by, pending: waits }) => (
          <li key={id}>
            {by}: {text} {waits && <em>not sent yet</em>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function problemWords(error: unknown): string {
  if (isErmineError(error, 'CONCURRENCY_CONFLICT')) return 'This has just changed, so nothing was done. Look again, then decide.';
  const { title, advice } = errorWords(error);
  return `${title}. ${advice}`;
}

function inWords(status: SyncStatus, pending: number): string {
  const waiting = pending === 0 ? 'Nothing waits.' : `${pending} ${pending === 1 ? 'change waits' : 'changes wait'} to be sent.`;
  switch (status.state) {
    case 'upToDate':
      return pending === 0 ? 'Up to date.' : waiting;
    case 'offline':
      return `No network: work goes on. ${waiting}`;
    case 'pushing':
      return `Sending ${status.done} of ${status.total} …`;
    case 'pulling':
      return `Fetching ${status.position} of ${status.head} …`;
    case 'stuck':
      return `It does not go on: ${status.error.message} ${waiting}`;
    case 'paused':
      return `Paused. ${waiting}`;
    case 'standby':
      return `Another tab sends and fetches. ${waiting}`;
    case 'connecting':
      return `Connecting … ${waiting}`;
  }
}
