// Random direction with reflection: draw a direction, a speed and how long, walk, pause, repeat; borders reflect.
// P. Nain, D. Towsley, B. Liu, Z. Liu, "Properties of Random Direction Models", INFOCOM 2005: nodes are uniformly
// distributed at every instant, which random waypoint does not give.
import { seconds } from '../../protocol/time.ts';
import { between, direction, pointIn, type Area } from './area.ts';
import { reflectedFlight } from './reflection.ts';
import { walkingTime, type Leg, type MobilityModel } from './walk.ts';

/** Speeds in metres per second, times in seconds. */
export interface RandomDirection {
  readonly area: Area;
  readonly speed: readonly [least: number, most: number];
  readonly travel: readonly [least: number, most: number];
  readonly pause: readonly [least: number, most: number];
}

export function randomDirection({ area, speed, travel, pause }: RandomDirection): MobilityModel {
  return (random) => {
    const start = pointIn(area, random);
    let place = start;
    const legs: Leg[] = [];
    const plan = (): void => {
      const pace = between(random, ...speed);
      const length = pace * between(random, ...travel);
      for (const corner of reflectedFlight(area, place, direction(random), length)) {
        legs.push({ to: corner, duration: walkingTime(place, corner, pace) });
        place = corner;
      }
      const waits = seconds(between(random, ...pause));
      if (waits > 0) legs.push({ to: place, duration: waits });
    };
    return {
      start,
      next() {
        let leg = legs.shift();
        while (leg === undefined) {
          plan();
          leg = legs.shift();
        }
        return leg;
      },
    };
  };
}
