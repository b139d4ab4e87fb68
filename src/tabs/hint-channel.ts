import { unref } from './unref.ts';

/** A wake-up that says how far a log reaches. It carries no data and is never trusted beyond its shape. */
export interface Hint {
  readonly epoch: string;
  readonly position: number;
}

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
    if (isHint(data)) onHint(data);
  };
  unref(channel);
  return {
    publish: (hint) => channel.postMessage(hint),
    close: () => channel.close(),
  };
}

function isHint(data: unknown): data is Hint {
  if (typeof data !== 'object' || data === null || !('epoch' in data) || !('position' in data)) return false;
  return typeof data.epoch === 'string' && Number.isSafeInteger(data.position) && (data.position as number) > 0;
}
