/** The longest that a timer can wait, in milliseconds: 24 days. One that is told more does not wait at all. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
