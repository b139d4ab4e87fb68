/** What the next attempt of sync is for. */
export interface Call {
  /** There may be something to do. */
  wanted: boolean;
  /** Not when a failure has been slept over, but at once. */
  urgent: boolean;
  /** Whoever leads, and even if trying again by itself is of no use. */
  demanded: boolean;
  /** What is stuck is tried again too. */
  retry: boolean;
  /** Told when it was tried. */
  readonly waiters: (() => void)[];
}

export const noCall = (): Call => ({ wanted: false, urgent: false, demanded: false, retry: false, waiters: [] });
