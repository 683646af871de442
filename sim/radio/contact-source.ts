// Where contacts come from: positions, or a trace.
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';

/** Tells when two phones that are switched on come within range of each other and leave it. */
export interface ContactSource {
  /** It is switched off now. */
  switchOn(node: NodeIndex): void;
  /** Its contacts end. */
  switchOff(node: NodeIndex): void;
  /** Metres between two phones that are on and within range. */
  distance(left: NodeIndex, right: NodeIndex): number;
  /** Until when that stays so; now where either moves. */
  distanceHoldsUntil(left: NodeIndex, right: NodeIndex): Instant;
}

/** The pair came within range, or left it. `left` is below `right`. */
export type OnContact = (left: NodeIndex, right: NodeIndex, range: number, inRange: boolean) => void;
