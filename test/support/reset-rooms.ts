// Rooms in which a state from another server is out of date, after the problems A and B of MSC4297
// (https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/4297-state-resolution-v2_1.md), and rooms like
// them in which a revocation explains the same loss. Events by name; `merge` comes after both branches.
import { present } from '../../protocol/assert.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { RoomId } from '../../protocol/matrix/ids.ts';
import type { SliceToJudge } from '../../protocol/matrix/slice/judge-slice.ts';
import { KnownState } from '../../protocol/matrix/slice/known-state.ts';
import { StateMap } from '../../protocol/matrix/state-map.ts';
import { creator, joinRule, levels, member, rulesOf, sketchRoom, type EventSketch } from './auth-cases.ts';

export interface SketchedSlice {
  readonly slice: SliceToJudge;
  readonly events: ReadonlyMap<string, MatrixEvent>;
}

/** A room whose event `late` rests on a predecessor that is missing, and the state before it as another server told it. */
function slice(
  version: string,
  more: Readonly<Record<string, EventSketch>>,
  told?: readonly string[],
): SketchedSlice {
  const events = sketchRoom(version, more);
  const entries = (told ?? []).map((name) => {
    const event = present(events.get(name), name);
    return [present(event.stateMapKey, name), event.eventId] as const;
  });
  const before =
    told === undefined
      ? []
      : [[present(events.get('late'), 'late').eventId, KnownState.complete(StateMap.of(entries))] as const];
  return {
    events,
    slice: {
      rules: rulesOf(version),
      roomId: '!room:one' as RoomId,
      events: [...events.values()],
      outliers: [],
      given: { before: new Map(before), after: new Map() },
      areSketches: true,
    },
  };
}

const alice = '@alice:one';
const bob = '@bob:one';
const at = (when: number, sketch: EventSketch, prev: string, ...auth: readonly string[]): EventSketch => ({
  ...sketch,
  at: when,
  prev: [prev],
  auth: ['create', ...auth],
});
const by = (sender: string, sketch: EventSketch): EventSketch => ({ ...sketch, sender });
const says = (user: string): EventSketch => ({ sender: user, content: { body: 'hello' } });

/** The creator in the room, and others, in a public room. */
const beginning: Readonly<Record<string, EventSketch>> = {
  creator: at(1, member(creator, 'join'), 'create'),
  levels: at(2, levels({ users: { [creator]: 100, [alice]: 100 } }), 'creator', 'creator'),
  open: at(3, joinRule('public'), 'levels', 'creator', 'levels'),
  alice: at(4, member(alice, 'join'), 'open', 'open', 'levels'),
  bob: at(5, member(bob, 'join'), 'alice', 'open', 'levels'),
};

/** Problem A: Alice closes the room and leaves; a server joins in with the old join rules and without Alice. */
export function problemA(version: string): SketchedSlice {
  return slice(
    version,
    {
      ...beginning,
      closed: at(6, by(alice, joinRule('invite')), 'bob', 'alice', 'levels'),
      reopened: at(7, by(alice, joinRule('knock')), 'closed', 'alice', 'levels'),
      left: at(8, member(alice, 'leave'), 'reopened', 'alice', 'levels'),
      late: { ...at(9, says(bob), 'gone', 'bob', 'levels') },
      merge: { ...at(10, says(bob), 'left', 'bob', 'levels'), prev: ['left', 'late'] },
    },
    ['create', 'creator', 'levels', 'closed', 'left', 'bob'],
  );
}

/** Problem B: the creator promotes Alice, Alice promotes Bob; a server joins in with the first power levels. */
export function problemB(version: string): SketchedSlice {
  return slice(
    version,
    {
      ...beginning,
      levels: at(2, levels({ users: { [creator]: 100 } }), 'creator', 'creator'),
      promoted: at(6, levels({ users: { [creator]: 100, [alice]: 100 } }), 'bob', 'creator', 'levels'),
      again: at(
        7,
        by(alice, levels({ users: { [creator]: 100, [alice]: 100, [bob]: 50 } })),
        'promoted',
        'alice',
        'promoted',
      ),
      name: at(
        8,
        { type: 'm.room.name', key: '', sender: bob, content: { name: 'ours' } },
        'again',
        'bob',
        'again',
      ),
      // It has seen the newest power levels, and says so by its authority, but not in its state.
      bobAgain: at(9, member(bob, 'join', bob, { displayname: 'B' }), 'name', 'bob', 'again', 'open'),
      late: { ...at(10, says(bob), 'gone', 'bobAgain', 'again') },
      merge: { ...at(11, says(bob), 'bobAgain', 'bobAgain', 'again'), prev: ['bobAgain', 'late'] },
    },
    ['create', 'creator', 'levels', 'open', 'alice', 'bobAgain', 'name'],
  );
}

/** Bob names the room while the creator takes his power away: the name goes back, and that was asked for. */
export function revocation(version: string): SketchedSlice {
  const bobsLevels = { users: { [creator]: 100, [bob]: 50 } };
  return slice(version, {
    ...beginning,
    levels: at(2, levels(bobsLevels), 'creator', 'creator'),
    first: at(6, { type: 'm.room.name', key: '', content: { name: 'first' } }, 'bob', 'creator', 'levels'),
    name: at(
      8,
      { type: 'm.room.name', key: '', sender: bob, content: { name: 'ours' } },
      'first',
      'bob',
      'levels',
    ),
    demoted: at(7, levels({ users: { [creator]: 100 } }), 'first', 'creator', 'levels'),
    merge: { ...at(9, says(bob), 'name', 'bob', 'levels'), prev: ['name', 'demoted'] },
  });
}

/**
 * A newer entry by somebody with more power loses to the one it replaced, because both are power events that do not rest on
 * each other, and those are ordered by power first. No clock is wrong here, nothing is missing, and nobody lost power.
 */
export function overtaken(version: string): ReadonlyMap<string, MatrixEvent> {
  const create = rulesOf(version).roomIdIsCreateEvent ? [] : ['create'];
  const event = (
    when: number,
    what: EventSketch,
    prev: readonly string[],
    ...auth: readonly string[]
  ): EventSketch => ({ ...what, at: when, prev, auth: [...create, ...auth] });
  const powers = { ...(create.length === 0 ? {} : { [creator]: 100 }), [alice]: 50 };
  return sketchRoom(version, {
    creator: event(1, member(creator, 'join'), ['create']),
    levels: event(2, levels({ users: powers }), ['creator'], 'creator'),
    open: event(3, joinRule('public'), ['levels'], 'creator', 'levels'),
    alice: event(4, member(alice, 'join'), ['open'], 'levels', 'open'),
    bob: event(5, member(bob, 'join'), ['alice'], 'levels', 'open'),
    closed: event(6, by(alice, joinRule('invite')), ['bob'], 'alice', 'levels'),
    reopened: event(7, joinRule('public'), ['closed'], 'creator', 'levels'),
    beside: event(8, says(bob), ['closed'], 'bob', 'levels'),
    merge: event(9, says(bob), ['reopened', 'beside'], 'bob', 'levels'),
  });
}
