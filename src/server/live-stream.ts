import { MAX_TIMER_MS } from '../tabs/max-timer.ts';
import { unref } from '../tabs/unref.ts';
import type { HeadWatch } from './head-watch.ts';

export interface LiveOptions {
  readonly watch: HeadWatch;
  /** Where the log ends now. */
  readonly head: number;
  readonly heartbeatMs: number;
  /** Milliseconds until the stream ends by itself, undefined for never. */
  readonly endsAfterMs: number | undefined;
  /** What ends each stream that is open. */
  readonly open: Set<() => void>;
  readonly onEnd: () => void;
}

const utf8 = new TextEncoder();

/** A line for each time the log has grown, and one as a sign of life. A client that reads slowly gets the latest only. */
export function liveStream({ watch, head, heartbeatMs, endsAfterMs, open, onEnd }: LiveOptions): ReadableStream<Uint8Array> {
  // It may have grown while that was read, which nobody tells again.
  let latest = Math.max(head, watch.head);
  let sent = -1;
  let end: () => void = () => undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (): void => {
        if ((controller.desiredSize ?? 0) <= 0) return;
        sent = latest;
        controller.enqueue(utf8.encode(`{"head":${latest}}\n`));
      };
      const unwatch = watch.watch((position) => {
        latest = position;
        send();
      }, () => close());
      const heartbeat = setInterval(send, Math.min(heartbeatMs, MAX_TIMER_MS));
      unref(heartbeat);
      const expiry = endsAfterMs === undefined ? undefined : setTimeout(() => close(), Math.max(0, Math.min(endsAfterMs, MAX_TIMER_MS)));
      unref(expiry);
      let ended = false;
      end = () => {
        if (ended) return;
        ended = true;
        unwatch();
        clearInterval(heartbeat);
        clearTimeout(expiry);
        open.delete(close);
        onEnd();
      };
      const close = (): void => {
        if (ended) return;
        end();
        controller.close();
      };
      open.add(close);
      send();
    },
    pull(controller) {
      if (sent >= latest) return;
      sent = latest;
      controller.enqueue(utf8.encode(`{"head":${latest}}\n`));
    },
    cancel: () => end(),
  });
}
