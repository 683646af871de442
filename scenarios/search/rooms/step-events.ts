// What a step says: the type, state key and content of the event that a user sends. Where it stands and what it cites is
// room-world.ts.
import { toBase64, utf8 } from '../../../protocol/bytes.ts';
import { ed25519Signer, sha256 } from '../../../protocol/crypto.ts';
import type { AuthSubject } from '../../../protocol/matrix/auth-events.ts';
import { isJsonObject, type JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { serverNameOf, type ServerName } from '../../../protocol/matrix/ids.ts';
import { signJson } from '../../../protocol/matrix/signing.ts';
import { chosen, joinRules, levels, stepKinds, type RoomStep, type StepKind } from './recipe.ts';

/** What a user is about to send. */
export interface Said extends AuthSubject {
  readonly redacts?: string;
}

/** What the sender's application knows of the room. */
export interface Surroundings {
  readonly users: readonly string[];
  /** Content of the power levels in force. */
  readonly powerLevels: JsonObject;
  /** Ids of events, the newest last. */
  readonly eventIds: readonly string[];
}

const identityServer = {
  server: 'identity.example' as ServerName,
  keyId: 'ed25519:0',
  signer: ed25519Signer(sha256(utf8('netsplit search: identity server'))),
};
const identityKey = toBase64(identityServer.signer.publicKey);

type Maker = (step: RoomStep, sender: string, around: Surroundings) => Partial<Said> | undefined;

const member = (user: string, membership: string, more: JsonObject = {}): Partial<Said> => ({
  type: 'm.room.member',
  stateKey: user,
  content: { membership, ...more },
});
const targetOf = ({ whom }: RoomStep, { users }: Surroundings): string => chosen(users, whom);
const actOn =
  (membership: string): Maker =>
  (step, _sender, around) =>
    member(targetOf(step, around), membership);

const actions = ['kick', 'ban', 'invite', 'redact', 'state_default', 'events_default', 'users_default'];
const types = ['m.room.topic', 'm.room.join_rules', 'm.room.power_levels', 'm.room.message', 'm.room.name'];
const tokens = ['token-0', 'token-1'];

/** A copy of a map of levels with one entry set. */
function withEntry(map: JsonObject[string], key: string, level: number): JsonObject {
  return { ...(isJsonObject(map) ? map : {}), [key]: level };
}

function powerOfAction({ value, whom }: RoomStep, { powerLevels }: Surroundings): Partial<Said> {
  const level = chosen(levels, whom);
  const name = value % (actions.length + types.length + 1);
  const content =
    name < actions.length
      ? { ...powerLevels, [chosen(actions, name)]: level }
      : name < actions.length + types.length
        ? {
            ...powerLevels,
            events: withEntry(powerLevels['events'], chosen(types, name - actions.length), level),
          }
        : { ...powerLevels, notifications: withEntry(powerLevels['notifications'], 'room', level) };
  return { type: 'm.room.power_levels', stateKey: '', content };
}

/** Contents that break a rule about form, one for each number. */
function malformed(step: RoomStep, sender: string, around: Surroundings): Partial<Said> {
  const target = targetOf(step, around);
  const { powerLevels } = around;
  const forms: readonly Partial<Said>[] = [
    { type: 'm.room.member', stateKey: target, content: {} },
    { type: 'm.room.member', content: { membership: 'join' } },
    member(target, 'member'),
    { type: 'm.room.power_levels', stateKey: '', content: { ...powerLevels, ban: 'fifty' } },
    {
      type: 'm.room.power_levels',
      stateKey: '',
      content: { ...powerLevels, events: { 'm.room.name': 'fifty' } },
    },
    { type: 'm.room.power_levels', stateKey: '', content: { ...powerLevels, users: { nobody: 1 } } },
    {
      type: 'm.room.power_levels',
      stateKey: '',
      content: { ...powerLevels, users: withEntry(powerLevels['users'], chosen(around.users, 0), 100) },
    },
    { type: 'm.room.create', stateKey: '', content: { creator: sender, room_version: 'unheard-of' } },
    member(target, 'join'),
    member(target, 'knock'),
    {
      type: 'm.room.power_levels',
      stateKey: '',
      content: { users: withEntry(powerLevels['users'], target, chosen(levels, step.value)) },
    },
    { type: 'm.room.join_rules', stateKey: '', content: {} },
  ];
  return chosen(forms, step.value);
}

function redeemed(step: RoomStep, _sender: string, around: Surroundings): Partial<Said> {
  const target = targetOf(step, around);
  const token = chosen(tokens, step.who);
  const other = chosen(around.users, step.whom + 1);
  const signed = signJson({ mxid: target, token }, identityServer);
  const forms: readonly JsonObject[] = [
    { signed },
    { signed: signJson({ mxid: other, token }, identityServer) },
    { signed: { mxid: target, token, signatures: {} } },
    { signed: { token } },
    {},
    { signed: signJson({ mxid: target, token: 'no-such-token' }, identityServer) },
  ];
  return member(target, 'invite', {
    // Three in four are as they should be.
    third_party_invite: step.value % 4 === 0 ? chosen(forms, step.value >> 2) : chosen(forms, 0),
  });
}

const makers: Readonly<Record<Exclude<StepKind, 'sync' | 'tips-only'>, Maker>> = {
  message: ({ value }) => ({ type: 'm.room.message', content: { body: `${value}` } }),
  topic: ({ value, whom }) => ({
    type: whom % 2 === 0 ? 'm.room.topic' : 'm.room.name',
    stateKey: whom < 4 ? '' : `${whom}`,
    content: { topic: `${value}` },
  }),
  join: (_step, sender) => member(sender, 'join'),
  leave: (_step, sender) => member(sender, 'leave'),
  'join-rules': ({ value }) => ({
    type: 'm.room.join_rules',
    stateKey: '',
    content: { join_rule: chosen(joinRules, value) },
  }),
  'power-of-user': (step, _sender, around) => ({
    type: 'm.room.power_levels',
    stateKey: '',
    content: {
      ...around.powerLevels,
      users: withEntry(around.powerLevels['users'], targetOf(step, around), chosen(levels, step.value)),
    },
  }),
  kick: actOn('leave'),
  ban: actOn('ban'),
  unban: actOn('leave'),
  invite: actOn('invite'),
  'power-of-action': (step, _sender, around) => powerOfAction(step, around),
  profile: ({ value }, sender) => member(sender, 'join', { displayname: `${value}` }),
  knock: (_step, sender) => member(sender, 'knock'),
  'restricted-join': (step, sender, around) =>
    member(sender, 'join', { join_authorised_via_users_server: targetOf(step, around) }),
  'third-party-invite': ({ who }) => ({
    type: 'm.room.third_party_invite',
    stateKey: chosen(tokens, who),
    content: { public_key: identityKey },
  }),
  'redeem-invite': redeemed,
  aliases: ({ value }, sender) => {
    const stateKeys = [serverNameOf(sender), 'elsewhere.example', undefined];
    return { type: 'm.room.aliases', stateKey: chosen(stateKeys, value), content: { aliases: [] } };
  },
  redaction: ({ value }, _sender, { eventIds }) => {
    const redacts = chosen(eventIds, value);
    return { type: 'm.room.redaction', content: { redacts }, redacts };
  },
  'state-of-user': (step, _sender, around) => ({
    type: 'org.example.of-user',
    stateKey: targetOf(step, around),
    content: {},
  }),
  malformed,
};

/** What the step says; undefined when it says nothing, but lets servers talk. */
export function saidIn(step: RoomStep, sender: string, around: Surroundings): Said | undefined {
  const kind = chosen(stepKinds, step.kind);
  if (kind === 'sync' || kind === 'tips-only') return undefined;
  const said = makers[kind](step, sender, around);
  return said === undefined
    ? undefined
    : { type: 'm.room.message', stateKey: undefined, content: {}, ...said, sender };
}
