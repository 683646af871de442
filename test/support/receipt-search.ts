// PDUs as anybody may send them: drawn, damaged in any place before or after they are signed, and put before a real homeserver. What it
// takes in is held against what the checks on receipt promise, by the bytes that it keeps and not by what the checks said.
// https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
import fc from 'fast-check';
import { present } from '../../protocol/assert.ts';
import { utf8Length } from '../../protocol/bytes.ts';
import { ed25519Signer, sha256 } from '../../protocol/crypto.ts';
import { authEventKeys } from '../../protocol/matrix/auth-events.ts';
import { createKey, stateMapKey, type AuthState } from '../../protocol/matrix/auth-state.ts';
import { encodeCanonicalJson, type JsonObject } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import type { HostedRoom } from '../../protocol/matrix/hosted-room.ts';
import { createEventId, serverNameOf, type EventId } from '../../protocol/matrix/ids.ts';
import { redact } from '../../protocol/matrix/redaction.ts';
import type { RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { hasValidContentHash, verifyJson } from '../../protocol/matrix/signing.ts';
import { hours, seconds } from '../../protocol/time.ts';
import { epochWallMs } from './matrix-network.ts';
import { MatrixWorld } from './matrix-world.ts';
import { brokenByItself, brokenTowards } from './room-promises.ts';

const servers = ['hs1', 'hs2', 'hs3'] as const;
const users = ['@a:hs1', '@b:hs2', '@c:hs3'] as const;

/** One thing that happens. Numbers are taken modulo what there is to choose from. */
interface Step {
  /** Who does it, and whose name it bears. */
  readonly by: number;
  readonly sender: number;
  /** What is done: by the rules, or by hand. */
  readonly isPdu: boolean;
  readonly what: number;
  /** How many predecessors, from how far back. */
  readonly predecessors: number;
  readonly back: number;
  /** What is done to the list of authority, and with which event. */
  readonly citing: number;
  readonly cited: number;
  /** Put at an old place it cites what was in force there, as if nothing had happened since. */
  readonly isStale: boolean;
  /** Where how much is put in: before it is signed or afterwards. */
  readonly place: number;
  readonly length: number;
  readonly isAfterwards: boolean;
  /** Hours by which its clock is off. */
  readonly hoursOff: number;
}

const lengths = [0, 1, 300, 70_000];
const places = [
  'content',
  'type',
  'state_key',
  'a key of its own',
  'depth',
  'sender',
  'destinations',
] as const;
const mostly = <T>(usual: T, others: fc.Arbitrary<T>, weight = 3): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });

const step: fc.Arbitrary<Step> = fc.nat(2).chain((by) =>
  fc.record({
    by: fc.constant(by),
    sender: mostly(by, fc.nat(2)),
    isPdu: fc.boolean(),
    what: fc.nat(9),
    predecessors: mostly(1, fc.nat(30)),
    back: mostly(0, fc.nat(20)),
    citing: mostly(0, fc.nat(4)),
    cited: fc.nat(40),
    isStale: fc.boolean(),
    place: fc.nat(places.length - 1),
    length: mostly(0, fc.constantFrom(...lengths)),
    isAfterwards: fc.boolean(),
    hoursOff: mostly(0, fc.constantFrom(-1, 2, 40)),
  }),
);

/** A short history. */
export const receipts: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 2, maxLength: 24 });

/** What stands in the way of PDUs in a world, and how long keys are good. */
export interface Guard {
  readonly rules: RoomVersionRules;
  readonly pdus: PduCache;
}

/** Plays the steps; the first promise that the first server has broken. */
export function brokenOnReceipt(steps: readonly Step[], { rules, pdus }: Guard): string | undefined {
  const world = new MatrixWorld(pdus);
  world.keysValidFor = hours(24);
  for (const name of servers) world.addServer(name);
  const roomId = world.addRoom(rules, users);
  world.start();
  const roomAt = (index: number): HostedRoom =>
    present(world.servers()[index]?.room(roomId), `the room at ${servers[index] ?? ''}`);
  const here = roomAt(0);
  for (const each of steps) {
    if (!each.isPdu) govern(world, roomId, each);
    const pdu = each.isPdu ? drawn(each, roomAt(each.by), here, rules) : undefined;
    const closedTo = deniedServers(here);
    const front = authStateOf(
      here,
      [...here.currentState().entries()].map(([, id]) => id),
    );
    const had = new Set([...here.graph()].map(({ eventId }) => eventId));
    if (pdu !== undefined && each.by !== 0) {
      const origin = present(servers[each.by], 'a server');
      world.push(origin, 'hs1', pdu, rules, (signed) => (each.isAfterwards ? changed(signed, each) : signed));
    }
    world.run(seconds(3));
    const mayStandBesideFront = pdu !== undefined;
    for (const event of here.graph()) {
      if (had.has(event.eventId)) continue;
      const wrong = wrongWith(event, here, closedTo, mayStandBesideFront ? front : undefined);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

function govern(world: MatrixWorld, roomId: HostedRoom['roomId'], { by, cited, what, length }: Step): void {
  const user = present(users[by], 'a user');
  const target = present(users[cited % users.length], 'a user');
  const set = (type: string, stateKey: string, content: JsonObject): void =>
    world.setState(user, roomId, type, stateKey, content);
  if (what < 2) world.say(user);
  else if (what === 2) set('m.room.topic', '', { topic: `${length}` });
  else if (what === 3) set('m.room.member', target, { membership: 'ban' });
  else if (what === 4) set('m.room.member', target, { membership: 'leave' });
  else if (what === 5)
    set('m.room.server_acl', '', {
      allow: ['*'],
      deny: cited % 3 === 0 ? [] : [present(servers[cited % 3], 'a server')],
    });
  else if (what === 6) set('m.room.join_rules', '', { join_rule: length === 0 ? 'public' : 'invite' });
  else for (let said = 0; said < 8; said++) world.say(user);
}

/** What a server's user would say by the rules, with other references, another name, another time or another length. */
function drawn(
  each: Step,
  there: HostedRoom,
  here: HostedRoom,
  rules: RoomVersionRules,
): JsonObject | undefined {
  const sender = present(users[each.sender], 'a user');
  const contents: readonly [string, string | undefined, JsonObject][] = [
    ['m.room.message', undefined, { body: 'hello', msgtype: 'm.text' }],
    ['m.room.topic', '', { topic: 'drawn' }],
    ['m.room.member', sender, { membership: 'join', displayname: 'drawn' }],
    ['m.room.member', users[each.cited % 3], { membership: 'ban' }],
  ];
  const [type, stateKey, content] = present(contents[each.what % contents.length], 'a content');
  const wish = { type, stateKey, sender: sender as never, content, originServerTs: epochWallMs };
  const template = there.template(wish);
  const graph = [...here.graph()];
  const events = graph.slice(0, Math.max(1, graph.length - each.back));
  const previous =
    each.predecessors === 1 && each.back === 0 ? [] : events.slice(-Math.max(1, each.predecessors));
  const references = (ids: readonly EventId[]): JsonObject['prev_events'] =>
    rules.eventIdFormat === 'explicit' ? ids.map((id) => [id, {}]) : ids;
  const beside = each.back === 0 || !each.isStale ? undefined : previous.at(-1);
  const then = beside === undefined ? undefined : here.stateIdsBefore(beside.eventId);
  const inForce = authStateOf(here, [...(then ?? []), ...(beside === undefined ? [] : [beside.eventId])]);
  const right =
    then === undefined
      ? (template['auth_events'] as readonly (string | readonly string[])[])
      : (references(
          authEventKeys(wish, rules).flatMap((key) => inForce(key)?.eventId ?? []),
        ) as readonly string[]);
  const state = graph.filter((event) => event.stateKey !== undefined);
  const other = present(state[each.cited % state.length], 'a state event').eventId;
  const [otherReference] = references([other]) as readonly string[];
  const authEvents = [
    right,
    right.filter((_id, index) => index !== each.cited % right.length),
    [...right, otherReference],
    right.map((id, index) => (index === each.cited % right.length ? otherReference : id)),
    [...new Set([...right, ...(references(state.map(({ eventId }) => eventId)) as readonly string[])])],
  ][each.citing] as JsonObject['auth_events'];
  const pdu: JsonObject = {
    ...template,
    origin_server_ts: epochWallMs + each.hoursOff * 3_600_000,
    auth_events: authEvents,
    ...(previous.length === 0
      ? {}
      : {
          prev_events: references(previous.map(({ eventId }) => eventId)),
          depth: Math.max(...previous.map(({ depth }) => depth)) + 1,
        }),
  };
  return each.isAfterwards ? pdu : changed(pdu, each);
}

/** Something put in at a place. */
function changed(pdu: JsonObject, { place, length, cited }: Step): JsonObject {
  if (length === 0) return pdu;
  const text = 'x'.repeat(length);
  switch (places[place]) {
    case 'content':
      return { ...pdu, content: { ...(pdu['content'] as JsonObject), body: text } };
    case 'type':
      return { ...pdu, type: text };
    case 'state_key':
      return { ...pdu, state_key: text };
    case 'depth':
      return { ...pdu, depth: (pdu['depth'] as number) + length };
    case 'sender':
      return { ...pdu, sender: present(users[cited % users.length], 'a user') };
    case 'destinations':
      return { ...pdu, destinations: text };
    default:
      return { ...pdu, [text.slice(0, 20)]: text };
  }
}

/** Servers that the room's access list keeps out. */
function deniedServers(room: HostedRoom): readonly unknown[] {
  const id = room.currentState().getKey(stateMapKey('m.room.server_acl', ''));
  const denied = id === undefined ? undefined : room.find(id)?.event.content['deny'];
  return Array.isArray(denied) ? denied : [];
}

function authStateOf(room: HostedRoom, ids: readonly EventId[]): AuthState {
  const events = new Map(
    ids.flatMap((id): (readonly [string, MatrixEvent])[] => {
      const event = room.find(id)?.event;
      return event?.stateMapKey === undefined ? [] : [[event.stateMapKey, event]];
    }),
  );
  return (key) => {
    const found = events.get(key);
    if (found !== undefined || key !== createKey || !room.rules.roomIdIsCreateEvent) return found;
    return room.find(createEventId(room.roomId))?.event;
  };
}

const isLong = (text: string | undefined): boolean => text !== undefined && utf8Length(text) > 255;

/** What the server should not have taken, of an event that it has just taken. */
function wrongWith(
  event: MatrixEvent,
  room: HostedRoom,
  denied: readonly unknown[],
  front: AuthState | undefined,
): string | undefined {
  const verdict = room.verdictOf(event.eventId);
  if (verdict === 'rejected' || verdict === undefined) return undefined;
  const { pdu, rules, sender } = event;
  const server = serverNameOf(sender) ?? '';
  if (utf8Length(encodeCanonicalJson(pdu)) > 65_536) return 'no event is longer than 65,536 bytes';
  if (event.prevEvents.length > 20) return 'no event has more than twenty predecessors';
  if (event.authEvents.length > 10) return 'no event has more than ten authorities';
  if ([event.type, event.stateKey, sender, event.eventId].some(isLong))
    return 'no name is longer than 255 bytes';
  const publicKey = ed25519Signer(sha256(server)).publicKey;
  if (!verifyJson(redact(pdu, rules), server, () => publicKey))
    return 'everything is signed by its sender’s server';
  const isRedacted = encodeCanonicalJson(redact(pdu, rules)) === encodeCanonicalJson(pdu);
  if (!hasValidContentHash(pdu) && !isRedacted) return 'contents are what was hashed';
  const lateBy = (event.originServerTs - epochWallMs) / 3_600_000;
  if (rules.enforceKeyValidity && lateBy > 24 && server !== 'hs1') return 'keys sign while they are good';
  if (server !== 'hs1' && denied.includes(server)) return 'the access list keeps servers out';
  const cited = event.authEvents.flatMap((id) => room.find(id)?.event ?? []);
  const byItself = brokenByItself(event, cited, ({ eventId }) => room.isRejected(eventId));
  if (byItself !== undefined) return byItself;
  const against = (name: string, state: AuthState): string | undefined => {
    const promise = brokenTowards(event, state);
    return promise === undefined ? undefined : `${promise} (${name})`;
  };
  const before = room.stateIdsBefore(event.eventId);
  return (
    against('by what it cites', authStateOf(room, event.authEvents)) ??
    (before === undefined ? undefined : against('by the state before it', authStateOf(room, before))) ??
    (verdict === 'accepted' && front !== undefined ? against('by the current state', front) : undefined)
  );
}

/** The first of so many histories that shows a broken promise. */
export function firstBrokenReceipt(
  guard: () => Guard,
  budget: number,
  seed = 1,
): { readonly history: number; readonly promise: string } | undefined {
  for (const [history, steps] of fc.sample(receipts, { seed, numRuns: budget }).entries()) {
    const promise = brokenOnReceipt(steps, guard());
    if (promise !== undefined) return { history, promise };
  }
  return undefined;
}
