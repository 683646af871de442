// What the clock on the wall shows in a city, from virtual time.
import { hours } from '../../protocol/time.ts';
import type { City, World } from '../world.ts';

/** Microseconds of a day. */
export const dayLength = hours(24);

const dayMs = 86_400_000;

function localEpochMs(world: World, city: City): number {
  return world.epochWallMs + city.utcOffsetSeconds * 1_000;
}

/** Local date at the epoch, in days since 1 January 1970. */
export function localDate(world: World, city: City): number {
  return Math.floor(localEpochMs(world, city) / dayMs);
}

/** Microseconds from local midnight to the epoch: add it to an instant to get the local time of day. */
export function localOffset(world: World, city: City): number {
  return (localEpochMs(world, city) - localDate(world, city) * dayMs) * 1_000;
}
