// Sample rooms with something wrong added or done to them: the verdict is that of the rule that says so, and nothing else
// changes.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { authEventKeys } from '../../../protocol/matrix/auth-events.ts';
import {
  memberKey,
  membershipOf,
  powerLevelsKey,
  splitStateMapKey,
} from '../../../protocol/matrix/auth-state.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { contentHash } from '../../../protocol/matrix/hashes.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { judgeRoom, type EventJudgement, type RoomJudgement } from '../../../protocol/matrix/judge-room.ts';
import { powerLevelsOf, requiredPowerLevel, userPowerLevel } from '../../../protocol/matrix/power-levels.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import type { KeyLookup } from '../../../protocol/matrix/signing.ts';
import type { Outcome } from '../../../protocol/outcome.ts';
import { judgedRoom, type JudgedRoom } from '../../support/judged-rooms.ts';
import { keysOf, sampleRooms } from '../../support/matrix-vectors.ts';

/** Joined members who may send a message where a room ends. */
function speakersIn({ judgement, rules }: JudgedRoom): readonly string[] {
  const { resolvedState, room } = judgement;
  const state = room.authState(resolvedState);
  const required = requiredPowerLevel('m.room.message', false, powerLevelsOf(state(powerLevelsKey)));
  return [...resolvedState.entries()].flatMap(([key]) => {
    const [type, user] = splitStateMapKey(key);
    if (type !== 'm.room.member' || membershipOf(state, user) !== 'join') return [];
    return userPowerLevel(user, state, rules) >= required ? [user] : [];
  });
}

/** One room of each version in which somebody may still speak. */
const rooms = [
  ...new Map(
    sampleRooms
      .map(judgedRoom)
      .filter((room) => speakersIn(room).length > 0)
      .map((room) => [room.rules.id, room]),
  ).values(),
];
const named = rooms.map((room): [string, JudgedRoom] => [`version ${room.rules.id} (${room.name})`, room]);

function judge(room: JudgedRoom, pdus: readonly JsonObject[], keys?: KeyLookup): RoomJudgement {
  const judged = tryToJudge(room, pdus, keys);
  if (!judged.ok) throw new Error(judged.detail);
  return judged.value;
}

function tryToJudge(
  { rules, roomId }: JudgedRoom,
  pdus: readonly JsonObject[],
  keys?: KeyLookup,
): Outcome<RoomJudgement> {
  return judgeRoom({ rules, roomId, pdus, keys });
}

const pdusOf = ({ vector }: JudgedRoom): readonly JsonObject[] => vector.events.map(({ pdu }) => pdu);

/** All that lasts of a judgement, by event id. */
function lasting(events: readonly EventJudgement[]): ReadonlyMap<string, string> {
  return new Map(
    events.map(({ event, accepted, stage, rule, stateBefore, stateAfter }) => [
      event.eventId,
      [accepted, accepted ? '' : `${stage ?? ''} ${rule ?? ''}`, stateBefore.digest, stateAfter.digest].join(
        ' ',
      ),
    ]),
  );
}

/** Makes events that go on from where a room ends, by one of its members. */
class Author {
  readonly sender: string;
  readonly #room: JudgedRoom;
  #count = 0;

  constructor(room: JudgedRoom) {
    this.#room = room;
    this.sender = present(speakersIn(room)[0], 'a member who may speak');
  }

  /** The event that a state has for a key. */
  inState(key: string): EventId | undefined {
    return this.#room.judgement.resolvedState.getKey(key);
  }

  references(ids: readonly string[]): JsonObject['prev_events'] {
    const { rules } = this.#room;
    return rules.eventIdFormat === 'explicit' ? ids.map((id) => [id, { sha256: '' }]) : ids;
  }

  /** A message, changed in these fields; its auth events are those it must cite, or the ones given. */
  event(change: JsonObject, auth?: (right: readonly EventId[]) => readonly string[]): JsonObject {
    const { rules, roomId, judgement } = this.#room;
    const base = { type: 'm.room.message', sender: this.sender, content: {}, ...change };
    const { state_key: stateKey } = change;
    const subject = { ...base, stateKey: typeof stateKey === 'string' ? stateKey : undefined };
    const right = authEventKeys(subject, rules).flatMap((key) => this.inState(key) ?? []);
    const pdu: JsonObject = {
      room_id: roomId,
      depth: 1_000,
      origin_server_ts: 2_000_000_000_000 + this.#count++,
      prev_events: this.references(judgement.forwardExtremities),
      auth_events: this.references(auth === undefined ? right : auth(right)),
      ...base,
      ...(rules.eventIdFormat === 'explicit' ? { event_id: `$mutant${this.#count}:${this.server}` } : {}),
    };
    const server = base.sender.slice(base.sender.indexOf(':') + 1);
    const signatures = { [server]: { 'ed25519:1': 'x' }, [this.server]: { 'ed25519:1': 'x' } };
    return { signatures, ...pdu, hashes: { sha256: contentHash(pdu) } };
  }

  get server(): string {
    return this.sender.slice(this.sender.indexOf(':') + 1);
  }
}

interface Mutant {
  readonly pdu: JsonObject;
  readonly stage: string | undefined;
  readonly rule: string | undefined;
}

function mutantsOf(room: JudgedRoom): readonly Mutant[] {
  const { rules, judgement } = room;
  const author = new Author(room);
  const { sender } = author;
  const [tip = ''] = judgement.forwardExtremities;
  const mutants: Mutant[] = [];
  const add = (stage: string | undefined, rule: string | undefined, pdu: JsonObject): void => {
    mutants.push({ pdu, stage, rule });
  };
  add(undefined, undefined, author.event({}));
  add('format', 'signature.missing', { ...author.event({}), signatures: {} });
  add(
    'format',
    'format.prev-events',
    author.event({ prev_events: author.references(Array<string>(21).fill(tip)) }),
  );
  add(
    'format',
    'format.auth-events',
    author.event({}, (right) => Array<string>(11).fill(right[0] ?? '')),
  );
  add('format', 'format.size', author.event({ type: 'x'.repeat(256) }));
  add('format', 'format.size', author.event({ content: { body: 'x'.repeat(65_536) } }));
  add(
    'independent',
    'auth-events.duplicate',
    author.event({}, (right) => [...right, right.at(-1) ?? '']),
  );
  const other = [...judgement.resolvedState.entries()].find(
    ([key]) => splitStateMapKey(key)[0] === 'm.room.member' && key !== memberKey(sender),
  );
  if (other !== undefined)
    add(
      'independent',
      'auth-events.unexpected',
      author.event({}, (right) => [...right, other[1]]),
    );
  if (!rules.roomIdIsCreateEvent)
    add(
      'independent',
      'auth-events.no-create',
      author.event({}, (right) => right.slice(1)),
    );
  const refused = judgement.events.find(
    ({ event, accepted }) => !accepted && event.stateMapKey === powerLevelsKey,
  );
  const levels = author.inState(powerLevelsKey);
  if (refused !== undefined && levels !== undefined) {
    const id = refused.event.eventId;
    add(
      'independent',
      'auth-events.rejected',
      author.event({}, (right) => right.map((each) => (each === levels ? id : each))),
    );
  }
  add(
    'independent',
    'create.prev-events',
    author.event({ type: 'm.room.create', state_key: '', content: { creator: sender } }, () => []),
  );
  add('auth_events', 'sender.not-joined', author.event({ sender: `@nobody:${author.server}` }));
  add(
    'auth_events',
    'sender.not-joined',
    author.event({}, (right) => right.filter((id) => id !== author.inState(memberKey(sender)))),
  );
  add(
    'auth_events',
    'member.incomplete',
    author.event({ type: 'm.room.member', content: { membership: 'join' } }),
  );
  add(
    'auth_events',
    'member.unknown-membership',
    author.event({ type: 'm.room.member', state_key: sender, content: { membership: 'guest' } }),
  );
  const gone = judgement.events.find(({ event, accepted }) => {
    const { stateKey = '', stateMapKey = '', content } = event;
    const now = judgement.room.get(author.inState(stateMapKey) ?? ('' as EventId))?.content['membership'];
    return (
      accepted &&
      event.type === 'm.room.member' &&
      content['membership'] === 'join' &&
      (now === 'leave' || now === 'ban') &&
      stateKey !== ''
    );
  });
  if (gone !== undefined) {
    const { stateKey: user = '', stateMapKey, eventId } = gone.event;
    add(
      'state_before',
      'sender.not-joined',
      // Without the power levels, which might keep the user from speaking even as a member.
      author.event({ sender: user }, (right) =>
        right.flatMap((id) => (id === author.inState(stateMapKey ?? '') ? eventId : id === levels ? [] : id)),
      ),
    );
  }
  return mutants;
}

it('there is a room of every version', () => {
  expect(rooms.map(({ rules }) => rules.id)).toEqual(specifiedRoomVersions.ids());
});

describe.each(named)('a room of %s', (_name, room) => {
  it('refuses what is added against the rules, by the rule that it breaks and at its stage', () => {
    const mutants = mutantsOf(room);
    expect(mutants.length).toBeGreaterThan(12);
    const { events } = judge(room, [...pdusOf(room), ...mutants.map(({ pdu }) => pdu)]);
    const added = events.slice(-mutants.length);
    expect(
      added.map(({ accepted, stage, rule }) => (accepted ? 'accepted' : `${stage ?? ''} ${rule ?? ''}`)),
    ).toEqual(mutants.map(({ stage, rule }) => (rule === undefined ? 'accepted' : `${stage ?? ''} ${rule}`)));
    // What stood before stands as it stood.
    expect(lasting(events.slice(0, -mutants.length))).toEqual(lasting(room.judgement.events));
  });

  it('refuses an event whose signature is broken, and those that rest on it', () => {
    const keys = keysOf(room.vector);
    const accepted = room.judgement.events.filter((each) => each.accepted).map(({ event }) => event);
    const cited = new Set(accepted.flatMap(({ authEvents }) => authEvents));
    const index = room.events.findLastIndex(
      (event) => accepted.some(({ eventId }) => eventId === event.eventId) && cited.has(event.eventId),
    );
    const pdus = pdusOf(room).map((pdu, at): JsonObject => {
      if (at !== index) return pdu;
      const broken = JSON.stringify(pdu['signatures']).replaceAll(
        /"([A-Za-z0-9+/]{86})"/g,
        `"${'A'.repeat(86)}"`,
      );
      return { ...pdu, signatures: JSON.parse(broken) as JsonObject };
    });
    const { events } = judge(room, pdus, keys);
    const broken = present(events[index], 'the broken event');
    expect(broken).toMatchObject({ accepted: false, stage: 'format', rule: 'signature.invalid' });
    expect(broken.stateAfter.equals(broken.stateBefore)).toBe(true);
    const resting = events.filter(({ event }) => event.authEvents.includes(broken.event.eventId));
    expect(resting.length).toBeGreaterThan(0);
    for (const each of resting) expect(each.accepted).toBe(false);
    expect(resting.map(({ rule }) => rule)).toContain('auth-events.rejected');
  });

  it('judges an event whose content was changed as the redacted event that its hash still vouches for', () => {
    const index = room.vector.events.findIndex(
      ({ pdu, expect: { accepted } }) => accepted && pdu['type'] === 'm.room.message',
    );
    const pdus = pdusOf(room).map((pdu, at) => (at === index ? { ...pdu, content: { body: 'other' } } : pdu));
    const { events } = judge(room, pdus, keysOf(room.vector));
    expect(events[index]).toMatchObject({ accepted: true, redacted: true, event: { content: {} } });
    expect(lasting(events)).toEqual(lasting(judge(room, pdusOf(room), keysOf(room.vector)).events));
  });

  it('keeps to itself when another room is mixed in', () => {
    const stranger = present(
      sampleRooms
        .map(judgedRoom)
        .find(({ rules, roomId }) => rules.id === room.rules.id && roomId !== room.roomId),
      'another room of the version',
    );
    const mixed = [...pdusOf(room), ...pdusOf(stranger)];
    const { events, resolvedState, forwardExtremities } = judge(room, mixed);
    const own = room.vector.events.length;
    expect(lasting(events.slice(0, own))).toEqual(lasting(room.judgement.events));
    expect(forwardExtremities).toEqual(room.judgement.forwardExtremities);
    expect(resolvedState.sha256()).toBe(room.judgement.resolvedState.sha256());
    for (const { accepted, rule } of events.slice(own))
      expect({ accepted, rule }).toEqual({ accepted: false, rule: 'room.other-room' });
  });

  it('judges an event that lost an edge to a predecessor by the state after those that it still has', () => {
    const author = new Author(room);
    const merges = room.events.filter(({ prevEvents }) => prevEvents.length > 1);
    expect(merges.length).toBeGreaterThan(0);
    const cut = merges.map(({ eventId, prevEvents: [, ...rest], pdu }): [readonly EventId[], JsonObject] => {
      const { hashes: _old, ...bare } = pdu;
      const changed: JsonObject = {
        ...bare,
        prev_events: author.references(rest),
        ...(room.rules.eventIdFormat === 'explicit' ? { event_id: eventId.replace(':', 'cut:') } : {}),
      };
      return [rest, { ...changed, hashes: { sha256: contentHash(changed) } }];
    });
    const { events, room: graph } = judge(room, [...pdusOf(room), ...cut.map(([, pdu]) => pdu)]);
    for (const [index, { stateBefore }] of events.slice(-cut.length).entries()) {
      const [rest] = present(cut[index], 'what was cut');
      expect(stateBefore.sha256()).toBe(graph.stateAfterAll(rest).sha256());
    }
    expect(lasting(events.slice(0, -cut.length))).toEqual(lasting(room.judgement.events));
  });

  it('names an event that is cited and missing', () => {
    const cited = new Set(room.events.flatMap(({ prevEvents }) => prevEvents));
    const index = room.vector.events.findLastIndex(({ event_id: id }) => cited.has(id as EventId));
    const pdus = pdusOf(room).filter((_pdu, at) => at !== index);
    expect(tryToJudge(room, pdus)).toMatchObject({ ok: false, rule: 'room.missing-event' });
  });
});
