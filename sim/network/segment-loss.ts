// What loss does to a short message: which of its segments have to be sent again.
import type { Instant } from '../../protocol/time.ts';
import { hashedName, type AddressedDraw } from '../random/addressed.ts';
import { segmentBytes } from './assumptions.ts';
import type { End } from './connection.ts';
import type { Station } from './station.ts';

/** More transmissions of one segment than this are not drawn: the connection gives up before. */
export const mostLosses = 15;

/** Transmissions that never arrived. */
export interface Losses {
  /** Of the last segments, found by a time-out each. */
  readonly tail: number;
  /** Of those before, repaired in a round trip each. */
  readonly body: number;
}

const lossDraws = hashedName('loss');
const bodyDraws = hashedName('loss-body');

const noLosses: Losses = Object.freeze({ tail: 0, body: 0 });

/** Share of segments that get through: past the faults on the path and both ends' access networks. */
export function passingShare(sender: End, receiver: End, lossProbability: number): number {
  return (
    (1 - lossProbability) *
    (1 - (sender.station.access?.profile.lossProbability ?? 0)) *
    (1 - (receiver.station.access?.profile.lossProbability ?? 0))
  );
}

/**
 * Transmissions lost before a message of this many bytes is through, where this share of segments passes. The last
 * segments are repaired by a time-out, since no later ones tell of the loss (RFC 6298 §5); those before, by fast
 * retransmit, one round trip each (RFC 5681 §3.2).
 */
export function drawLosses(
  draw: AddressedDraw,
  bytes: number,
  passes: number,
  from: Station,
  to: Station,
  at: Instant,
): Losses {
  if (passes >= 1) return noLosses;
  const segments = Math.ceil(bytes / segmentBytes);
  const tailSegments = Math.min(3, segments);
  let tailPasses = 1;
  for (let segment = 0; segment < tailSegments; segment++) tailPasses *= passes;
  let tail = 0;
  while (tail <= mostLosses && draw(lossDraws, from.hashed, to.hashed, at, tail) >= tailPasses) tail++;
  const expected = (segments - tailSegments) * (1 - passes);
  const body = expected === 0 ? 0 : Math.floor(expected + draw(bodyDraws, from.hashed, to.hashed, at));
  return { tail, body };
}
