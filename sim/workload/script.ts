// A workload written out instead of drawn: who says what to whom and when, and when whose phone is away.
import { seconds, type Instant } from '../../protocol/time.ts';
import type { PersonId } from '../../protocol/message.ts';
import { gapsBetween, mergeIntervals } from './intervals.ts';
import type { Conversation, Interval, Person, ScheduledChange, ScheduledMessage } from './workload.ts';

/** A stretch in which a phone is off, or has its application closed. */
export interface Absence {
  readonly person: PersonId;
  readonly phone: 'off' | 'in-pocket';
  readonly during: Interval;
}

/** Everything that people do. What they do not do here they do not do at all. */
export interface Script {
  readonly conversations: readonly Conversation[];
  /** Sorted by time; ids are row numbers. */
  readonly messages: readonly ScheduledMessage[];
  readonly changes: readonly ScheduledChange[];
  readonly absences: readonly Absence[];
}

/** How long somebody who writes has the application open before and after. As in create-workload.ts. */
const aroundSending = { before: seconds(15), after: seconds(45) };

/** People who stand still with the application open, but for their absences; whoever writes has it open. */
export function followScript(
  people: readonly Person[],
  { absences, messages, changes }: Script,
  horizon: Instant,
): readonly Person[] {
  const acts = [
    ...messages.map(({ sender, at }) => ({ by: sender, at })),
    ...changes.map(({ by, at }) => ({ by, at })),
  ];
  return people.map((person) => {
    const away = (phone: Absence['phone']): readonly Interval[] =>
      absences.flatMap((each) => (each.person === person.id && each.phone === phone ? [each.during] : []));
    const offline = mergeIntervals(away('off'));
    const own = acts
      .filter(({ by }) => by === person.id)
      .map(({ at }) => ({
        start: Math.max(0, at - aroundSending.before) as Instant,
        end: Math.min(horizon, at + aroundSending.after) as Instant,
      }));
    const closed = mergeIntervals([...away('in-pocket'), ...offline]);
    const open = mergeIntervals([...gapsBetween(closed, horizon), ...own]);
    return {
      ...person,
      device: { ...person.device, off: offline, offline, foreground: open, meshOpen: open },
    };
  });
}
