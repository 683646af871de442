// Crowds that gather and disperse: people walk about until an event calls a share of them to one place, stay there, and
// go back to walking about.
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { Position } from '../workload/workload.ts';
import { between, direction } from './area.ts';
import { randomWaypoint, type RandomWaypoint } from './random-waypoint.ts';
import { walkingTime, type MobilityModel } from './walk.ts';

/** One gathering. */
export interface Gathering {
  readonly place: Position;
  /** Metres around the place in which people stand, uniformly. */
  readonly radius: number;
  readonly begins: Instant;
  readonly ends: Instant;
  /** Of all people, each of whom decides alone. */
  readonly share: number;
  /** People arrive before the beginning and leave after the end by up to so much. */
  readonly spread: Duration;
}

/** Gatherings in order of time, none of which begins before the one before has ended. */
export function gatheringCrowd(roaming: RandomWaypoint, gatherings: readonly Gathering[]): MobilityModel {
  const roam = randomWaypoint(roaming);
  return (random, node) => {
    const walk = roam(random, node);
    let place = walk.start;
    let upcoming = 0;
    let staysUntil: number | undefined;
    const goTo = (to: Position, speed: number): { to: Position; duration: Duration } => {
      const duration = walkingTime(place, to, speed);
      place = to;
      return { to, duration };
    };
    return {
      start: walk.start,
      next(now) {
        if (staysUntil !== undefined) {
          const duration = Math.max(1, staysUntil - now) as Duration;
          staysUntil = undefined;
          return { to: place, duration };
        }
        for (let event = gatherings[upcoming]; event !== undefined; event = gatherings[upcoming]) {
          const comes = event.begins - Math.round(random.uniform() * event.spread);
          if (now < comes - longestLeg) break;
          upcoming++;
          if (now >= event.ends || random.uniform() >= event.share) continue;
          staysUntil = event.ends + Math.round(random.uniform() * event.spread);
          return goTo(spotIn(event, random), between(random, ...roaming.speed));
        }
        const leg = walk.next(now);
        if (leg.to.x === place.x && leg.to.y === place.y) return leg;
        return goTo(leg.to, between(random, ...roaming.speed));
      },
    };
  };
}

/** People look this far ahead when they decide to set out; about one leg of walking about. */
const longestLeg = seconds(900);

/** A uniform point of the disc. */
function spotIn({ place, radius }: Gathering, random: Parameters<MobilityModel>[0]): Position {
  const way = direction(random);
  const length = radius * Math.sqrt(random.uniform());
  return { x: place.x + way.x * length, y: place.y + way.y * length };
}
