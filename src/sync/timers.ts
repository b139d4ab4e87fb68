/** `setTimeout` and `clearTimeout`, or what stands for them. */
export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: never): void;
}
