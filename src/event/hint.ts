/** A wake-up that says how far a log reaches. It carries no data and is never trusted beyond its shape. */
export interface Hint {
  readonly epoch: string;
  readonly position: number;
}
