// Nodes that stand where they were put.
import { pointIn, type Area } from './area.ts';
import { forEver, type MobilityModel } from './walk.ts';

/** Independent uniform positions: with a range, the random geometric graph. */
export function standing(area: Area): MobilityModel {
  return (random) => {
    const start = pointIn(area, random);
    return { start, next: () => ({ to: start, duration: forEver }) };
  };
}
