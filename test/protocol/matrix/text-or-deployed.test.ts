// Every place in which deployed servers do otherwise than the specification says: both are known, and one is chosen.
// protocol/matrix/README.md lists the places.
import { describe, expect, it } from 'vitest';
import { requiredSigners } from '../../../protocol/matrix/signing.ts';
import type { ResolutionStep } from '../../../protocol/matrix/state-resolution/explanation.ts';
import { isPowerEvent } from '../../../protocol/matrix/state-resolution/power-ordering.ts';
import {
  creator,
  joinRule,
  judgeByState,
  levels,
  member,
  rulesOf,
  sketch,
  sketchRoom,
  type EventSketch,
} from '../../support/auth-cases.ts';
import { explained, resolvedNames, type SketchedRoom } from '../../support/sketched-resolution.ts';

const ann = '@ann:one';
const bob = '@bob:two';

type Sketches = Readonly<Record<string, EventSketch>>;

interface Difference {
  readonly what: string;
  readonly versions: readonly string[];
  readonly room?: Sketches;
  readonly event: EventSketch;
  /** The rule that refuses the event, or that it is allowed. */
  readonly deployed: string;
  readonly text: string;
}

const closed = (federate: boolean | string): EventSketch => ({
  type: 'm.room.create',
  key: '',
  prev: [],
  content: { creator, 'm.federate': federate },
});

const byTheRules: readonly Difference[] = [
  {
    what: 'a user of another server is invited into a room that does not federate',
    versions: ['1', '11', '12'],
    room: { create: closed(false) },
    event: member(bob, 'invite', creator),
    deployed: 'federate.refused',
    text: 'allowed',
  },
  {
    what: 'm.federate is something else than true or false',
    versions: ['1', '11', '12'],
    room: { create: closed('yes'), bob: member(bob, 'join') },
    event: { sender: bob },
    deployed: 'federate.refused',
    text: 'allowed',
  },
  {
    what: 'an invited user joins a room without join rules',
    versions: ['1', '7', '11', '12'],
    room: { bob: member(bob, 'invite', creator) },
    event: member(bob, 'join'),
    deployed: 'allowed',
    text: 'join.rule',
  },
  {
    what: 'nobody invited a user who joins a room without join rules',
    versions: ['1', '11'],
    event: member(bob, 'join'),
    deployed: 'join.not-invited',
    text: 'join.rule',
  },
  {
    what: 'power levels with a state key of their own raise somebody above their sender',
    versions: ['1', '6', '11', '12'],
    room: {
      ann: member(ann, 'join'),
      levels: levels({ users: { [ann]: 50 } }),
    },
    event: { ...levels({ users: { [ann]: 50, [bob]: 60 } }), key: 'other', sender: ann },
    deployed: 'allowed',
    text: 'power-levels.user-raised-above-own',
  },
  {
    what: 'a redaction by somebody without the level names no event',
    versions: ['1', '2'],
    room: { bob: member(bob, 'join'), levels: levels({}) },
    event: { type: 'm.room.redaction', sender: bob },
    deployed: 'allowed',
    text: 'redaction.level',
  },
];

describe('authorisation rules, as deployed and by the text, when', () => {
  const cases = byTheRules.flatMap((each) =>
    each.versions.map((version): [string, string, Difference] => [each.what, version, each]),
  );
  it.each(cases)('%s (version %s)', (_what, version, { room, event, deployed, text }) => {
    const judge = (name: string): string => {
      const outcome = judgeByState(sketch('new', name, event), sketchRoom(name, room ?? {}));
      return outcome.ok ? 'allowed' : outcome.rule;
    };
    expect(judge(version)).toBe(deployed);
    expect(judge(`${version} text`)).toBe(text);
  });

  it.each(['8', '11', '12'])('a leave names an authorising user (version %s)', (version) => {
    const leave = member(bob, 'leave', bob, { join_authorised_via_users_server: ann });
    expect(requiredSigners(sketch('new', version, leave))).toEqual(['two']);
    expect(requiredSigners(sketch('new', `${version} text`, leave))).toEqual(['two', 'one']);
    expect(requiredSigners(sketch('new', '7 text', leave))).toEqual(['two']);
  });
});

/** A room of four: the creator, ann and bob, and power levels that ann's and bob's events may rest on. */
function room(version: string, more: Sketches, rejected?: readonly string[]): SketchedRoom {
  const cited = version.startsWith('12') ? [] : ['create'];
  const base: Sketches = {
    creator: { ...member(creator, 'join'), auth: cited, at: 1 },
    levels: {
      ...levels({ users: version.startsWith('12') ? { [ann]: 50 } : { [creator]: 100, [ann]: 50 } }),
      auth: [...cited, 'creator'],
      at: 2,
    },
    rules: { ...joinRule('public'), auth: [...cited, 'creator', 'levels'], at: 3 },
    ann: { ...member(ann, 'join'), auth: [...cited, 'levels', 'rules'], at: 4 },
  };
  return {
    version,
    events: sketchRoom(version, { ...base, ...more }),
    ...(rejected === undefined ? {} : { rejected }),
  };
}

const always = ['create', 'creator', 'rules', 'ann'];
const topic = (sender: string, at: number, auth: readonly string[]): EventSketch => ({
  type: 'm.room.topic',
  key: '',
  sender,
  at,
  auth,
});

function stepsOf<K extends ResolutionStep['kind']>(
  sketched: SketchedRoom,
  sets: readonly (readonly string[])[],
  kind: K,
): Extract<ResolutionStep, { kind: K }>[] {
  return explained(sketched, sets).steps.filter(
    (step): step is Extract<ResolutionStep, { kind: K }> => step.kind === kind,
  );
}

describe('state resolution, as deployed and by the text, when', () => {
  it('an event of every state is cited below one of them only (the auth difference)', () => {
    const sketches: Sketches = {
      newer: { ...levels({ users: { [ann]: 50 }, ban: 40 }), auth: ['creator', 'levels'], at: 5 },
      resting: topic(ann, 6, ['newer', 'ann']),
      late: topic(ann, 7, ['levels', 'ann']),
    };
    const sets = [
      [...always, 'newer', 'resting'],
      [...always, 'newer', 'late'],
    ];
    // Deployed servers find the newer levels in both chains: nothing makes a mainline, and the later topic wins.
    expect(resolvedNames(room('12', sketches), sets)).toContain('late');
    // By the text they are in one chain only, and the topic that rests on them is ordered after the other.
    expect(resolvedNames(room('12 text', sketches), sets)).toContain('resting');
  });

  it('a rejected event is in the full conflicted set', () => {
    const sketches: Sketches = {
      early: topic(creator, 6, ['create', 'creator', 'levels']),
      late: topic(creator, 7, ['create', 'creator', 'levels']),
    };
    const sets = [
      [...always, 'levels', 'early'],
      [...always, 'levels', 'late'],
    ];
    expect(resolvedNames(room('11', sketches, ['late']), sets)).toContain('early');
    expect(resolvedNames(room('11 text', sketches, ['late']), sets)).toContain('late');
  });

  it('a rejected event has just been let in, and others rest on it', () => {
    const sketches: Sketches = {
      banned: { ...member(ann, 'ban', creator), auth: ['create', 'creator', 'levels', 'ann'], at: 6 },
      said: topic(ann, 7, ['create', 'levels', 'ann']),
    };
    const sets = [
      ['create', 'creator', 'rules', 'levels', 'banned'],
      [...always, 'levels', 'said'],
    ];
    expect(resolvedNames(room('11', sketches, ['banned']), sets)).toContain('said');
    expect(resolvedNames(room('11 text', sketches, ['banned']), sets)).not.toContain('said');
  });

  it.each<[string, EventSketch, boolean, boolean]>([
    ['a create event', { type: 'm.room.create', key: '' }, true, false],
    ['power levels in force', levels({}), true, true],
    ['power levels with a state key', { ...levels({}), key: 'other' }, false, true],
    ['join rules with a state key', { ...joinRule('public'), key: 'other' }, false, true],
    ['a message called m.room.power_levels', { type: 'm.room.power_levels' }, false, false],
    ['a ban', member(bob, 'ban', ann), true, true],
    ['a kick', member(bob, 'leave', ann), true, true],
    ['a leave', member(bob, 'leave'), false, false],
    ['an invite', member(bob, 'invite', ann), false, false],
  ])('%s might be a power event', (_what, event, deployed, text) => {
    expect(isPowerEvent(sketch('new', '11', event), rulesOf('11'))).toBe(deployed);
    expect(isPowerEvent(sketch('new', '11', event), rulesOf('11 text'))).toBe(text);
  });

  it('an auth chain leads from one power event to another through an event outside the full conflicted set', () => {
    const sketches: Sketches = {
      first: {
        ...levels({ users: { [ann]: 50, [creator]: 100 } }),
        sender: ann,
        auth: ['create', 'ann'],
        at: 9,
      },
      bob: { ...member(bob, 'join'), auth: ['create', 'rules', 'first'], at: 10 },
      second: { ...levels({}), sender: ann, auth: ['create', 'bob'], at: 8 },
      // In both states, so that bob is in both auth chains.
      said: { ...topic(bob, 11, ['create', 'bob']) },
    };
    const sets = [
      [...always, 'bob', 'said', 'first'],
      [...always, 'bob', 'said', 'second'],
    ];
    const order = (version: string) =>
      stepsOf(room(version, sketches), sets, 'power-ordering').map(({ order: each }) =>
        each.map(({ eventId }) => eventId),
      );
    expect(order('11')).toEqual([['$second', '$first']]);
    expect(order('11 text')).toEqual([['$first', '$second']]);
  });

  it('none of the candidates of version 1 is allowed', () => {
    const sketches: Sketches = {
      shallow: topic(bob, 6, ['create', 'levels']),
      deep: topic(bob, 7, ['create', 'levels']),
    };
    const sets = [
      [...always, 'levels', 'shallow'],
      [...always, 'levels', 'deep'],
    ];
    expect(resolvedNames(room('1', sketches), sets)).toContain('shallow');
    expect(resolvedNames(room('1 text', sketches), sets)).toEqual([...always, 'levels'].sort());
  });
});

describe('what surprises, and is the same by the text and as deployed:', () => {
  it.each(['12', '12 text'])('without a conflict about power levels there is no mainline (%s)', (version) => {
    // The iterative auth checks of version 2.1 begin with nothing, so that step 3 finds no power levels.
    const sketches: Sketches = {
      newer: { ...levels({ users: { [ann]: 50 }, ban: 40 }), auth: ['creator', 'levels'], at: 5 },
      resting: topic(ann, 6, ['newer', 'ann']),
      late: topic(ann, 7, ['newer', 'ann']),
    };
    const sets = [
      [...always, 'newer', 'resting'],
      [...always, 'newer', 'late'],
    ];
    expect(stepsOf(room(version, sketches), sets, 'mainline-ordering')).toMatchObject([{ mainline: [] }]);
    expect(resolvedNames(room(version, sketches), sets)).toContain('late');
  });

  it.each(['11', '11 text'])(
    'without a mainline ancestor comes before the oldest mainline event (%s)',
    (version) => {
      const sketches: Sketches = {
        resting: topic(creator, 6, ['create', 'creator', 'levels']),
        rootless: topic(creator, 7, ['create', 'creator']),
      };
      const sets = [
        [...always, 'levels', 'resting'],
        [...always, 'levels', 'rootless'],
      ];
      expect(stepsOf(room(version, sketches), sets, 'mainline-ordering')).toMatchObject([
        { order: [{ eventId: '$rootless', mainlinePosition: Infinity }, { mainlinePosition: 0 }] },
      ]);
      expect(resolvedNames(room(version, sketches), sets)).toContain('resting');
    },
  );

  it.each(['1', '9', '9 text'])(
    'power levels may be strings with blanks and signs before version 10 (%s)',
    (version) => {
      const judge = (level: string): boolean =>
        judgeByState(
          sketch('new', version, { type: 'm.room.topic', key: '', sender: ann }),
          sketchRoom(version, { ann: member(ann, 'join'), levels: levels({ users: { [ann]: level } }) }),
        ).ok;
      for (const level of ['50', ' 50 ', '+50', '00050', '\t+050\n']) expect(judge(level)).toBe(true);
      for (const level of ['49', '-50', '5e1', '50.0', '', 'many', '0x32']) expect(judge(level)).toBe(false);
    },
  );
});
