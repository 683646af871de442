// Rule 5 (v6 to v11: 4): membership, every transition. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules
import { accept, reject, type Outcome } from '../../outcome.ts';
import { createKey, joinRulesKey, membershipOf, powerLevelsKey, type AuthState } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import { creatorOf, powerLevelsOf, userPowerLevel } from '../power-levels.ts';
import type { RoomVersionRules } from '../room-version.ts';
import { mayTakePart } from './federate.ts';
import { checkThirdPartyInvite } from './third-party-invite.ts';

/** Who acts on whom, and what they are now. */
interface Transition {
  readonly event: MatrixEvent;
  readonly state: AuthState;
  readonly sender: string;
  readonly target: string;
  readonly senderMembership: string;
  readonly targetMembership: string;
}

/** Rules of `m.room.member`. */
export function checkMember(event: MatrixEvent, state: AuthState): Outcome<MatrixEvent> {
  const { stateKey: target, sender, content } = event;
  const membership = content['membership'];
  if (target === undefined || typeof membership !== 'string')
    return reject('member.incomplete', 'no state_key or no membership');
  if (isCreatorsFirstJoin(event, state)) return accept(event);
  // The text asks this of the sender only; deployed servers also keep other servers' users from being invited.
  const create = state(createKey);
  if (event.rules.reading === 'deployed' && create !== undefined && !mayTakePart(target, create))
    return reject('federate.refused', 'the room does not federate');
  const transition: Transition = {
    event,
    state,
    sender,
    target,
    senderMembership: membershipOf(state, sender),
    targetMembership: membershipOf(state, target),
  };
  switch (membership) {
    case 'join':
      return checkJoin(transition);
    case 'invite':
      return checkInvite(transition);
    case 'leave':
      return checkLeave(transition);
    case 'ban':
      return checkBan(transition);
    case 'knock':
      if (event.rules.knocking) return checkKnock(transition);
      break;
    default:
  }
  return reject('member.unknown-membership', `unknown membership ${membership}`);
}

/** The creator's join directly after the create event: the first rule of joins. */
function isCreatorsFirstJoin(
  { rules, prevEvents, stateKey, content }: MatrixEvent,
  state: AuthState,
): boolean {
  const create = state(createKey);
  const [previous] = prevEvents;
  return (
    content['membership'] === 'join' &&
    create !== undefined &&
    prevEvents.length === 1 &&
    previous === create.eventId &&
    creatorOf(create, rules) === stateKey
  );
}

/**
 * The join rule in force. A room without one counts as `invite` to deployed servers; by the text none of the rules that
 * let somebody in holds, and joins are refused.
 */
function joinRuleOf(state: AuthState, { reading }: RoomVersionRules): string {
  const rule = state(joinRulesKey)?.content['join_rule'];
  if (typeof rule === 'string') return rule;
  return reading === 'deployed' ? 'invite' : 'none';
}

function checkJoin({ event, state, sender, target, senderMembership }: Transition): Outcome<MatrixEvent> {
  const { rules } = event;
  if (sender !== target) return reject('join.other-user', 'nobody can join for another user');
  if (senderMembership === 'ban') return reject('join.banned', `${sender} is banned`);
  const isInvitedOrJoined = senderMembership === 'join' || senderMembership === 'invite';
  const joinRule = joinRuleOf(state, rules);
  if (joinRule === 'public') return accept(event);
  if (joinRule === 'invite' || (joinRule === 'knock' && rules.knocking)) {
    return isInvitedOrJoined ? accept(event) : reject('join.not-invited', `${sender} is not invited`);
  }
  const isRestricted =
    (joinRule === 'restricted' && rules.restrictedJoins) ||
    (joinRule === 'knock_restricted' && rules.knockRestrictedJoins);
  if (!isRestricted) return reject('join.rule', `join rule ${joinRule} lets nobody in`);
  if (isInvitedOrJoined) return accept(event);
  const authoriser = event.content['join_authorised_via_users_server'];
  if (typeof authoriser !== 'string')
    return reject('join.restricted.no-authoriser', 'a restricted join needs an authorising user');
  if (membershipOf(state, authoriser) !== 'join')
    return reject('join.restricted.authoriser-not-joined', `${authoriser} is not joined`);
  const { invite } = powerLevelsOf(state(powerLevelsKey));
  if (userPowerLevel(authoriser, state, rules) < invite)
    return reject('join.restricted.authoriser-level', `${authoriser} may not invite`);
  return accept(event);
}

function checkInvite({
  event,
  state,
  sender,
  senderMembership,
  targetMembership,
}: Transition): Outcome<MatrixEvent> {
  if (event.content['third_party_invite'] !== undefined) {
    if (targetMembership === 'ban') return reject('invite.third-party.banned', 'the invited user is banned');
    return checkThirdPartyInvite(event, state);
  }
  if (senderMembership !== 'join') return reject('invite.sender-not-joined', `${sender} is not joined`);
  if (targetMembership === 'ban') return reject('invite.banned', 'the invited user is banned');
  if (targetMembership === 'join') return reject('invite.joined', 'the invited user is joined');
  const { invite } = powerLevelsOf(state(powerLevelsKey));
  if (userPowerLevel(sender, state, event.rules) < invite)
    return reject('invite.level', 'inviting needs a higher level');
  return accept(event);
}

function checkLeave({
  event,
  state,
  sender,
  target,
  senderMembership,
  targetMembership,
}: Transition): Outcome<MatrixEvent> {
  if (sender === target) {
    const mayLeave =
      senderMembership === 'join' ||
      senderMembership === 'invite' ||
      (senderMembership === 'knock' && event.rules.knocking);
    return mayLeave ? accept(event) : reject('leave.not-in-room', `${sender} is not in the room`);
  }
  if (senderMembership !== 'join') return reject('leave.sender-not-joined', `${sender} is not joined`);
  const levels = powerLevelsOf(state(powerLevelsKey));
  const senderLevel = userPowerLevel(sender, state, event.rules);
  if (targetMembership === 'ban' && senderLevel < levels.ban)
    return reject('unban.level', 'lifting a ban needs a higher level');
  // Synapse lets whoever may lift the ban lift it, but a kick and an unban alike ask for the level to kick.
  if (senderLevel < levels.kick || userPowerLevel(target, state, event.rules) >= senderLevel) {
    return reject('kick.level', 'kicking needs a higher level');
  }
  return accept(event);
}

function checkBan({ event, state, sender, target, senderMembership }: Transition): Outcome<MatrixEvent> {
  if (senderMembership !== 'join') return reject('ban.sender-not-joined', `${sender} is not joined`);
  const { ban } = powerLevelsOf(state(powerLevelsKey));
  const senderLevel = userPowerLevel(sender, state, event.rules);
  if (senderLevel < ban || userPowerLevel(target, state, event.rules) >= senderLevel)
    return reject('ban.level', 'banning needs a higher level');
  return accept(event);
}

function checkKnock({ event, state, sender, target, senderMembership }: Transition): Outcome<MatrixEvent> {
  const joinRule = joinRuleOf(state, event.rules);
  const mayKnock =
    joinRule === 'knock' || (joinRule === 'knock_restricted' && event.rules.knockRestrictedJoins);
  if (!mayKnock) return reject('knock.rule', `join rule ${joinRule} knows no knocking`);
  if (sender !== target) return reject('knock.other-user', 'nobody can knock for another user');
  if (senderMembership === 'ban' || senderMembership === 'invite' || senderMembership === 'join') {
    return reject('knock.membership', `membership is ${senderMembership}`);
  }
  return accept(event);
}
