// Isolated clusters: people stay around their own camp; a few travellers go from camp to camp and carry what they hold.
// Movement within a cluster and rare moves between clusters are what community-based models have in common; after
// T. Spyropoulos, K. Psounis, C. S. Raghavendra, "Performance Analysis of Mobility-Assisted Routing", MobiHoc 2006,
// section 2 (community-based mobility).
import { present } from '../../protocol/assert.ts';
import { seconds } from '../../protocol/time.ts';
import type { Position } from '../workload/workload.ts';
import { between, direction } from './area.ts';
import { walkingTime, type Leg, type MobilityModel } from './walk.ts';

/** Lengths in metres, times in seconds, speeds in metres per second. */
export interface CampLife {
  readonly camps: readonly Position[];
  /** Around a camp's place. */
  readonly radius: number;
  /** Of all people, each of whom is one or not throughout. */
  readonly travellersShare: number;
  /** How long a traveller stays at a camp. */
  readonly stay: readonly [least: number, most: number];
  /** Walking within a camp, and on the way between two. */
  readonly speed: readonly [least: number, most: number];
  readonly travelSpeed: readonly [least: number, most: number];
  readonly pause: readonly [least: number, most: number];
}

export function campLife(life: CampLife): MobilityModel {
  const { camps, radius, pause } = life;
  return (random) => {
    let camp = random.integer(0, camps.length - 1);
    const travels = camps.length > 1 && random.uniform() < life.travellersShare;
    const spot = (): Position => spotAround(present(camps[camp], 'a camp'), radius, random);
    const start = spot();
    let place = start;
    let leavesAt: number | undefined;
    let pauses = false;
    const goTo = (to: Position, speed: readonly [number, number]): Leg => {
      const leg = { to, duration: walkingTime(place, to, between(random, ...speed)) };
      place = to;
      return leg;
    };
    return {
      start,
      next(now) {
        leavesAt ??= now + seconds(between(random, ...life.stay));
        if (travels && now >= leavesAt) {
          leavesAt = undefined;
          camp = (camp + random.integer(1, camps.length - 1)) % camps.length;
          return goTo(spot(), life.travelSpeed);
        }
        pauses = !pauses;
        const waits = seconds(between(random, ...pause));
        if (pauses && waits > 0) return { to: place, duration: waits };
        return goTo(spot(), life.speed);
      },
    };
  };
}

/** A uniform point of a disc. */
export function spotAround(
  { x, y }: Position,
  radius: number,
  random: Parameters<MobilityModel>[0],
): Position {
  const way = direction(random);
  const length = radius * Math.sqrt(random.uniform());
  return { x: x + way.x * length, y: y + way.y * length };
}
