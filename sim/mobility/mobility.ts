// How people move as data: what a scenario chooses, and the paths it makes.
import { assertNever } from '../../protocol/assert.ts';
import type { Duration } from '../../protocol/time.ts';
import type { Area } from './area.ts';
import { campLife, type CampLife } from './camps.ts';
import { dailyRoutine, type DailyRoutine } from './daily-routine.ts';
import { gatheringCrowd, type Gathering } from './gathering.ts';
import { levyWalk, type LevyWalk } from './levy-walk.ts';
import { randomDirection, type RandomDirection } from './random-direction.ts';
import { randomWaypoint, type RandomWaypoint } from './random-waypoint.ts';
import { standing } from './static.ts';
import type { MobilityModel } from './walk.ts';

/** A mobility model with its numbers. */
export type MobilityChoice =
  | { readonly model: 'static'; readonly area: Area }
  | ({ readonly model: 'random-waypoint' } & RandomWaypoint)
  | ({ readonly model: 'random-direction' } & RandomDirection)
  | ({ readonly model: 'levy-walk' } & LevyWalk)
  | ({ readonly model: 'daily-routine' } & DailyRoutine)
  | {
      readonly model: 'gatherings';
      readonly roaming: RandomWaypoint;
      readonly gatherings: readonly Gathering[];
    }
  | ({ readonly model: 'camps' } & CampLife);

/** How the people of a run move: exogenous, the same for every system. */
export interface Mobility {
  readonly choice: MobilityChoice;
  /** Each person's path is a function of this and of the person. */
  readonly seed: string;
  /** They have moved for so long when the run begins. */
  readonly warmUp: Duration;
}

/** The model that a choice names. */
export function mobilityModel(choice: MobilityChoice): MobilityModel {
  switch (choice.model) {
    case 'static':
      return standing(choice.area);
    case 'random-waypoint':
      return randomWaypoint(choice);
    case 'random-direction':
      return randomDirection(choice);
    case 'levy-walk':
      return levyWalk(choice);
    case 'daily-routine':
      return dailyRoutine(choice);
    case 'gatherings':
      return gatheringCrowd(choice.roaming, choice.gatherings);
    case 'camps':
      return campLife(choice);
    default:
      return assertNever(choice);
  }
}
