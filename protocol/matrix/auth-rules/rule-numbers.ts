// Where the specification of a room version states each rule. Versions number the same rules differently: each trait
// that adds a rule moves those that follow. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules
import type { RoomVersionRules } from '../room-version.ts';

/** Numbers of the top-level rules, and of parts that move within them, in one room version. */
interface Numbering {
  readonly authEvents: number;
  readonly federate: number;
  readonly aliases: number;
  readonly member: number;
  /** 1 where rule 2 of membership is about `join_authorised_via_users_server`. */
  readonly afterAuthoriser: number;
  readonly knock: number;
  readonly senderJoined: number;
  readonly powerLevels: number;
  /** The rule of power levels that allows those of a room without any. */
  readonly noPrevious: number;
  readonly users: number;
}

function numberingOf(rules: RoomVersionRules): Numbering {
  const authEvents = rules.roomIdIsCreateEvent ? 3 : 2;
  const federate = authEvents + 1;
  const member = federate + (rules.specialCaseAliases ? 2 : 1);
  const afterAuthoriser = rules.restrictedJoins ? 1 : 0;
  const users = rules.integerPowerLevels ? 3 : 1;
  return {
    authEvents,
    federate,
    aliases: federate + 1,
    member,
    afterAuthoriser,
    knock: 6 + afterAuthoriser,
    senderJoined: member + 1,
    powerLevels: member + 5,
    users,
    noPrevious: users + (rules.creatorsHaveInfinitePower ? 2 : 1),
  };
}

type Numbered = (numbering: Numbering, rules: RoomVersionRules) => string;

const authEvents =
  (part: number): Numbered =>
  (n) =>
    `${n.authEvents}.${part}`;
const join =
  (part: number, restricted = 0): Numbered =>
  (n) =>
    `${n.member}.${2 + n.afterAuthoriser}.${part + restricted * n.afterAuthoriser}`;
const restrictedJoin: Numbered = (n) => `${n.member}.3.5.2`;
const invite =
  (part: string): Numbered =>
  (n) =>
    `${n.member}.${3 + n.afterAuthoriser}.${part}`;
const leave =
  (part: number): Numbered =>
  (n) =>
    `${n.member}.${4 + n.afterAuthoriser}.${part}`;
const ban =
  (part: number): Numbered =>
  (n) =>
    `${n.member}.${5 + n.afterAuthoriser}.${part}`;
const knock =
  (part: number): Numbered =>
  (n) =>
    `${n.member}.${n.knock}.${part}`;
const topLevel =
  (after: number): Numbered =>
  (n) =>
    `${n.senderJoined + after}`;
const powerLevels =
  (part: (numbering: Numbering) => string | number): Numbered =>
  (n) =>
    `${n.powerLevels}.${part(n)}`;

/** Every rule by which an event may be refused, by the name it is refused with. */
const numbers = {
  'create.prev-events': () => '1.1',
  'create.room-id': () => '1.2',
  'create.other-server': () => '1.2',
  'create.room-version': () => '1.3',
  'create.no-creator': () => '1.4',
  'create.additional-creators': () => '1.4',
  'room-id.no-create': () => '2',
  'auth-events.duplicate': authEvents(1),
  'auth-events.unexpected': authEvents(2),
  'auth-events.rejected': authEvents(3),
  'auth-events.no-create': authEvents(4),
  // Version 12 has no rule about a create event among the entries, so that this one moves up.
  'auth-events.other-room': (n, rules) => `${n.authEvents}.${rules.roomIdIsCreateEvent ? 4 : 5}`,
  'federate.refused': (n) => `${n.federate}`,
  'aliases.no-state-key': (n) => `${n.aliases}.1`,
  'aliases.other-server': (n) => `${n.aliases}.2`,
  'member.incomplete': (n) => `${n.member}.1`,
  'join.other-user': join(2),
  'join.banned': join(3),
  'join.not-invited': join(6, 1),
  'join.rule': join(6, 1),
  'join.restricted.no-authoriser': restrictedJoin,
  'join.restricted.authoriser-not-joined': restrictedJoin,
  'join.restricted.authoriser-level': restrictedJoin,
  'invite.third-party.banned': invite('1.1'),
  'invite.third-party.unsigned': invite('1.2'),
  'invite.third-party.incomplete': invite('1.3'),
  'invite.third-party.other-user': invite('1.4'),
  'invite.third-party.unknown-token': invite('1.5'),
  'invite.third-party.other-sender': invite('1.6'),
  'invite.third-party.signature': invite('1.8'),
  'invite.sender-not-joined': invite('2'),
  'invite.banned': invite('3'),
  'invite.joined': invite('3'),
  'invite.level': invite('5'),
  'leave.not-in-room': leave(1),
  'leave.sender-not-joined': leave(2),
  'unban.level': leave(3),
  'kick.level': leave(5),
  'ban.sender-not-joined': ban(1),
  'ban.level': ban(3),
  'knock.rule': knock(1),
  'knock.other-user': knock(2),
  'knock.membership': knock(4),
  'member.unknown-membership': (n, rules) => `${n.member}.${n.knock + (rules.knocking ? 1 : 0)}`,
  'sender.not-joined': topLevel(0),
  'third-party-invite.level': (n) => `${n.senderJoined + 1}.1`,
  'send.level': topLevel(2),
  'state-key.other-user': topLevel(3),
  'power-levels.level-not-integer': powerLevels(() => 1),
  'power-levels.map-not-integer': powerLevels(() => 2),
  'power-levels.users': powerLevels((n) => n.users),
  'power-levels.creator-listed': powerLevels(() => 4),
  'power-levels.level-above-own': powerLevels((n) => `${n.noPrevious + 1}.1`),
  'power-levels.level-raised-above-own': powerLevels((n) => `${n.noPrevious + 1}.2`),
  'power-levels.map-above-own': powerLevels((n) => `${n.noPrevious + 2}.1`),
  'power-levels.map-raised-above-own': powerLevels((n) => `${n.noPrevious + 3}.1`),
  'power-levels.user-not-below-own': powerLevels((n) => `${n.noPrevious + 4}.1`),
  'power-levels.user-raised-above-own': powerLevels((n) => `${n.noPrevious + 5}.1`),
  'redaction.level': (n) => `${n.powerLevels + 1}.3`,
} satisfies Readonly<Record<string, Numbered>>;

/** Names of the authorisation rules of the specification. */
export type AuthRule = keyof typeof numbers;

/** All of them. */
export const authRules: readonly AuthRule[] = Object.keys(numbers) as AuthRule[];

/**
 * The rule's number in the specification of a room version, as in `4.3.5.2`. Undefined for refusals that are no
 * authorisation rule: of form, of signatures, or for want of an event.
 */
export function ruleNumber(rule: string, rules: RoomVersionRules): string | undefined {
  if (!Object.hasOwn(numbers, rule)) return undefined;
  const number: Numbered = numbers[rule as AuthRule];
  return number(numberingOf(rules), rules);
}
