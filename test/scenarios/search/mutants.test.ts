// With one authorisation rule, check or step of the Matrix core off, the search soon finds a room in which it shows: where all servers
// go without it a promise of the specification is broken; or one server that has it disagrees with the others.
// SOAK=1 tries everything, in four room versions, and prints where it was found.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { reachOf } from '../../../scenarios/search/resolution/reach.ts';
import { faults, faultsOfVersion, type Fault } from '../../support/faulty-resolution.ts';
import { detect, firstBreach, firstDisagreement } from '../../support/mixed-room.ts';
import {
  withFaultyResolution,
  withoutAuthRules,
  withoutCheckAgainst,
  withoutCitationCheck,
} from '../../support/mutants.ts';

const rulesOf = (version: string) => present(specifiedRoomVersions.get(version), version);
const isSoak = process.env['SOAK'] !== undefined;

type Mutant = readonly [name: string, rules: RoomVersionRules];

/** The rule by its name; what two rules of the core see to together, in the text one, is off together. */
function withoutRule(rules: RoomVersionRules, rule: string): RoomVersionRules {
  return withoutAuthRules(rules, rule === 'auth-events.no-create' ? [rule, 'state.no-create'] : [rule]);
}

/** Every rule of a version, every check on receipt that has no bytes to look at, and every step of its state resolution. */
function mutantsOf(version: string): readonly Mutant[] {
  const rules = rulesOf(version);
  const ruleNames = reachOf(rules, []).flatMap(({ name }) => /\((\S+)\) refuses/.exec(name)?.[1] ?? []);
  const { stateResolution } = rules;
  const algorithm = stateResolution === 'v2' || stateResolution === 'v2.1' ? stateResolution : undefined;
  const steps: readonly [string, Fault][] =
    algorithm === undefined ? [] : Object.entries({ ...faults, ...faultsOfVersion[algorithm] });
  return [
    ...ruleNames.map((rule): Mutant => [`rule ${rule}`, withoutRule(rules, rule)]),
    ...(['auth-events', 'state-before', 'current-state', 'resolution'] as const).map((against): Mutant => [
      `check against ${against}`,
      withoutCheckAgainst(rules, against),
    ]),
    ['check of what is cited', withoutCitationCheck(rules)],
    ...steps.map(([name, fault]): Mutant => [`resolution: ${name}`, withFaultyResolution(rules, fault)]),
  ];
}

describe('a room in which nothing is off', () => {
  it.each(['1', '6', '11', '12'])('breaks no promise, and its servers agree, in version %s', (version) => {
    expect(firstBreach(rulesOf(version), 60)).toBeUndefined();
    expect(firstDisagreement(rulesOf(version), rulesOf(version), 60)).toBeUndefined();
  });
});

describe('without one rule', () => {
  it.each(['join.banned', 'kick.level', 'send.level', 'power-levels.users', 'auth-events.rejected'])(
    'among servers that are all without it, or to one that has it, something shows: %s',
    (rule) => {
      const { whole, mixed } = detect(withoutRule(rulesOf('11'), rule), rulesOf('11'), 600);
      expect(whole?.room ?? mixed).toBeDefined();
    },
  );

  it.each(['auth-events', 'state-before', 'current-state'] as const)(
    'the check against %s shows among servers that are all without it',
    (against) => {
      const { whole } = detect(withoutCheckAgainst(rulesOf('12'), against), rulesOf('12'), 600);
      expect(whole?.promise).toBeDefined();
    },
  );

  it('of resolution, one server that has it disagrees with the others', () => {
    const mutant = withFaultyResolution(rulesOf('12'), faults['power events by time alone']);
    expect(firstDisagreement(mutant, rulesOf('12'), 600)).toBeDefined();
  });

  const soaked = isSoak ? (process.env['SOAK_VERSIONS'] ?? '1 6 11 12').split(' ') : [];
  it.each(soaked)(
    'of all, nearly every one shows in version %s',
    (version) => {
      const rules = rulesOf(version);
      const only = new RegExp(process.env['SOAK_ONLY'] ?? '');
      const mutants = mutantsOf(version).filter(([name]) => only.test(name));
      const survivors = mutants.filter(([name, mutant]) => {
        const began = process.cpuUsage().user;
        const { whole, mixed } = detect(mutant, rules, 6_000);
        const seconds = ((process.cpuUsage().user - began) / 1_000_000).toFixed(1);
        const where =
          whole !== undefined
            ? `whole: ${whole.promise}, room ${whole.room}`
            : `mixed: room ${mixed ?? '– in none'}`;
        console.log(`${version} | ${name} | ${where} | ${seconds} s`);
        return whole === undefined && mixed === undefined;
      });
      expect(survivors.length, survivors.map(([name]) => name).join(', ')).toBeLessThanOrEqual(
        0.05 * mutants.length,
      );
    },
    3_600_000,
  );
});
