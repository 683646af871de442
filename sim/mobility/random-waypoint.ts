// Random waypoint: pause, draw a destination and a speed, walk there straight, repeat. D. B. Johnson, D. A. Maltz,
// "Dynamic Source Routing in Ad Hoc Wireless Networks", in: Mobile Computing (1996), section 5.1.
import { seconds } from '../../protocol/time.ts';
import { between, pointIn, type Area } from './area.ts';
import { walkingTime, type MobilityModel } from './walk.ts';

/** Speeds in metres per second, pauses in seconds. */
export interface RandomWaypoint {
  readonly area: Area;
  readonly speed: readonly [least: number, most: number];
  readonly pause: readonly [least: number, most: number];
}

/**
 * Uniform starts; not stationary at once: nodes drift to the middle, and slow legs last longer (J. Yoon, M. Liu,
 * B. Noble, "Random Waypoint Considered Harmful", INFOCOM 2003). Give it a warm-up, and no speed near 0.
 */
export function randomWaypoint({ area, speed, pause }: RandomWaypoint): MobilityModel {
  return (random) => {
    const start = pointIn(area, random);
    let place = start;
    let pauses = false;
    return {
      start,
      next() {
        pauses = !pauses;
        const waits = seconds(between(random, ...pause));
        if (pauses && waits > 0) return { to: place, duration: waits };
        pauses = false;
        const from = place;
        place = pointIn(area, random);
        return { to: place, duration: walkingTime(from, place, between(random, ...speed)) };
      },
    };
  };
}
