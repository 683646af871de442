// With one authorisation rule off at one server, the search soon finds a room about whose events the servers disagree.
// SOAK=1 tries every rule that a search can reach, in every version that has it, and prints where it was found.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { reachOf } from '../../../scenarios/search/resolution/reach.ts';
import { firstDisagreement } from '../../support/mixed-room.ts';
import { withoutAuthRules, withoutCheckAgainst, withoutCitationCheck } from '../../support/mutants.ts';

const rulesOf = (version: string) => present(specifiedRoomVersions.get(version), version);
/** That the current state is asked shows as a soft failure alone, about which servers may differ honestly. */
const checks = ['auth-events', 'state-before', 'resolution'] as const;
/** Without it the same events are refused all the same: judged by what they cite they have no room (`state.no-create`). */
const equivalent = 'auth-events.no-create';
const isSoak = process.env['SOAK'] !== undefined;

/** Rules that a search should reach in a version, by name. */
function rulesWithin(version: string): readonly string[] {
  return reachOf(rulesOf(version), []).flatMap(({ name }) => /\((\S+)\) refuses/.exec(name)?.[1] ?? []);
}

describe('a server without a rule', () => {
  it('does not disagree when nothing is off', () => {
    expect(firstDisagreement(rulesOf('11'), withoutAuthRules(rulesOf('11'), []), 40)).toBeUndefined();
  });

  it.each(['join.banned', 'kick.level', 'send.level', 'power-levels.users', 'auth-events.rejected'])(
    'is found: %s',
    (rule) => {
      expect(firstDisagreement(rulesOf('11'), withoutAuthRules(rulesOf('11'), [rule]), 600)).toBeDefined();
    },
  );

  const soaked = isSoak ? ['1', '6', '11', '12'] : [];
  it.each(soaked)('is found for nearly every rule and check of version %s', (version) => {
    const rules = rulesOf(version);
    const mutants: readonly (readonly [string, RoomVersionRules])[] = [
      ...rulesWithin(version)
        .filter((rule) => rule !== equivalent)
        .map((rule) => [rule, withoutAuthRules(rules, [rule])] as const),
      ...checks.map(
        (against) => [`no check against ${against}`, withoutCheckAgainst(rules, against)] as const,
      ),
      ['no check of what is cited', withoutCitationCheck(rules)],
    ];
    const found = mutants.map(([name, mutant]): [string, number | undefined, number] => {
      const began = performance.now();
      const room = firstDisagreement(rules, mutant, 6_000);
      return [name, room, Math.round(performance.now() - began)];
    });
    const survivors = found.filter(([, room]) => room === undefined).map(([name]) => name);
    console.log(
      found.map(([name, room, ms]) => `${version} ${name}: room ${room ?? '–'}, ${ms} ms`).join('\n'),
    );
    expect(survivors.length, survivors.join(', ')).toBeLessThanOrEqual(0.05 * found.length);
  });
});
