// Every number of the FireChat-like profile. FireChat was closed and never specified: what is not named otherwise here is
// assumed, with the range in which it is plausible, and is a parameter of the system.
import { hours, milliseconds, seconds } from '../time.ts';

/** Ids that a phone remembers, so that floods end. Assumed. */
export const seen = { capacity: 10_000, trimTo: 9_000, lifetime: hours(24) } as const;

/** What a system can set, with its default. */
export const defaults = {
  /** Public posts that a phone keeps for neighbours who come later. Assumed, 0 to 100. */
  history: 100,
  /** Private messages of others that a phone carries. Assumed, 0 to 1,000. */
  carried: 100,
  /** How long a private message is carried, hours. Assumed, 1 to 72. */
  carriedHours: 24,
  /** Hops after which nobody passes a message on; 0: no limit. The vendor speaks of a connected graph only. Assumed, 0 to 30. */
  hopLimit: 0,
  /** 1: recipients acknowledge private messages with a flood of their own. Assumed, 0 or 1. */
  receipts: 0,
} as const;

/** Bytes around the body of a message on the air or in a WebSocket. Assumed; plausible 20 to 200. */
export const overheadBytes = 40;

/** The connection to the service. Assumed. */
export const central = {
  connect: {
    timeout: seconds(30),
    keepAlive: { every: seconds(60), giveUpAfter: seconds(30), pingBytes: 66 },
  },
  retry: seconds(10),
  /** Retries are spread by up to so much. */
  retryJitter: milliseconds(5_000),
  /** Posts of a room that the service keeps for those who come later. */
  history: 100,
} as const;
