// `room shrink`: what a room shows survives under other names and smaller; what it said of people does not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import type { JsonObject, JsonValue } from '../../protocol/matrix/canonical-json.ts';
import { toBase64 } from '../../protocol/bytes.ts';
import { ed25519Signer } from '../../protocol/crypto.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import { judgeSlice } from '../../protocol/matrix/slice/judge-slice.ts';
import { signJson } from '../../protocol/matrix/signing.ts';
import { caseText } from '../../scenarios/cases/case-file.ts';
import { anonymousRoom } from '../../scenarios/room-shrink/anonymous-room.ts';
import { caseOfRoom } from '../../scenarios/room-shrink/case-of-room.ts';
import { readQuestion } from '../../scenarios/room-shrink/room-question.ts';
import { judgedRoom, shownBy } from '../../scenarios/room-shrink/room-shows.ts';
import { roomToShrink, shrinkRoom, type ShrunkRoom } from '../../scenarios/room-shrink/shrink-room.ts';
import { knownKeys, readRoomFile } from '../../scenarios/room-file.ts';
import type { ResolutionProblem } from '../../scenarios/search/resolution/problem.ts';
import { swarmRooms } from '../../scenarios/search/rooms/room-arbitraries.ts';
import { readVector, sampleRooms } from '../support/matrix-vectors.ts';
import { dumpOf, tellings } from '../support/told-room.ts';

function roomOf(text: string) {
  const room = roomToShrink(readRoomFile(text, 'dump'));
  if (!room.ok) throw new Error(room.detail);
  return room.value;
}

function shrunk(text: string, keep: string, tries = Infinity): ShrunkRoom {
  const room = roomOf(text);
  const question = readQuestion(keep);
  if (!question.ok) throw new Error(question.detail);
  const shrinking = shrinkRoom(room, present(shownBy(room, question.value), keep));
  let step = shrinking.next(false);
  while (step.done !== true) step = shrinking.next(step.value.tried >= tries);
  if (!step.value.ok) throw new Error(step.value.detail);
  return step.value.value;
}

/** Names of fields as well as values. */
function stringsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap(stringsIn);
  return Object.entries(value).flatMap(([key, each]) => [key, ...stringsIn(each)]);
}

const identity = ed25519Signer(new Uint8Array(32).fill(7));
const signed = signJson(
  {
    mxid: '@secret-bob:private.example.org',
    token: 'token-of-bob-at-work',
    sender: '@secret-alice:private.example.org',
  },
  { server: 'identity.private.org' as ServerName, keyId: 'ed25519:geheim', signer: identity },
);

/** A room that says too much in every place where something can be said. */
function hostileDump(): string {
  const alice = '@secret-alice:private.example.org';
  const bob = '@secret-bob:private.example.org';
  const events: JsonObject[] = [];
  const add = (id: string, prev: readonly string[], auth: readonly string[], event: JsonObject): void => {
    events.push({
      event_id: id,
      room_id: '!verysecretroom:private.example.org',
      sender: alice,
      prev_events: prev,
      auth_events: auth,
      depth: events.length,
      origin_server_ts: 1_234_567_890_123 + events.length,
      unsigned: { transaction_id: 'transaction-of-alice', prev_content: { topic: 'former topic' } },
      'org.secret.toplevel': 'said-at-top-level',
      ...event,
    });
  };
  const state = (type: string, stateKey: string, content: JsonObject): JsonObject => ({
    type,
    state_key: stateKey,
    content,
  });
  add(
    '$the-create',
    [],
    [],
    state('m.room.create', '', {
      room_version: '11',
      type: 'org.secret.roomtype',
      predecessor: { room_id: '!predecessor:private.example.org', event_id: '$old-event-id' },
    }),
  );
  add(
    '$alice-in',
    ['$the-create'],
    ['$the-create'],
    state('m.room.member', alice, {
      membership: 'join',
      displayname: 'Alice Geheim',
      avatar_url: 'mxc://private.example.org/avatarOfAlice',
      reason: 'because of bob',
    }),
  );
  const base = ['$the-create', '$alice-in'];
  add(
    '$power',
    ['$alice-in'],
    base,
    state('m.room.power_levels', '', {
      users: { [alice]: 31_337, [bob]: 1 },
      events: { 'org.secret.eventtype': 4_711 },
      notifications: { 'secret-notification': 3 },
      'org.secret.level': 'none',
    }),
  );
  const auth = [...base, '$power'];
  add(
    '$rules',
    ['$power'],
    auth,
    state('m.room.join_rules', '', {
      join_rule: 'invite',
      allow: [{ type: 'm.room_membership', room_id: '!allowed:private.example.org' }],
    }),
  );
  add(
    '$third',
    ['$rules'],
    auth,
    state('m.room.third_party_invite', 'token-of-bob-at-work', {
      display_name: 'bob@private.example.org',
      key_validity_url: 'https://identity.private.org/valid',
      public_key: toBase64(identity.publicKey),
    }),
  );
  add(
    '$bob-invited',
    ['$third'],
    [...auth, '$rules', '$third'],
    state('m.room.member', bob, {
      membership: 'invite',
      third_party_invite: { display_name: 'b…@private', signed },
    }),
  );
  add(
    '$alias',
    ['$bob-invited'],
    auth,
    state('m.room.canonical_alias', '', {
      alias: '#secretalias:private.example.org',
      alt_aliases: ['#otheralias:private.example.org'],
    }),
  );
  add(
    '$custom',
    ['$alias'],
    auth,
    state('org.secret.eventtype', 'key-with-a-name-in-it', {
      'field-with-a-name': ['deep', { deeper: 'value-in-the-deep' }],
    }),
  );
  add('$bob-in', ['$custom'], ['$the-create', '$power', '$rules', '$bob-invited'], {
    ...state('m.room.member', bob, { membership: 'join' }),
    sender: bob,
  });
  add('$message', ['$bob-in'], ['$the-create', '$power', '$bob-in'], {
    sender: bob,
    type: 'm.room.message',
    content: { body: 'the secret itself', 'm.relates_to': { event_id: '$custom' } },
  });
  add('$refused', ['$message'], ['$the-create', '$power', '$bob-in'], {
    ...state('m.room.topic', '', { topic: 'what bob may not set' }),
    sender: bob,
  });
  return JSON.stringify(events);
}

/** The same as one document. */
function hostileRoom(): string {
  return JSON.stringify({ room_version: '11', events: JSON.parse(hostileDump()) as JsonValue });
}

describe('a room under invented names', () => {
  it.each(sampleRooms.filter((_file, index) => index % 8 === 0))('%s is judged as before', (file) => {
    const room = roomOf(JSON.stringify(readVector(file)));
    const before = present(judgedRoom(room), 'a judgement');
    const after = present(judgedRoom(anonymousRoom(room).problem), 'a judgement');
    const verdicts = ({ events }: typeof before): readonly unknown[] =>
      events.map(({ accepted, softFailed, rule, stage }) => [accepted, softFailed, rule, stage]);
    // What was refused for its size has become a bad signature.
    const told = (judged: typeof before): string =>
      JSON.stringify(verdicts(judged)).replaceAll(/"(format|signature|room)\.[a-z-]+"/g, '"form"');
    expect(told(after)).toBe(told(before));
    expect(after.resolvedState.size).toBe(before.resolvedState.size);
  });
});

/** Everything that may be kept of a room; what rests on drawn forks twice, since it is rare. */
function keepsOf(room: ResolutionProblem): readonly string[] {
  const judged = present(judgedRoom(room), 'a judgement');
  const verdicts = judged.events.flatMap(({ event: { eventId }, accepted, softFailed, rule }) => [
    ...(accepted ? [] : [`rejected:${eventId}`, `rejected:${rule ?? ''}`]),
    ...(softFailed ? [`soft-failed:${eventId}`] : []),
  ]);
  const entries = judged.resolvedState.sorted().map(([type, key, id]) => `state:${type},${key}=${id}`);
  const ofForks = ['reset', 'observer', 'diff:v1,v2', 'diff:v2,v2.1', 'versions:6,11', 'versions:9,10'];
  return [...ofForks, ...ofForks, ...verdicts, ...entries].filter((keep) => {
    const question = readQuestion(keep);
    return question.ok && shownBy(room, question.value) !== undefined;
  });
}

describe('a drawn room', () => {
  it('says nothing that it has said, whatever is kept of it and however far it was shrunk', () => {
    const kept = new Map<string, number>();
    fc.assert(
      fc.property(
        swarmRooms({ maxSteps: 24, maxUsers: 5 }),
        fc.constantFrom('1', '6', '9', '11', '12'),
        tellings,
        fc.nat(),
        fc.constantFrom(0, 0, 3, 20),
        (recipe, version, telling, which, tries) => {
          const { text, secrets } = dumpOf(recipe, version, telling);
          const room = roomOf(text);
          // Events of another room are of this one afterwards, and what rests on them is refused.
          fc.pre(new Set(room.events.map(({ roomId }) => roomId)).size === 1);
          const keeps = keepsOf(room);
          const keep = present(keeps[which % keeps.length], 'something to keep');
          const small = shrunk(text, keep, tries);
          const [kind = ''] = keep.split(':');
          kept.set(kind, (kept.get(kind) ?? 0) + 1);
          const document = caseOfRoom(small.room, small.shown.question, 'a command');
          const output = [
            ...stringsIn(small.document),
            small.shown.words,
            ...(document === undefined ? [] : [caseText(document)]),
          ].map((each) => each.toLowerCase());
          for (const secret of secrets)
            expect(output.filter((each) => each.includes(secret.toLowerCase()))).toEqual([]);
        },
      ),
      // A smaller room that says something is a matter of minutes: ask for it where one does.
      { seed: 11, numRuns: 60, endOnFailure: true },
    );
    expect([...kept.keys()].sort()).toEqual(
      expect.arrayContaining(['diff', 'rejected', 'state', 'versions']),
    );
  });
});

/** The dump without the events at every so manieth place. */
function withGaps(text: string, every: number, offset: number): string {
  const dump = JSON.parse(text) as { readonly events: readonly JsonObject[] };
  const events = dump.events.filter((_event, index) => index % every !== offset % every);
  return JSON.stringify({ ...dump, events });
}

/** What is rejected for certain in part of a room, not for its form. */
function rejectedInPart(text: string): readonly string[] {
  const read = readRoomFile(text, 'dump');
  const given = { before: new Map(), after: new Map() };
  const judged = judgeSlice({ ...read, keys: knownKeys(read), outliers: [], given });
  if (!judged.ok) return [];
  return judged.value.events
    .filter(({ verdict, stage }) => verdict === 'rejected' && stage !== 'format')
    .map(({ event, rule }) => `${event.eventId} by ${rule ?? ''}`);
}

/** Events that cite what is not there. */
const citingGaps = ({ events, missing = new Set() }: ResolutionProblem): number =>
  events.filter(({ prevEvents, authEvents }) => [...prevEvents, ...authEvents].some((id) => missing.has(id)))
    .length;

describe('part of a room', () => {
  it('says nothing that it has said, and rejects for certain what it did; what is missing stays missing', () => {
    let gaps = 0;
    fc.assert(
      fc.property(
        swarmRooms({ maxSteps: 24, maxUsers: 5 }),
        fc.constantFrom('1', '6', '9', '11', '12'),
        tellings,
        fc.integer({ min: 3, max: 8 }),
        fc.nat(),
        (recipe, version, telling, every, which) => {
          const dump = dumpOf(recipe, version, telling);
          const text = withGaps(dump.text, every, which);
          fc.pre(text.includes('"sender"'));
          fc.pre(new Set(readRoomFile(text, 'dump').events.map(({ roomId }) => roomId)).size === 1);
          const rejected = rejectedInPart(text);
          fc.pre(roomOf(text).missing !== undefined && rejected.length > 0);
          const [id = '', rule] = present(rejected[which % rejected.length], 'an event').split(' by ');
          const small = shrunk(text, `rejected:${id}`, 40);
          gaps += citingGaps(small.room);
          // Whoever reads it knows as little of the missing events, and comes to the same.
          const again = rejectedInPart(JSON.stringify(small.document));
          if (small.room.missing !== undefined)
            expect(again).toContainEqual(expect.stringMatching(new RegExp(` by ${rule ?? ''}$`)));
          const output = [...stringsIn(small.document), small.shown.words].map((each) => each.toLowerCase());
          for (const secret of dump.secrets)
            expect(output.filter((each) => each.includes(secret.toLowerCase()))).toEqual([]);
        },
      ),
      { seed: 12, numRuns: 40, endOnFailure: true },
    );
    expect(gaps).toBeGreaterThan(10);
  });

  it('keeps every gap of the events that stay: an event that cites what nobody has goes on doing so', () => {
    const text = withGaps(hostileRoom(), 100, 9);
    const { room } = shrunk(text, 'rejected:$refused');
    expect(room.missing?.size).toBeGreaterThan(0);
    const refused = present(room.events.at(-1), 'the refused event');
    expect([...refused.prevEvents, ...refused.authEvents].some((id) => room.missing?.has(id) === true)).toBe(
      true,
    );
  });

  it('does not show what rests on what is missing', () => {
    const whole = roomOf(hostileRoom());
    const refused = readQuestion('rejected:$refused');
    if (!refused.ok) throw new Error(refused.detail);
    expect(shownBy(whole, refused.value)).toBeDefined();
    // Without the power levels nobody knows whether Bob may set a topic.
    expect(shownBy(roomOf(withGaps(hostileRoom(), 100, 2)), refused.value)).toBeUndefined();
    const others = ['reset', 'observer', 'diff:v2,v2.1', 'soft-failed:$refused', 'state:m.room.topic,=none'];
    for (const keep of others) {
      const question = readQuestion(keep);
      if (!question.ok) throw new Error(question.detail);
      expect(shownBy(roomOf(withGaps(hostileRoom(), 100, 5)), question.value)).toBeUndefined();
    }
  });
});

describe('the smallest room', () => {
  const dump = hostileDump();
  const keywords = /^(m\.room\.[a-z_]+|join|invite|leave|public|11|room)$/;

  it.each([
    'rejected:$refused',
    'state:org.secret.eventtype,key-with-a-name-in-it=$custom',
    'state:m.room.member,@secret-bob:private.example.org=$bob-in',
  ])('that shows %s says nothing that the dump has said', (keep) => {
    const { document, eventsBefore, room } = shrunk(dump, keep);
    expect(room.events.length).toBeLessThan(eventsBefore);
    const text = JSON.stringify(document).toLowerCase();
    const fields = new Set([
      'event_id',
      'room_id',
      'sender',
      'prev_events',
      'auth_events',
      'depth',
      'origin_server_ts',
      'type',
      'topic',
      'state_key',
      'content',
      'room_version',
      'membership',
      'join_rule',
      'public_key',
      'third_party_invite',
      'signed',
      'mxid',
      'token',
      'signatures',
      'users',
      'events',
      'notifications',
    ]);
    for (const each of stringsIn(JSON.parse(dump) as JsonValue))
      if (each.length > 4 && !keywords.test(each) && !fields.has(each))
        expect(text).not.toContain(each.toLowerCase());
    expect(text).not.toContain('31337');
  });

  it('keeps an invite by a third party, proved anew', () => {
    const { document } = shrunk(dump, 'state:m.room.member,@secret-bob:private.example.org=$bob-in', 0);
    const judged = present(judgedRoom(roomOf(JSON.stringify(document))), 'a judgement');
    expect(judged.events.filter(({ accepted }) => !accepted).map(({ rule }) => rule)).toEqual(['send.level']);
  });

  it.each([
    ['reset', 12],
    ['rejected:sender.not-joined', 12],
    ['observer', 30],
    ['diff:v2,v2.1', 14],
    ['versions:10,11', 12],
  ])(
    'of one of the sample rooms that shows %s has at most %d events, is signed, and the same again',
    (keep, most) => {
      const question = readQuestion(keep);
      if (!question.ok) throw new Error(question.detail);
      const text = sampleRooms
        .map((file) => JSON.stringify(readVector(file)))
        .find((each) => shownBy(roomOf(each), question.value) !== undefined);
      const small = shrunk(present(text, `a room with ${keep}`), keep);
      expect(small.room.events.length).toBeLessThanOrEqual(most);
      const judged = present(judgedRoom(small.room), 'a judgement');
      expect(judged.events.some(({ accepted }) => accepted)).toBe(true);
      if (keep === 'reset') {
        expect(shrunk(present(text, keep), keep).document).toEqual(small.document);
        const document = present(caseOfRoom(small.room, small.shown.question, 'a command'), 'a case');
        expect(document.expect[0]).toHaveProperty('violates');
      }
    },
  );
});
