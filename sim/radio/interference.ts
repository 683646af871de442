// What phones do to each other on the air: frames that overlap on one channel destroy each other. No phone listens before
// it sends, and connections hop over all data channels, so that both are pure ALOHA (N. Abramson, "The ALOHA System",
// 1970): a frame of length T is spared with probability exp(-sum of rate · (T + length)) over what others in range send
// on its channel. For advertisements of one length that is exp(-2 (S - 1) β), as in P. Kindt and S. Chakraborty, "On
// Optimal Neighbor Discovery", SIGCOMM 2019. Channels: Bluetooth Core Specification 5.x, Vol 6 Part B, §1.4.1. Coexisting
// Wi-Fi is left out, and so is that two who do not hear each other may still disturb one another.
import type { Instant } from '../../protocol/time.ts';
import { exp } from '../random/elementary.ts';
import {
  advertisingMicroseconds,
  advertisingChannels,
  emptyEventMicroseconds,
  fullUnitMicroseconds,
} from './air-time.ts';
import type { RadioPhone } from './encounter.ts';
import type { RadioParameters } from './radio-parameters.ts';

const dataChannels = 37;
/** Air time is counted by whole seconds, and what one hears of the second before is looked at once in each. */
const window = 1_000_000;

/** What a phone sent of late, and what it heard of others; by whole seconds. */
export class AirUse {
  #second = 0;
  #sent = 0;
  #sentBefore = 0;
  /** The second for which `events` and `busy` were summed up. */
  heardAt = -1;
  /** Connection events per interval that others in range have among each other. */
  events = 0;
  /** Transmitters' worth of data on the air around. */
  busy = 0;

  sends(now: Instant, microseconds: number): void {
    this.#turn(now);
    this.#sent += microseconds;
  }

  /** Share of the last whole second that it was sending data. A queue may be longer than a second, a second is not. */
  share(now: Instant): number {
    this.#turn(now);
    return Math.min(1, this.#sentBefore / window);
  }

  #turn(now: Instant): void {
    const second = Math.floor(now / window);
    if (second === this.#second) return;
    this.#sentBefore = second === this.#second + 1 ? this.#sent : 0;
    this.#sent = 0;
    this.#second = second;
  }
}

/**
 * Share of data frames from `sender` that nobody else in range of `receiver` destroys. The sum over the neighbourhood is
 * made once a second and phone, whatever is received.
 */
export function sparedFrames(
  parameters: RadioParameters,
  receiver: RadioPhone,
  sender: RadioPhone,
  now: Instant,
): number {
  if (parameters.radioCollisionShare === 0) return 1;
  const { air } = receiver;
  const second = Math.floor(now / window);
  if (air.heardAt !== second) listen(receiver, now, second);
  // One radio does one thing at a time: what the sender and the receiver do with others does not disturb this frame.
  const events = Math.max(0, air.events - (sender.connections - 1) / 2);
  const busy = Math.max(0, air.busy - sender.air.share(now));
  const perInterval =
    (fullUnitMicroseconds + emptyEventMicroseconds) / (parameters.radioRetransmissionMs * 1_000);
  // Data frames are about as long as the one that they may hit.
  const hits = (events * perInterval + 2 * busy) / dataChannels;
  return exp(-parameters.radioCollisionShare * hits);
}

function listen(receiver: RadioPhone, now: Instant, second: number): void {
  const { air } = receiver;
  air.heardAt = second;
  let connections = 0;
  let busy = 0;
  for (const { left, right, inRange } of receiver.encounters.values()) {
    if (!inRange) continue;
    const other = left === receiver ? right : left;
    connections += other.connections;
    busy += other.air.share(now);
  }
  // Either end of a connection stands for half of its events; those with the receiver itself are its own.
  air.events = Math.max(0, connections - receiver.connections) / 2;
  air.busy = busy;
}

/** Share of advertisements that reach a phone with so many others in range. */
export function sparedAdvertisements(parameters: RadioParameters, inRange: number): number {
  const duty = advertisingMicroseconds / advertisingChannels / (parameters.radioAdvertisingMs * 1_000);
  return exp(-parameters.radioCollisionShare * 2 * Math.max(0, inRange - 1) * duty);
}
