// Crowds that gather and disperse: people walk about until an event calls a share of them to one place, stay there, and
// go back to walking about.
import type { Duration, Instant } from '../../protocol/time.ts';
import type { Position } from '../workload/workload.ts';
import { between } from './area.ts';
import { spotAround } from './camps.ts';
import { randomWaypoint, type RandomWaypoint } from './random-waypoint.ts';
import { walkingTime, type Leg, type MobilityModel } from './walk.ts';

/** One gathering. */
export interface Gathering {
  readonly place: Position;
  /** Metres around the place in which people stand, uniformly. */
  readonly radius: number;
  readonly begins: Instant;
  readonly ends: Instant;
  /** Of all people, each of whom decides alone. */
  readonly share: number;
  /** Each arrives before the beginning, and leaves after the end, by up to so much, uniformly. */
  readonly spread: Duration;
}

/** What one person has decided about one gathering. */
interface Visit {
  readonly spot: Position;
  readonly arrives: number;
  readonly leaves: number;
  readonly speed: number;
}

/**
 * Gatherings in order of time, none of which begins before the one before has ended. Who is in the middle of a walk when
 * it is time to set out ends it first, and comes later.
 */
export function gatheringCrowd(roaming: RandomWaypoint, gatherings: readonly Gathering[]): MobilityModel {
  const roam = randomWaypoint(roaming);
  return (random, node) => {
    const walk = roam(random, node);
    // Decided beforehand, so that where somebody is at the time draws nothing.
    const visits = gatherings.flatMap((event): readonly Visit[] => {
      const { place, radius, begins, ends, share, spread } = event;
      const goes = random.uniform() < share;
      const visit = {
        spot: spotAround(place, radius, random),
        arrives: begins - Math.round(random.uniform() * spread),
        leaves: ends + Math.round(random.uniform() * spread),
        speed: between(random, ...roaming.speed),
      };
      return goes ? [visit] : [];
    });
    let place = walk.start;
    const goTo = (to: Position, speed: number): Leg => {
      const leg = { to, duration: walkingTime(place, to, speed) };
      place = to;
      return leg;
    };
    return {
      start: walk.start,
      next(now) {
        for (let visit = visits[0]; visit !== undefined; visit = visits[0]) {
          if (now >= visit.leaves) {
            visits.shift();
            continue;
          }
          if (place === visit.spot) return { to: place, duration: (visit.leaves - now) as Duration };
          if (now + walkingTime(place, visit.spot, visit.speed) >= visit.arrives)
            return goTo(visit.spot, visit.speed);
          break;
        }
        const leg = walk.next(now);
        const wayBack = leg.to.x === place.x && leg.to.y === place.y;
        return wayBack ? leg : goTo(leg.to, between(random, ...roaming.speed));
      },
    };
  };
}
