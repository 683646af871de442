// How long an epidemic takes among nodes that move. R. Groenevelt, P. Nain, G. Koole, "The message delay in mobile ad
// hoc networks", Performance Evaluation 62 (2005): pairs meet at the instants of a Poisson process of rate
// 2 ω r E[V*] / L², where r is the range, much smaller than the side L of the square, and V* the relative speed; ω is
// about 1.3683 for random waypoint and 1 for random direction. With one speed v the mean of V* is 4 v / π. A message
// to one of N + 1 nodes, copied at every meeting, then takes (1 / λN) Σ 1/i, i from 1 to N.
import { describe, expect, it } from 'vitest';
import { createEpidemicRouter } from '../../../protocol/dtn/epidemic.ts';
import { hours, type Duration } from '../../../protocol/time.ts';
import { replay } from '../../../sim/mesh/replay.ts';
import { randomDirection } from '../../../sim/mobility/random-direction.ts';
import { randomWaypoint } from '../../../sim/mobility/random-waypoint.ts';
import type { MobilityModel } from '../../../sim/mobility/walk.ts';
import type { ContactTrace } from '../../../sim/radio/contact-trace.ts';
import { at, contactsOf, mean } from '../../support/mobility.ts';

const side = 4_000;
const range = 50;
const speed = 2;
const nodes = 21;
const end = at(1_500_000);
const area = { width: side, height: side };
const warmUp = hours(3);
const fixed = [speed, speed] as const;
const none = [0, 0] as const;

const waypoint = randomWaypoint({ area, speed: fixed, pause: none });
const directions = randomDirection({ area, speed: fixed, travel: [300, 1_500], pause: none });
const meetingRate = (omega: number): number => (8 * omega * range * speed) / (Math.PI * side * side);

const traceOf = (model: MobilityModel): ContactTrace =>
  contactsOf(model, { nodes, range, until: end, warmUp });

/** Meetings of a pair per second, over all pairs. */
function rateOf({ begins }: ContactTrace): number {
  const meetings = begins.reduce((sum, begin) => sum + begin, 0);
  return meetings / ((nodes * (nodes - 1)) / 2) / (end / 1e6);
}

describe('epidemic spread', () => {
  const trace = traceOf(waypoint);

  it('has pairs meet at the published rate under random waypoint', () => {
    expect(rateOf(trace) / meetingRate(1.3683)).toBeGreaterThan(0.94);
    expect(rateOf(trace) / meetingRate(1.3683)).toBeLessThan(1.06);
  });

  it('has pairs meet at the published rate under random direction', () => {
    const ratio = rateOf(traceOf(directions)) / meetingRate(1);
    expect(ratio).toBeGreaterThan(0.94);
    expect(ratio).toBeLessThan(1.06);
  });

  it('takes as long as the published law says under random waypoint', () => {
    // A message each 2,500 s, each between another pair.
    const count = 500;
    const source = Int32Array.from({ length: count }, (_, each) => each % nodes);
    const messages = {
      ids: Array.from({ length: count }, (_, each) => `M${each}`),
      at: Float64Array.from({ length: count }, (_, each) => at(each * 2_500)),
      source,
      destination: source.map((node, each) => (node + 1 + (each % (nodes - 1))) % nodes),
      bytes: new Float64Array(count),
    };
    const limits = {
      bytesPerSecond: Infinity,
      bufferBytes: Infinity,
      lifetime: undefined,
      step: 0 as Duration,
      until: end,
    };
    const { deliveredAt } = replay({ trace, messages, limits, createRouter: createEpidemicRouter });
    const delays = Array.from(deliveredAt, (instant, each) => (instant - messages.at[each]!) / 1e6);
    const others = nodes - 1;
    const harmonic = Array.from({ length: others }, (_, each) => 1 / (each + 1)).reduce(
      (sum, term) => sum + term,
    );
    const law = harmonic / (meetingRate(1.3683) * others);
    expect(delays.every((delay) => delay >= 0)).toBe(true);
    expect(mean(delays) / law).toBeGreaterThan(0.9);
    expect(mean(delays) / law).toBeLessThan(1.1);
  });
});
