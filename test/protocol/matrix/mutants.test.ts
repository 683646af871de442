// The checks are not decoration: with any authorisation rule off, rooms are no longer what Synapse makes of them, or
// somebody may do what the rule forbids. The checks on receipt are turned off in federation/check-mutants.test.ts.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { authRules } from '../../../protocol/matrix/auth-rules/rule-numbers.ts';
import type { RoomId } from '../../../protocol/matrix/ids.ts';
import { judgeRoom } from '../../../protocol/matrix/judge-room.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { judgeByCitation, judgeByState, rulesOf, sketch, sketchRoom } from '../../support/auth-cases.ts';
import { byCitation, ofMembership, ofSending } from '../../support/auth-rule-cases.ts';
import { readVector, sampleRooms, type RoomVector } from '../../support/matrix-vectors.ts';
import { withoutAuthRules, withWitness } from '../../support/mutants.ts';

/**
 * Off by itself it changes nothing in any room: an event that cites no create event is refused by the next check too,
 * which finds none in the state that the cited events make.
 */
const doublyGuarded: ReadonlyMap<string, readonly string[]> = new Map([
  ['auth-events.no-create', ['auth-events.no-create', 'state.no-create']],
]);

/** No room of the vectors breaks these, so that a sketched room has to show what they forbid. */
const brokenInNoVector = [
  'create.room-id',
  'create.other-server',
  'create.room-version',
  'create.no-creator',
  'create.additional-creators',
  'room-id.no-create',
  'auth-events.other-room',
  'aliases.no-state-key',
  'member.incomplete',
  'invite.third-party.unsigned',
  'invite.third-party.incomplete',
  'invite.third-party.other-user',
  'invite.third-party.unknown-token',
  'invite.third-party.other-sender',
  'invite.third-party.signature',
  'knock.other-user',
  'knock.membership',
  'power-levels.map-not-integer',
  'power-levels.level-above-own',
  'power-levels.map-above-own',
];

/** Whether a room judged by these rules is what Synapse made of it: every verdict, every state, and where it ends. */
function agreesWithSynapse(vector: RoomVector, rules: RoomVersionRules): boolean {
  const judged = judgeRoom({
    rules,
    roomId: vector.room_id as RoomId,
    pdus: vector.events.map(({ pdu }) => pdu),
  });
  if (!judged.ok) return false;
  const { events, resolvedState } = judged.value;
  return (
    resolvedState.sha256() === vector.expect.resolved_state_sha256 &&
    events.every(({ accepted, stateAfter }, index) => {
      const { expect: expected } = present(vector.events[index], 'an event');
      return accepted === expected.accepted && stateAfter.sha256() === expected.state_after_sha256;
    })
  );
}

function specified(vector: RoomVector): RoomVersionRules {
  return present(specifiedRoomVersions.get(vector.room_version), 'room version');
}

describe('with an authorisation rule off', () => {
  it('some room of the vectors is another than at Synapse, unless none breaks the rule', () => {
    const brokenIn = new Map<string, Set<RoomVector>>();
    for (const vector of sampleRooms.map((file) => readVector(file) as RoomVector)) {
      const rules = withWitness(specified(vector), (rule) => {
        const rooms = brokenIn.get(rule);
        if (rooms === undefined) brokenIn.set(rule, new Set([vector]));
        else rooms.add(vector);
      });
      expect(agreesWithSynapse(vector, rules)).toBe(true);
    }
    const agreesEverywhere = (rule: string, off = [rule]): boolean =>
      [...(brokenIn.get(rule) ?? [])].every((vector) =>
        agreesWithSynapse(vector, withoutAuthRules(specified(vector), off)),
      );
    const survivors = authRules.filter((rule) => agreesEverywhere(rule));
    expect(survivors.sort()).toEqual([...brokenInNoVector, ...doublyGuarded.keys()].sort());
    for (const [rule, off] of doublyGuarded) expect(agreesEverywhere(rule, [...off])).toBe(false);
  });

  it.each(brokenInNoVector)('%s: somebody may do what it forbids', (rule) => {
    const cases = [...byCitation, ...ofMembership, ...ofSending].filter((each) => each.rule === rule);
    const areCitations = byCitation.some((each) => each.rule === rule);
    for (const { event, room = {}, rejected = [], numbers } of cases) {
      const version = present(Object.keys(numbers)[0], 'a version');
      const isAllowed = (rules: RoomVersionRules): boolean => {
        const judged = sketch('new', version, event, rules);
        const others = sketchRoom(version, room);
        return (areCitations ? judgeByCitation(judged, others, rejected) : judgeByState(judged, others)).ok;
      };
      expect(isAllowed(rulesOf(version))).toBe(false);
      expect(isAllowed(withoutAuthRules(rulesOf(version), [rule]))).toBe(true);
    }
    expect(cases.length).toBeGreaterThan(0);
  });
});
