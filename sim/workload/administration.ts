// What moderators change about large rooms, and when: exogenous, as everything that people do.
import type { AdministrativeChange } from '../../protocol/administration.ts';
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Habits } from './habits.ts';
import { wholeNumber } from './whole-number.ts';
import type { Administration, Conversation, ScheduledChange, Windows } from './workload.ts';

const dayMicroseconds = 86_400_000_000;

/** Moderators who may do everything: whoever made the room, and one more. */
export const administratorsPerRoom = 2;

/** Large rooms with moderators and guests, where people change their rooms at all. */
export function withModerators(
  conversations: readonly Conversation[],
  habits: Habits,
  draw: AddressedDraw,
): readonly Conversation[] {
  if (habits.roomChangesPerDay === 0) return conversations;
  return conversations.map((conversation) => {
    const { id, kind, members } = conversation;
    if (kind !== 'room') return conversation;
    const [founder, ...others] = members;
    const chosen = others
      .map((person) => ({ person, rank: draw('room', id, 'moderator', person) }))
      .sort((left, right) => left.rank - right.rank || left.person - right.person)
      .slice(0, Math.max(0, habits.moderatorsPerRoom - 1))
      .map(({ person }) => person);
    const moderators = founder === undefined ? [] : [founder, ...chosen];
    const administration: Administration = { moderators, guests: habits.guestsPerRoom };
    return { ...conversation, administration };
  });
}

/** Every change of the run, sorted by time. */
export function createChanges(
  conversations: readonly Conversation[],
  habits: Habits,
  windows: Windows,
  draw: AddressedDraw,
): readonly ScheduledChange[] {
  const changes: ScheduledChange[] = [];
  for (const { id, administration, members } of conversations) {
    if (administration === undefined || administration.moderators.length === 0) continue;
    changes.push(...guestsWords(id, members, administration.guests, habits, windows, draw));
    const mean = habits.roomChangesPerDay * (windows.sendingEnd / dayMicroseconds);
    const count = wholeNumber(mean, draw('room', id, 'changes'));
    for (let number = 0; number < count; number++) {
      const chance = (purpose: string): number => draw('room', id, 'change', number, purpose);
      const at = Math.floor(chance('at') * windows.sendingEnd) as Instant;
      changes.push({ at, conversation: id, ...changeBySomebody(administration, number, chance) });
    }
  }
  return changes.sort(
    (left, right) => left.at - right.at || left.conversation - right.conversation || left.by - right.by,
  );
}

/** What the guests of a room say, each from the device of the member whose server they are on. */
function guestsWords(
  conversation: Conversation['id'],
  members: readonly PersonId[],
  guests: number,
  { guestMessagesPerDay }: Habits,
  { sendingEnd }: Windows,
  draw: AddressedDraw,
): readonly ScheduledChange[] {
  if (guestMessagesPerDay === 0) return [];
  const mean = guestMessagesPerDay * (sendingEnd / dayMicroseconds);
  return Array.from({ length: guests }, (_, guest) => {
    const chance = (...purpose: readonly (string | number)[]): number =>
      draw('room', conversation, 'guest', guest, ...purpose);
    const by = present(members[guest % members.length], 'a member');
    return Array.from({ length: wholeNumber(mean, chance('messages')) }, (__, number): ScheduledChange => {
      const at = Math.floor(chance('says', number) * sendingEnd) as Instant;
      return { at, conversation, by, change: { kind: 'guest-speaks', guest, text: `Guest ${number}` } };
    });
  }).flat();
}

/**
 * What moderators do, by share. Assumed: mostly words and rude guests, now and then who may come and who may moderate.
 */
const shares = { topic: 0.3, guest: 0.4, entry: 0.15 } as const;

function changeBySomebody(
  { moderators, guests }: Administration,
  number: number,
  chance: (purpose: string) => number,
): { readonly by: PersonId; readonly change: AdministrativeChange } {
  const among = (list: readonly PersonId[], purpose: string): PersonId =>
    present(list[Math.floor(chance(purpose) * list.length)], 'a moderator');
  const kind = chance('kind');
  const by = among(moderators, 'by');
  if (kind >= shares.topic && kind < shares.topic + shares.guest && guests > 0) {
    const which = chance('fate');
    const fate = which < 0.4 ? 'ban' : which < 0.75 ? 'remove' : 'invite';
    return { by, change: { kind: 'guest', guest: Math.floor(chance('guest') * guests), fate } };
  }
  const entry = shares.topic + shares.guest + shares.entry;
  if (kind >= shares.topic + shares.guest && kind < entry)
    return { by, change: { kind: 'entry', rule: chance('rule') < 0.5 ? 'public' : 'invite' } };
  const helpers = moderators.slice(administratorsPerRoom);
  if (kind >= entry && helpers.length > 0) {
    const administrator = among(moderators.slice(0, administratorsPerRoom), 'by');
    const person = among(helpers, 'helper');
    return { by: administrator, change: { kind: 'moderator', person, is: chance('is') < 0.5 } };
  }
  return { by, change: { kind: 'topic', text: `Topic ${number}` } };
}
