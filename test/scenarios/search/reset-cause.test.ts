// What counts as a state reset, and which kind it is. Each room here is told to one server event by event: the newest event is a
// message, which has no key and takes authority from nobody, and yet an entry goes back to an ancestor of it or to nothing.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { Ancestry } from '../../../protocol/matrix/ancestry.ts';
import { stateMapKey } from '../../../protocol/matrix/auth-state.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { Room } from '../../../protocol/matrix/room.ts';
import { problemOf } from '../../../scenarios/search/resolution/problem.ts';
import { violationsOf } from '../../../scenarios/search/resolution/outcome.ts';
import { resolutionInvariants } from '../../../scenarios/search/resolution/invariants.ts';
import {
  creator,
  joinRule,
  levels,
  member,
  rulesOf,
  sketchRoom,
  type EventSketch,
} from '../../support/auth-cases.ts';
import { overtaken } from '../../support/reset-rooms.ts';

const alice = '@alice:one';
const bob = '@bob:one';
const joinRules = stateMapKey('m.room.join_rules', '');
const says: EventSketch = { sender: bob, content: { body: 'hello' } };

type SketchedRoom = ReadonlyMap<string, MatrixEvent>;

/** A public room with Alice and Bob in it, and what follows: predecessors, then authority. */
function publicRoom(
  version: string,
  more: Readonly<Record<string, readonly [EventSketch, readonly string[], readonly string[]]>>,
): SketchedRoom {
  const create = rulesOf(version).roomIdIsCreateEvent ? [] : ['create'];
  const powers = { ...(create.length === 0 ? {} : { [creator]: 100 }), [alice]: 50 };
  const all: typeof more = {
    creator: [member(creator, 'join'), ['create'], []],
    levels: [levels({ users: powers }), ['creator'], ['creator']],
    open: [joinRule('public'), ['levels'], ['creator', 'levels']],
    alice: [member(alice, 'join'), ['open'], ['levels', 'open']],
    bob: [member(bob, 'join'), ['alice'], ['levels', 'open']],
    ...more,
  };
  return sketchRoom(
    version,
    Object.fromEntries(
      Object.entries(all).map(([name, [what, prev, auth]], index) => [
        name,
        { ...what, at: index + 1, prev, auth: [...create, ...auth] },
      ]),
    ),
  );
}

/** Problem A without any gap: Alice closes the room and, from her other device, leaves; who speaks last saw her leave alone. */
const closedBesideLeaving = (version: string): SketchedRoom =>
  publicRoom(version, {
    closed: [{ ...joinRule('invite'), sender: alice }, ['bob'], ['alice', 'levels']],
    left: [member(alice, 'leave'), ['bob'], ['alice', 'levels']],
    both: [says, ['closed', 'left'], ['bob', 'levels']],
    beside: [says, ['left'], ['bob', 'levels']],
  });

/** Bob joins, then the room is closed; the creator still speaks as of before. */
const closedAfterJoining = (version: string): SketchedRoom =>
  publicRoom(version, {
    closed: [joinRule('invite'), ['bob'], ['creator', 'levels']],
    beside: [{ content: { body: 'hello' } }, ['alice'], ['creator', 'levels']],
  });

/** Takes the room in but for its last event; then what that event, a message on an older branch, does to the current state. */
function lastStep(room: SketchedRoom, version: string, algorithm?: 'v2.1') {
  const own = rulesOf(version);
  const rules = algorithm === undefined ? own : { ...own, stateResolution: algorithm };
  const events = [...room.values()].filter(({ eventId }) => eventId !== room.get('merge')?.eventId);
  const last = present(room.get('beside'), 'the last event');
  const server = new Room({ rules, roomId: last.roomId });
  for (const event of events) if (event !== last) expect(server.receive(event).kind).toBe('accepted');
  const before = server.currentState;
  expect(server.receive(last).kind).toBe('accepted');
  expect(last.stateMapKey).toBeUndefined();
  const after = server.currentState;
  const nameOf = (id: string | undefined) => [...room].find(([, { eventId }]) => eventId === id)?.[0];
  const ancestry = new Ancestry(events);
  const reset = [...before.entries()]
    .filter(([key, id]) => {
      const now = after.getKey(key);
      return now !== id && (now === undefined || ancestry.isBefore(now, id));
    })
    .map(([key, id]) => ({ key, from: nameOf(id), to: nameOf(after.getKey(key)) }));
  const states = server.forwardExtremities.map((id) => present(server.stateAfter(id), 'a state'));
  const problem = problemOf(states, server.resolutionContext, events);
  const broken = resolutionInvariants
    .map(({ id }) => id)
    .filter((id) => violationsOf(id, problem).length > 0);
  return { reset, broken };
}

describe('a state reset by the steps of one server', () => {
  it('by an entry that all states agree on and that came at the same time is of problem A, and version 2.1 ends it', () => {
    const room = closedBesideLeaving('11');
    expect(lastStep(room, '11')).toEqual({
      reset: [{ key: joinRules, from: 'closed', to: 'open' }],
      broken: ['no-reset-by-agreed-state'],
    });
    expect(lastStep(room, '11', 'v2.1')).toEqual({ reset: [], broken: [] });
    expect(lastStep(closedBesideLeaving('12'), '12')).toEqual({ reset: [], broken: [] });
  });

  it.each(['11', '12'])('by an event that came later is one, in room version %s', (version) => {
    expect(lastStep(closedAfterJoining(version), version)).toEqual({
      reset: [{ key: stateMapKey('m.room.member', bob), from: 'bob', to: undefined }],
      broken: ['no-reset-by-later-event'],
    });
  });

  it.each(['11', '12'])('by order is one, in room version %s', (version) => {
    expect(lastStep(overtaken(version), version)).toEqual({
      reset: [{ key: joinRules, from: 'reopened', to: 'closed' }],
      broken: ['no-reset-by-order'],
    });
  });

  it('has the cause that refuses by itself, whatever else has changed', () => {
    const room = publicRoom('11', {
      closed: [{ ...joinRule('invite'), sender: alice }, ['bob'], ['alice', 'levels']],
      renamed: [
        member(alice, 'join', alice, { displayname: 'A' }),
        ['closed'],
        ['alice', 'levels', 'closed'],
      ],
      demoted: [levels({ users: { [creator]: 100 } }), ['renamed'], ['creator', 'levels']],
    });
    const idsOf = (names: readonly string[]) => names.map((name) => present(room.get(name), name).eventId);
    const problem = {
      rules: rulesOf('11'),
      events: [...room.values()],
      // All agree on Alice's new name, which the rules look at and do not mind; that she was demoted refuses what she did before.
      stateSets: [
        ['create', 'creator', 'renamed', 'bob', 'levels', 'closed'],
        ['create', 'creator', 'renamed', 'bob', 'demoted'],
      ].map(idsOf),
      rejected: new Set<never>(),
    };
    const broken = resolutionInvariants.map(({ id }) => id);
    expect(broken.filter((id) => violationsOf(id, problem).length > 0)).toEqual(['no-reset-by-later-event']);
  });
});
