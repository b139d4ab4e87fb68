import type { Hint } from '../event/hint.ts';
import { unref } from './unref.ts';

export interface HintChannel {
  /** To all others of the origin that have the log open: tabs, workers, service workers. Only after the commit is durable. */
  publish(hint: Hint): void;
  close(): void;
}

/**
 * A BroadcastChannel for the hints of one log; where there is none, nobody is told and everybody polls. What is not a
 * hint is ignored.
 */
export function createHintChannel(logName: string, onHint: (hint: Hint) => void): HintChannel {
  if (typeof BroadcastChannel === 'undefined') return { publish() {}, close() {} };
  const channel = new BroadcastChannel(`ermine:${logName}`);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const { epoch, position } = Object(data) as Partial<Hint>;
    if (typeof epoch === 'string' && Number.isSafeInteger(position)) onHint({ epoch, position: position! });
  };
  unref(channel);
  return {
    publish: (hint) => channel.postMessage(hint),
    close: () => channel.close(),
  };
}
