// What a search of state resolution should have met after some thousand rooms: each authorisation rule refusing something,
// and the situations in which resolution is hard. "Sometimes" properties: they fail where a situation was never met.
import { authRules, ruleNumber } from '../../../protocol/matrix/auth-rules/rule-numbers.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';

/** Something that should happen at some time. */
export interface Sometimes {
  readonly name: string;
  /** How often it happened. */
  readonly times: number;
}

/** Rooms after which a situation that was never met is a failure of the search. */
export const roomsForReach = 5_000;

/** Rules that a version has by a trait. */
function isOfVersion(rule: string, rules: RoomVersionRules): boolean {
  if (rule.startsWith('aliases.')) return rules.specialCaseAliases;
  if (rule.startsWith('knock.')) return rules.knocking;
  if (rule.startsWith('join.restricted.')) return rules.restrictedJoins;
  if (rule === 'redaction.level') return rules.redactionAuthorisedOnReceipt;
  if (rule === 'power-levels.level-not-integer' || rule === 'power-levels.map-not-integer')
    return rules.integerPowerLevels;
  if (rule === 'power-levels.creator-listed') return rules.creatorsHaveInfinitePower;
  if (rule === 'create.no-creator') return !rules.creatorIsSender;
  if (rule === 'create.additional-creators') return rules.creatorsHaveInfinitePower;
  if (rule === 'create.room-id' || rule === 'room-id.no-create') return rules.roomIdIsCreateEvent;
  if (rule === 'create.other-server') return !rules.roomIdIsCreateEvent;
  // From version 12 a second create event is another room.
  if (rule === 'auth-events.no-create' || rule === 'create.prev-events') return !rules.roomIdIsCreateEvent;
  return true;
}

/** The situations that make resolution hard: what their names begin with. */
function situationsOf({ stateResolution }: RoomVersionRules): readonly string[] {
  return [
    'soft-failed: ',
    'history missing',
    'fork width 3-4',
    'state sets 3-4',
    'conflicted events 17-32',
    ...(stateResolution === 'v1'
      ? ['depth ordering of 3-4', 'refused in resolution (v1): ']
      : [
          'auth difference 9-16',
          'power events 5-8',
          'mainline 3-4',
          'refused in resolution (power): ',
          'refused in resolution (mainline): ',
        ]),
    ...(stateResolution === 'v2.1' ? ['conflicted state subgraph adds 2'] : []),
  ];
}

/** Everything that should happen, with how often it did. */
export function reachOf(
  rules: RoomVersionRules,
  situations: readonly (readonly [string, number])[],
): readonly Sometimes[] {
  const times = (is: (situation: string) => boolean): number =>
    situations.reduce((sum, [situation, count]) => (is(situation) ? sum + count : sum), 0);
  const byRule = authRules
    .filter((rule) => isOfVersion(rule, rules))
    .map((rule) => ({
      name: `rule ${ruleNumber(rule, rules) ?? ''} (${rule}) refuses an event`,
      times: times((situation) => situation.endsWith(`: ${rule}`)),
    }));
  const others = situationsOf(rules).map((name) => ({
    name: name.replace(/: $/, ''),
    times: times((situation) => situation.startsWith(name)),
  }));
  return [...byRule, ...others];
}
