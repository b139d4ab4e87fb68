import type { Scope } from '../sync/protocol.ts';

/** Who sent a request, and what they may do: the answer of `authorize`. */
export interface Principal {
  /** Whose log it is. It comes from the token and from nothing else. */
  readonly tenant: string;
  /** A client id belongs to the first user who comes with it. */
  readonly user: string;
  /** The streams that are sent to this user; all unless told. At most 1,000 categories and 10,000 streams: clients take no more. */
  readonly readable?: Scope;
  /** The streams that this user may append to; all unless told. */
  readonly writable?: Scope;
  /** When the token expires, in milliseconds since 1970 (a JWT has seconds): a live stream ends then, and the client comes with another one. */
  readonly expiresAt?: number;
}
