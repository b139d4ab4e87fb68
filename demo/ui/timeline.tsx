import type { StoredEvent } from 'ermine';
import { textAt } from '../desk/event-details.ts';
import { countOf, formatTime, isoTime } from '../desk/words.ts';

interface Props {
  /** Latest first. */
  readonly events: readonly StoredEvent[];
  /** Events after this version are new to the person who looks. */
  readonly seenVersion: number;
}

/** What happened to a case: which step, by whom, for which group, and when. */
export function Timeline({ events, seenVersion }: Props) {
  const news = events.filter(({ version }) => version > seenVersion);
  const seen = events.filter(({ version }) => version <= seenVersion);
  return (
    <>
      {news.length > 0 && (
        <>
          <h3 className="timeline-new">New since you looked: {countOf(news.length, 'event')}</h3>
          <ol className="timeline" reversed start={news[0]!.version} aria-label="New events">
            {news.map((event) => (
              <TimelineEntry key={event.version} event={event} isNew />
            ))}
          </ol>
        </>
      )}
      <h3>What happened, latest first</h3>
      <ol className="timeline" reversed start={seen[0]?.version} aria-label="Events">
        {seen.map((event) => (
          <TimelineEntry key={event.version} event={event} isNew={false} />
        ))}
      </ol>
    </>
  );
}

function TimelineEntry({ event, isNew }: { readonly event: StoredEvent; readonly isNew: boolean }) {
  const group = textAt(event.data, 'group');
  return (
    <li className="entry" data-new={isNew}>
      <p className="entry-step">{event.type}</p>
      <p className="entry-facts">
        <span>{event.metadata.userId ?? 'Nobody named'}</span>
        {group !== '' && group !== 'EMPTY' && <span>{group}</span>}
        <time dateTime={isoTime(event.timestamp)}>{formatTime(event.timestamp)}</time>
        <span className="entry-version">version {event.version}</span>
      </p>
    </li>
  );
}
