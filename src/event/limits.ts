/** Bounds that an append is checked against before anything is written. Bytes are UTF-8 bytes of the event's JSON. */
export interface Limits {
  /** One event, data and metadata; default 256 KiB. */
  readonly maxEventBytes: number;
  /** All events of one append; default 4 MiB. */
  readonly maxBatchBytes: number;
  /** All events of one append; default 10,000. */
  readonly maxBatchEvents: number;
  /** Arrays and objects inside each other in an event's data; default 64. */
  readonly maxJsonDepth: number;
}

export const defaultLimits: Limits = {
  maxEventBytes: 256 * 1024,
  maxBatchBytes: 4 * 1024 * 1024,
  maxBatchEvents: 10_000,
  maxJsonDepth: 64,
};
