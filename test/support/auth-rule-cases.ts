// For every authorisation rule an event that it forbids, its number in some versions, and what makes the event allowed.
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import {
  creator,
  identityPublicKey,
  joinRule,
  levels,
  member,
  signedBlock,
  type EventSketch,
} from './auth-cases.ts';

export const ann = '@ann:one';
export const bob = '@bob:two';
const carl = '@carl:three';

/** Something that one rule alone forbids. */
export interface RuleCase {
  readonly rule: string;
  readonly room?: Readonly<Record<string, EventSketch>>;
  readonly event: EventSketch;
  /** Version and the rule's number there. */
  readonly numbers: Readonly<Record<string, string>>;
  /** What to change so that the event is allowed. */
  readonly mended?: { readonly room?: Readonly<Record<string, EventSketch>>; readonly event?: EventSketch };
  readonly rejected?: readonly string[];
}

export const joined = { ann: member(ann, 'join'), bob: member(bob, 'join') };
const annAt50 = levels({ users: { [ann]: 50 } });
const asAnn = (content: JsonObject): EventSketch => ({ ...levels(content), sender: ann });
const anyLevels = { events: { 'm.room.power_levels': 0 }, users: { [ann]: 50 } };

/** Rules of the create event and of the list of auth events. */
export const byCitation: readonly RuleCase[] = [
  {
    rule: 'create.prev-events',
    event: { type: 'm.room.create', key: '', content: { creator } },
    numbers: { 1: '1.1', 11: '1.1', 12: '1.1' },
    mended: { event: { prev: [] } },
  },
  {
    rule: 'create.room-id',
    event: { type: 'm.room.create', key: '', prev: [], roomId: '!create' },
    numbers: { 12: '1.2' },
  },
  {
    rule: 'create.other-server',
    event: { type: 'm.room.create', key: '', prev: [], content: { creator }, roomId: '!room:two' },
    numbers: { 1: '1.2', 11: '1.2' },
    mended: { event: { roomId: '!room:one' } },
  },
  {
    rule: 'create.room-version',
    event: { type: 'm.room.create', key: '', prev: [], content: { creator, room_version: 'none' } },
    numbers: { 1: '1.3', 12: '1.3' },
    mended: { event: { content: { creator, room_version: '6' } } },
  },
  {
    rule: 'create.no-creator',
    event: { type: 'm.room.create', key: '', prev: [] },
    numbers: { 1: '1.4', 10: '1.4' },
    mended: { event: { content: { creator } } },
  },
  {
    rule: 'create.additional-creators',
    event: { type: 'm.room.create', key: '', prev: [], content: { additional_creators: ['nobody'] } },
    numbers: { 12: '1.4' },
    mended: { event: { content: { additional_creators: [ann] } } },
  },
  {
    rule: 'room-id.no-create',
    event: { auth: ['creator'] },
    numbers: { 12: '2' },
    rejected: ['create'],
  },
  {
    rule: 'auth-events.duplicate',
    event: { auth: ['create', 'creator', 'creator'] },
    numbers: { 1: '2.1', 11: '2.1' },
    mended: { event: { auth: ['create', 'creator'] } },
  },
  {
    rule: 'auth-events.unexpected',
    event: { auth: ['create', 'creator'] },
    numbers: { 12: '3.2' },
    mended: { event: { auth: ['creator'] } },
  },
  {
    rule: 'auth-events.unexpected',
    room: { rules: joinRule('public') },
    event: { auth: ['create', 'creator', 'rules'] },
    numbers: { 1: '2.2', 11: '2.2' },
    mended: { event: { auth: ['create', 'creator'] } },
  },
  {
    rule: 'auth-events.rejected',
    event: { auth: ['create', 'creator'] },
    numbers: { 1: '2.3', 11: '2.3' },
    rejected: ['creator'],
  },
  {
    rule: 'auth-events.no-create',
    event: { auth: ['creator'] },
    numbers: { 1: '2.4', 11: '2.4' },
    mended: { event: { auth: ['create', 'creator'] } },
  },
  {
    rule: 'auth-events.other-room',
    room: { levels: { ...levels({}), roomId: '!elsewhere:one' } },
    event: { auth: ['create', 'creator', 'levels'] },
    numbers: { 1: '2.5', 11: '2.5' },
  },
  {
    rule: 'auth-events.other-room',
    room: { levels: { ...levels({}), roomId: '!elsewhere' } },
    event: { auth: ['creator', 'levels'] },
    numbers: { 12: '3.4' },
  },
];

const invited = { target: member(bob, 'invite', creator), rules: joinRule('invite') };
const restricted = {
  rules: joinRule('restricted'),
  ann: member(ann, 'join'),
  levels: levels({ invite: 50 }),
};
const viaAnn = member(bob, 'join', bob, { join_authorised_via_users_server: ann });
const token: EventSketch = {
  type: 'm.room.third_party_invite',
  key: 'token',
  content: { public_keys: [{ public_key: identityPublicKey }] },
};
const redeem = (signed: JsonObject | undefined, content: JsonObject = {}): EventSketch =>
  member(bob, 'invite', creator, { third_party_invite: signed === undefined ? {} : { signed }, ...content });
const redeemed = redeem(signedBlock(bob, 'token'));

export const ofMembership: readonly RuleCase[] = [
  {
    rule: 'member.incomplete',
    event: { type: 'm.room.member', content: { membership: 'join' } },
    numbers: { 1: '5.1', 6: '4.1', 11: '4.1', 12: '5.1' },
    mended: { event: { key: creator } },
  },
  {
    rule: 'join.other-user',
    event: member(bob, 'join', creator),
    numbers: { 1: '5.2.2', 6: '4.2.2', 8: '4.3.2', 12: '5.3.2' },
  },
  {
    rule: 'join.banned',
    room: { rules: joinRule('public'), target: member(bob, 'ban', creator) },
    event: member(bob, 'join'),
    numbers: { 1: '5.2.3', 7: '4.2.3', 11: '4.3.3', 12: '5.3.3' },
    mended: { room: { target: member(bob, 'leave') } },
  },
  {
    rule: 'join.not-invited',
    room: { rules: joinRule('invite') },
    event: member(bob, 'join'),
    numbers: { 1: '5.2.6', 7: '4.2.6', 8: '4.3.7', 12: '5.3.7' },
    mended: { room: invited },
  },
  {
    rule: 'join.rule',
    room: { rules: joinRule('restricted'), target: member(bob, 'invite', creator) },
    event: member(bob, 'join'),
    numbers: { 1: '5.2.6', 7: '4.2.6' },
    mended: { room: invited },
  },
  {
    rule: 'join.restricted.no-authoriser',
    room: restricted,
    event: member(bob, 'join'),
    numbers: { 8: '4.3.5.2', 11: '4.3.5.2', 12: '5.3.5.2' },
    mended: { room: { target: member(bob, 'invite', creator) } },
  },
  {
    rule: 'join.restricted.authoriser-not-joined',
    room: { ...restricted, ann: member(ann, 'leave') },
    event: viaAnn,
    numbers: { 8: '4.3.5.2', 12: '5.3.5.2' },
    mended: { room: { ann: member(ann, 'join'), levels: annAt50 } },
  },
  {
    rule: 'join.restricted.authoriser-level',
    room: restricted,
    event: viaAnn,
    numbers: { 8: '4.3.5.2', 12: '5.3.5.2' },
    mended: { room: { levels: annAt50 } },
  },
  {
    rule: 'invite.third-party.banned',
    room: { token, target: member(bob, 'ban', creator) },
    event: redeemed,
    numbers: { 1: '5.3.1.1', 7: '4.3.1.1', 8: '4.4.1.1', 12: '5.4.1.1' },
    mended: { room: { target: member(bob, 'leave') } },
  },
  {
    rule: 'invite.third-party.unsigned',
    room: { token },
    event: redeem(undefined),
    numbers: { 1: '5.3.1.2', 12: '5.4.1.2' },
    mended: { event: redeemed },
  },
  {
    rule: 'invite.third-party.incomplete',
    room: { token },
    event: redeem({ mxid: bob }),
    numbers: { 1: '5.3.1.3', 12: '5.4.1.3' },
    mended: { event: redeemed },
  },
  {
    rule: 'invite.third-party.other-user',
    room: { token },
    event: redeem(signedBlock(carl, 'token')),
    numbers: { 1: '5.3.1.4', 12: '5.4.1.4' },
    mended: { event: redeemed },
  },
  {
    rule: 'invite.third-party.unknown-token',
    event: redeemed,
    numbers: { 1: '5.3.1.5', 12: '5.4.1.5' },
    mended: { room: { token } },
  },
  {
    rule: 'invite.third-party.other-sender',
    room: { token: { ...token, sender: ann } },
    event: redeemed,
    numbers: { 1: '5.3.1.6', 12: '5.4.1.6' },
    mended: { room: { token } },
  },
  {
    rule: 'invite.third-party.signature',
    room: { token },
    event: redeem(signedBlock(bob, 'token', true)),
    numbers: { 1: '5.3.1.8', 12: '5.4.1.8' },
    mended: { event: redeemed },
  },
  {
    rule: 'invite.sender-not-joined',
    event: member(bob, 'invite', ann),
    numbers: { 1: '5.3.2', 6: '4.3.2', 11: '4.4.2', 12: '5.4.2' },
    mended: { room: joined, event: member(carl, 'invite', ann) },
  },
  {
    rule: 'invite.banned',
    room: { target: member(bob, 'ban', creator) },
    event: member(bob, 'invite', creator),
    numbers: { 1: '5.3.3', 12: '5.4.3' },
    mended: { room: { target: member(bob, 'leave') } },
  },
  {
    rule: 'invite.joined',
    room: joined,
    event: member(bob, 'invite', creator),
    numbers: { 1: '5.3.3', 12: '5.4.3' },
    mended: { event: member(carl, 'invite', creator) },
  },
  {
    rule: 'invite.level',
    room: { ...joined, levels: levels({ invite: 10, users: { [ann]: 9 } }) },
    event: member(carl, 'invite', ann),
    numbers: { 1: '5.3.5', 12: '5.4.5' },
    mended: { room: { levels: levels({ invite: 10, users: { [ann]: 10 } }) } },
  },
  {
    rule: 'leave.not-in-room',
    room: { target: member(bob, 'knock') },
    event: member(bob, 'leave'),
    numbers: { 1: '5.4.1', 6: '4.4.1' },
    mended: { room: { target: member(bob, 'invite', creator) } },
  },
  {
    rule: 'leave.not-in-room',
    event: member(bob, 'leave'),
    numbers: { 7: '4.4.1', 8: '4.5.1', 12: '5.5.1' },
    mended: { room: { target: member(bob, 'knock') } },
  },
  {
    rule: 'leave.sender-not-joined',
    room: { bob: member(bob, 'join') },
    event: member(bob, 'leave', ann),
    numbers: { 1: '5.4.2', 12: '5.5.2' },
    mended: { room: { ...joined, levels: annAt50 } },
  },
  {
    rule: 'unban.level',
    room: { ...joined, bob: member(bob, 'ban', creator), levels: levels({ ban: 60, users: { [ann]: 50 } }) },
    event: member(bob, 'leave', ann),
    numbers: { 1: '5.4.3', 11: '4.5.3', 12: '5.5.3' },
    mended: { room: { levels: annAt50 } },
  },
  {
    rule: 'kick.level',
    room: { ...joined, levels: levels({ users: { [ann]: 50, [bob]: 50 } }) },
    event: member(bob, 'leave', ann),
    numbers: { 1: '5.4.5', 12: '5.5.5' },
    mended: { room: { levels: annAt50 } },
  },
  {
    rule: 'ban.sender-not-joined',
    event: member(bob, 'ban', ann),
    numbers: { 1: '5.5.1', 7: '4.5.1', 8: '4.6.1', 12: '5.6.1' },
    mended: { room: { ...joined, levels: annAt50 } },
  },
  {
    rule: 'ban.level',
    room: { ...joined, levels: levels({ users: { [ann]: 49 } }) },
    event: member(bob, 'ban', ann),
    numbers: { 1: '5.5.3', 12: '5.6.3' },
    mended: { room: { levels: annAt50 } },
  },
  {
    rule: 'knock.rule',
    room: { rules: joinRule('invite') },
    event: member(bob, 'knock'),
    numbers: { 7: '4.6.1', 8: '4.7.1', 12: '5.7.1' },
    mended: { room: { rules: joinRule('knock') } },
  },
  {
    // The knock rule holds in versions 7 to 9 also for those who may not knock on a restricted room.
    rule: 'knock.rule',
    room: { rules: joinRule('knock_restricted') },
    event: member(bob, 'knock'),
    numbers: { 7: '4.6.1', 9: '4.7.1' },
    mended: { room: { rules: joinRule('knock') } },
  },
  {
    rule: 'knock.other-user',
    room: { rules: joinRule('knock') },
    event: member(bob, 'knock', creator),
    numbers: { 7: '4.6.2', 12: '5.7.2' },
    mended: { event: member(bob, 'knock') },
  },
  {
    rule: 'knock.membership',
    room: { rules: joinRule('knock'), ...joined },
    event: member(bob, 'knock'),
    numbers: { 7: '4.6.4', 12: '5.7.4' },
    mended: { room: { bob: member(bob, 'leave') } },
  },
  {
    rule: 'member.unknown-membership',
    event: member(creator, 'guest'),
    numbers: { 1: '5.6', 6: '4.6', 7: '4.7', 8: '4.8', 12: '5.8' },
  },
  {
    rule: 'member.unknown-membership',
    room: { rules: joinRule('knock') },
    event: member(bob, 'knock'),
    numbers: { 1: '5.6', 6: '4.6' },
  },
];

export const ofSending: readonly RuleCase[] = [
  {
    rule: 'federate.refused',
    room: {
      create: { type: 'm.room.create', key: '', prev: [], content: { creator, 'm.federate': false } },
      ...joined,
    },
    event: { sender: bob },
    numbers: { 1: '3', 11: '3', 12: '4' },
    mended: { event: { sender: ann } },
  },
  {
    rule: 'aliases.no-state-key',
    event: { type: 'm.room.aliases' },
    numbers: { 1: '4.1', 5: '4.1' },
    mended: { event: { key: 'one' } },
  },
  {
    rule: 'aliases.other-server',
    event: { type: 'm.room.aliases', key: 'two' },
    numbers: { 1: '4.2', 5: '4.2' },
    mended: { event: { key: 'one' } },
  },
  {
    rule: 'sender.not-joined',
    event: { sender: bob },
    numbers: { 1: '6', 5: '6', 6: '5', 11: '5', 12: '6' },
    mended: { room: joined },
  },
  {
    rule: 'third-party-invite.level',
    room: { ...joined, levels: levels({ invite: 1 }) },
    event: { ...token, sender: ann },
    numbers: { 1: '7.1', 6: '6.1', 12: '7.1' },
    mended: { room: { levels: levels({ invite: 0 }) } },
  },
  {
    rule: 'send.level',
    room: { ...joined, levels: levels({ events: { 'm.room.topic': 60 }, users: { [ann]: 59 } }) },
    event: { type: 'm.room.topic', key: '', sender: ann },
    numbers: { 1: '8', 6: '7', 11: '7', 12: '8' },
    mended: { event: { type: 'm.room.name' } },
  },
  {
    rule: 'state-key.other-user',
    event: { type: 'a.note', key: bob },
    numbers: { 1: '9', 6: '8', 12: '9' },
    mended: { event: { key: creator } },
  },
  {
    rule: 'power-levels.level-not-integer',
    event: levels({ ban: '50' }),
    numbers: { 10: '9.1', 12: '10.1' },
    mended: { event: levels({ ban: 50 }) },
  },
  {
    rule: 'power-levels.map-not-integer',
    event: levels({ notifications: { room: '50' } }),
    numbers: { 10: '9.2', 12: '10.2' },
    mended: { event: levels({ notifications: { room: 50 } }) },
  },
  {
    rule: 'power-levels.users',
    event: levels({ users: { nobody: 50 } }),
    numbers: { 1: '10.1', 6: '9.1', 10: '9.3', 12: '10.3' },
    mended: { event: levels({ users: { [bob]: 50 } }) },
  },
  {
    rule: 'power-levels.users',
    event: levels({ users: { [bob]: ' 50 ' } }),
    numbers: { 10: '9.3', 12: '10.3' },
  },
  {
    rule: 'power-levels.creator-listed',
    event: levels({ users: { [creator]: 100 } }),
    numbers: { 12: '10.4' },
    mended: { event: levels({ users: { [ann]: 100 } }) },
  },
  {
    rule: 'power-levels.level-above-own',
    room: { ...joined, levels: levels({ ...anyLevels, ban: 60 }) },
    event: asAnn({ ...anyLevels, ban: 40 }),
    numbers: { 1: '10.3.1', 6: '9.3.1', 10: '9.5.1', 12: '10.6.1' },
    mended: { event: asAnn({ ...anyLevels, ban: 60 }) },
  },
  {
    rule: 'power-levels.level-raised-above-own',
    room: { ...joined, levels: levels({ ...anyLevels, ban: 40 }) },
    event: asAnn({ ...anyLevels, ban: 60 }),
    numbers: { 1: '10.3.2', 6: '9.3.2', 10: '9.5.2', 12: '10.6.2' },
    mended: { event: asAnn({ ...anyLevels, ban: 50 }) },
  },
  {
    rule: 'power-levels.map-above-own',
    room: { ...joined, levels: levels({ ...anyLevels, events: { ...anyLevels.events, topic: 60 } }) },
    event: asAnn(anyLevels),
    numbers: { 1: '10.4.1', 6: '9.4.1', 10: '9.6.1', 12: '10.7.1' },
  },
  {
    rule: 'power-levels.map-raised-above-own',
    room: { ...joined, levels: levels(anyLevels) },
    event: asAnn({ ...anyLevels, notifications: { room: 60 } }),
    numbers: { 6: '9.5.1', 10: '9.7.1', 12: '10.8.1' },
    mended: { event: asAnn({ ...anyLevels, notifications: { room: 50 } }) },
  },
  {
    rule: 'power-levels.map-raised-above-own',
    room: { ...joined, levels: levels(anyLevels) },
    event: asAnn({ ...anyLevels, events: { ...anyLevels.events, topic: 60 } }),
    numbers: { 1: '10.5.1', 5: '10.5.1' },
    mended: { event: asAnn({ ...anyLevels, notifications: { room: 60 } }) },
  },
  {
    rule: 'power-levels.user-not-below-own',
    room: { ...joined, levels: levels({ ...anyLevels, users: { [ann]: 50, [bob]: 50 } }) },
    event: asAnn({ ...anyLevels, users: { [ann]: 50, [bob]: 0 } }),
    numbers: { 1: '10.6.1', 6: '9.6.1', 10: '9.8.1', 12: '10.9.1' },
    mended: { event: asAnn({ ...anyLevels, users: { [ann]: 0, [bob]: 50 } }) },
  },
  {
    rule: 'power-levels.user-raised-above-own',
    room: { ...joined, levels: levels(anyLevels) },
    event: asAnn({ ...anyLevels, users: { [ann]: 50, [bob]: 51 } }),
    numbers: { 1: '10.7.1', 6: '9.7.1', 10: '9.9.1', 12: '10.10.1' },
    mended: { event: asAnn({ ...anyLevels, users: { [ann]: 50, [bob]: 50 } }) },
  },
  {
    rule: 'redaction.level',
    room: { ...joined, levels: levels({ users: { [ann]: 49 } }) },
    event: { type: 'm.room.redaction', sender: ann, redacts: '$said:two' },
    numbers: { 1: '11.3', 2: '11.3' },
    mended: { event: { redacts: '$said:one' } },
  },
];
