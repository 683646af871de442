// What a contact can carry and a node can keep.
import type { Duration, Instant } from '../../protocol/time.ts';

/** What a replay leaves out, for people. */
export const boundary =
  'discovery and set-up of connections, interference, loss, energy, and what routers tell each other about copies';

/** Limits of a replay; the same for all nodes and contacts. */
export interface MeshLimits {
  /** Of a transfer; Infinity: it takes no time. */
  readonly bytesPerSecond: number;
  /** Of a node; Infinity: nothing is ever dropped for want of room. */
  readonly bufferBytes: number;
  /** How long a message is relayed and kept; undefined: for ever. Counted in whole minutes, see `expiry.ts`. */
  readonly lifetime: Duration | undefined;
  /**
   * How often nodes look around, besides whenever a contact or message of the input begins or ends. 0: all the time.
   * The ONE's update interval, with which transfers end and follow each other only at multiples of it.
   */
  readonly step: Duration;
  /** Nothing happens after this instant. */
  readonly until: Instant;
}

/** How long a transfer takes, in whole microseconds. */
export function transferTime({ bytesPerSecond }: MeshLimits, bytes: number): Duration {
  return (bytesPerSecond === Infinity ? 0 : Math.round((bytes * 1_000_000) / bytesPerSecond)) as Duration;
}

/** The limits cannot hold together: copies would displace each other for ever within one instant. */
export class EndlessExchange extends Error {
  override readonly name = 'EndlessExchange';
}
