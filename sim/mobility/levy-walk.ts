// Lévy walk: flights and pauses with heavy tails, as people walk. I. Rhee, M. Shin, S. Hong, K. Lee, S. J. Kim,
// S. Chong, "On the Levy-Walk Nature of Human Mobility", IEEE/ACM Transactions on Networking 19 (2011).
import { seconds } from '../../protocol/time.ts';
import { exp, ln } from '../random/elementary.ts';
import { direction, pointIn, type Area } from './area.ts';
import { reflectedFlight } from './reflection.ts';
import { walkingTime, type Leg, type MobilityModel } from './walk.ts';

/** Lengths in metres, times in seconds. */
export interface LevyWalk {
  readonly area: Area;
  /** Exponents of the tails: P(flight > l) ~ l^-alpha, P(pause > t) ~ t^-beta. */
  readonly alpha: number;
  readonly beta: number;
  readonly flight: readonly [least: number, most: number];
  readonly pause: readonly [least: number, most: number];
}

/**
 * The exponents are of the order of those that Rhee et al. fit to GPS traces of a campus, and the truncations are of
 * the order of their sites; assumed, alpha 0.5 to 1.8, beta 0.4 to 1.7.
 */
export const campusLevyWalk: Omit<LevyWalk, 'area'> = {
  alpha: 1,
  beta: 1,
  flight: [5, 1_500],
  pause: [30, 3_600],
};

/** A power law cut off at both ends, by its quantile function. */
function truncatedPareto(uniform: number, [least, most]: readonly [number, number], tail: number): number {
  const rest = exp(-tail * ln(most / least));
  return least * exp(-ln(1 - uniform * (1 - rest)) / tail);
}

/**
 * How long a flight takes: longer ones are faster (walking, then riding). Rhee et al., section IV: k l^(1 - rho) with
 * k = 30.55, rho = 0.89 below 500 m, and k = 0.76, rho = 0.28 above.
 */
function flightSeconds(length: number): number {
  const [factor, exponent] = length < 500 ? [30.55, 0.11] : [0.76, 0.72];
  return factor * exp(exponent * ln(length));
}

export function levyWalk({ area, alpha, beta, flight, pause }: LevyWalk): MobilityModel {
  return (random) => {
    const start = pointIn(area, random);
    let place = start;
    const legs: Leg[] = [];
    const plan = (): void => {
      const length = truncatedPareto(random.uniform(), flight, alpha);
      const speed = length / flightSeconds(length);
      for (const corner of reflectedFlight(area, place, direction(random), length)) {
        legs.push({ to: corner, duration: walkingTime(place, corner, speed) });
        place = corner;
      }
      legs.push({ to: place, duration: seconds(truncatedPareto(random.uniform(), pause, beta)) });
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
