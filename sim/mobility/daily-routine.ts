// People who sleep at home, work, and sometimes go out, walking along streets. After F. Ekman, A. Keränen, J. Karvo,
// J. Ott, "Working Day Movement Model", ACM MobilityModels 2008, without its cars and buses.
import { present } from '../../protocol/assert.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import { hours, minutes, type Duration, type Instant } from '../../protocol/time.ts';
import { between } from './area.ts';
import { waysTo, type StreetMap } from './street-map.ts';
import { walkingTime, type Leg, type MobilityModel } from './walk.ts';

/** How people spend their days. */
export interface DailyRoutine {
  /** Any midnight of the people's own time. */
  readonly midnight: number;
  readonly map: StreetMap;
  /** Places where people work, and where they meet in the evening; they live anywhere. */
  readonly offices: readonly number[];
  readonly meetingSpots: readonly number[];
  /** Share of evenings on which somebody goes out. */
  readonly goesOut: number;
  /** Metres per second. */
  readonly speed: readonly [least: number, most: number];
}

/** Ekman et al., table 1, give 8 h of work and 0.5 for evenings; the hour of leaving and its spread are assumed. */
const leavesHome = hours(8);
const leavesHomeSpread = hours(1);
const works = hours(8);
const staysOut: readonly [least: Duration, most: Duration] = [hours(1), hours(2)];
const day = hours(24);

/** Walking speeds as in The ONE's default_settings.txt, evenings out as in Ekman et al. */
export const walkingRoutine = { goesOut: 0.5, speed: [0.5, 1.5] } as const;

export function dailyRoutine(routine: DailyRoutine): MobilityModel {
  const { midnight, map, offices, meetingSpots, goesOut, speed } = routine;
  const ways = waysTo(map);
  return (random) => {
    const home = random.integer(0, map.places.length - 1);
    const office = pick(random, offices);
    // The same person leaves at the same hour every day, give or take a few minutes.
    const leaves = leavesHome + Math.round(between(random, -0.5, 0.5) * leavesHomeSpread);
    const legs: Leg[] = [];
    let place = home;
    const walkTo = (target: number): void => {
      const pace = between(random, ...speed);
      for (const next of ways(place, target)) {
        const to = present(map.places[next], 'a place');
        legs.push({ to, duration: walkingTime(present(map.places[place], 'a place'), to, pace) });
        place = next;
      }
    };
    const stay = (duration: number): void => {
      const to = present(map.places[place], 'a place');
      if (duration > 0) legs.push({ to, duration: Math.round(duration) as Duration });
    };
    const planDay = (now: Instant): void => {
      const passed = now - midnight;
      const today = Math.floor(passed / day) * day;
      // Whoever is home too late to leave at the usual time leaves the next day.
      const begins = passed - today < leaves - minutes(10) ? today : today + day;
      stay(Math.max(1, begins + leaves + between(random, -1, 1) * minutes(5) - passed));
      walkTo(office);
      stay(works + between(random, -1, 1) * minutes(30));
      if (random.uniform() < goesOut) {
        walkTo(pick(random, meetingSpots));
        stay(between(random, ...staysOut));
      }
      walkTo(home);
    };
    return {
      start: present(map.places[home], 'a home'),
      next(now) {
        let leg = legs.shift();
        while (leg === undefined) {
          planDay(now);
          leg = legs.shift();
        }
        return leg;
      },
    };
  };
}

function pick(random: RandomStream, places: readonly number[]): number {
  return present(places[random.integer(0, places.length - 1)], 'a place to go to');
}
