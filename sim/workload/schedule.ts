// What people say when: exchanges that begin by the rhythm of the day and go back and forth. Exogenous.
import { present } from '../../protocol/assert.ts';
import type { PersonId, UserMessageId } from '../../protocol/message.ts';
import { minutes, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { geometric, logNormal } from '../random/distributions.ts';
import type { World } from '../world.ts';
import { activityBetween, instantByRhythm } from './daily-rhythm.ts';
import type { Habits } from './habits.ts';
import { intervalAt } from './intervals.ts';
import { localOffset } from './local-time.ts';
import { wholeNumber } from './whole-number.ts';
import type { Conversation, Person, ScheduledMessage, Windows } from './workload.ts';

/** What a schedule is made from. */
export interface ScheduleOptions {
  readonly world: World;
  readonly people: readonly Person[];
  readonly conversations: readonly Conversation[];
  readonly habits: Habits;
  readonly windows: Windows;
  readonly draw: AddressedDraw;
}

type Draft = Omit<ScheduledMessage, 'id'> & { readonly order: number };

/** Every message of the run, sorted by (at, order of making). Warm-up talks too: sending starts at the epoch. */
export function createSchedule(options: ScheduleOptions): readonly ScheduledMessage[] {
  const { world, people, conversations, habits, windows, draw } = options;
  const ofPerson = conversationsByPerson(people.length, conversations);
  const drafts: Draft[] = [];
  for (const person of people) {
    const own = ofPerson[person.id] ?? [];
    if (own.length === 0) continue;
    const days = activityBetween(0 as Instant, windows.sendingEnd, localOffset(world, person.city));
    const mean = (habits.messagesPerPersonPerDay * days) / habits.messagesPerExchange;
    const exchanges = wholeNumber(mean, draw('person', person.id, 'exchanges'));
    for (let each = 0; each < exchanges; each++) {
      const conversation = chooseConversation(own, habits, (purpose) =>
        draw('person', person.id, 'exchange', each, purpose),
      );
      if (conversation !== undefined) writeExchange(person, each, conversation, options, drafts);
    }
  }
  drafts.sort((left, right) => left.at - right.at || left.order - right.order);
  return drafts.map(({ order: _order, ...message }, index) => ({ ...message, id: index as UserMessageId }));
}

function conversationsByPerson(
  count: number,
  conversations: readonly Conversation[],
): readonly (readonly Conversation[])[] {
  const lists = Array.from({ length: count }, (): Conversation[] => []);
  for (const conversation of conversations)
    for (const member of conversation.members) lists[member]?.push(conversation);
  return lists;
}

function chooseConversation(
  own: readonly Conversation[],
  habits: Habits,
  draw: (purpose: string) => number,
): Conversation | undefined {
  const uniform = draw('kind');
  const wanted: Conversation['kind'] =
    uniform < habits.shareInDirectChats
      ? 'direct'
      : uniform < habits.shareInDirectChats + habits.shareInGroups
        ? 'group'
        : 'room';
  const matching = own.filter(({ kind }) => kind === wanted);
  const choices = matching.length > 0 ? matching : own;
  return choices[Math.floor(draw('conversation') * choices.length)];
}

function writeExchange(
  initiator: Person,
  number: number,
  conversation: Conversation,
  options: ScheduleOptions,
  drafts: Draft[],
): void {
  const { habits, windows, draw, people, world } = options;
  const address = ['person', initiator.id, 'exchange', number] as const;
  const length = 1 + geometric(draw(...address, 'length'), 1 / habits.messagesPerExchange);
  let at = instantByRhythm(
    draw(...address, 'at'),
    0 as Instant,
    windows.sendingEnd,
    localOffset(world, initiator.city),
  ) as number;
  let speaker = initiator.id;
  for (let turn = 0; turn < length; turn++) {
    const person = present(people[speaker], 'a speaker');
    at = whenOnline(person, at, draw(...address, 'wait', turn));
    if (at >= windows.sendingEnd) return;
    drafts.push({
      order: drafts.length,
      sender: speaker,
      conversation: conversation.id,
      at: at as Instant,
      text: textOf(
        draw(...address, 'text', turn),
        draw(...address, 'text-length', turn),
        habits.textLengthMedian,
      ),
      resendAfter: resendAfter(
        draw(...address, 'resend', turn),
        draw(...address, 'resend-delay', turn),
        habits,
      ),
    });
    at += Math.max(
      seconds(1),
      logNormal(draw(...address, 'gap', turn), seconds(habits.replyGapMedianSeconds), 1),
    );
    speaker = nextSpeaker(conversation.members, speaker, draw(...address, 'speaker', turn));
  }
}

/** People do not write while their phone is off; they write some seconds after it is back. */
export function whenOnline(person: Person, at: number, uniform: number): number {
  let time = at;
  // The wait may lead into the next time without network.
  for (
    let off = intervalAt(person.device.offline, time);
    off !== undefined;
    off = intervalAt(person.device.offline, time)
  )
    time = off.end + seconds(2) + Math.floor(uniform * minutes(5));
  return time;
}

function nextSpeaker(members: readonly PersonId[], current: PersonId, uniform: number): PersonId {
  const others = members.filter((member) => member !== current);
  // In a pair mostly the other one answers; a person sends two in a row one time in four (assumed).
  if (uniform < 0.25) return current;
  return others[Math.floor(((uniform - 0.25) / 0.75) * others.length)] ?? current;
}

const words =
  'see you at the station around six or a little later if the train is late again then we can walk home by the river and talk about the weekend because nobody has answered yet and the weather looks fine for once ';
const library = words.repeat(24);

function textOf(start: number, length: number, median: number): string {
  const count = Math.min(2_000, Math.max(2, logNormal(length, median, 0.9)));
  const from = Math.floor(start * words.length);
  return library.slice(from, from + count);
}

function resendAfter(uniform: number, delay: number, habits: Habits): Duration | undefined {
  if (uniform < habits.neverResendShare) return undefined;
  return logNormal(delay, minutes(habits.resendMedianMinutes), 1) as Duration;
}
