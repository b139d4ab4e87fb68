/** The longest delay of a timer, in milliseconds: 24 days. With a longer one it fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
