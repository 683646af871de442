// The numbers that say how people live and talk: what a scenario sets under `people`.
import type { TaskHabits } from './tasks.ts';

/** Habits of a population. Every value is a parameter of the scenario and listed in the report. */
export interface Habits extends TaskHabits {
  readonly count: number;
  readonly messagesPerPersonPerDay: number;
  /** Mean length of an exchange: messages sent in turn before it falls silent. */
  readonly messagesPerExchange: number;
  readonly replyGapMedianSeconds: number;
  /** Shares of exchanges by kind of conversation; the rest happens in large rooms. */
  readonly shareInDirectChats: number;
  readonly shareInGroups: number;
  readonly directChatsPerPerson: number;
  readonly groupsPerPerson: number;
  readonly groupSizeMedian: number;
  readonly groupSizeMost: number;
  readonly roomSize: number;
  /** Changes that the moderators of a large room make to it in a day; how many they are, and how many guests it has. */
  readonly roomChangesPerDay: number;
  readonly moderatorsPerRoom: number;
  readonly guestsPerRoom: number;
  /** Messages of each guest in a day; they are nobody's deliveries. */
  readonly guestMessagesPerDay: number;
  readonly peoplePerRoom: number;
  /** Where friends live: shares that sum to at most 1; the rest lives abroad. */
  readonly friendsWithinWalkingDistance: number;
  readonly friendsInSameCity: number;
  readonly friendsInSameCountry: number;
  readonly sessionsPerDay: number;
  readonly sessionMedianSeconds: number;
  /** Stretches a day for which a mesh application is left open, and their mean length. */
  readonly meshSessionsPerDay: number;
  readonly meshSessionMeanMinutes: number;
  /** People who have linked a computer at home; stretches a day for which it is in use, and their mean length. */
  readonly computerShare: number;
  readonly computerSessionsPerDay: number;
  readonly computerSessionMeanMinutes: number;
  readonly employedShare: number;
  readonly offAtNightShare: number;
  readonly dropoutsPerDay: number;
  readonly dropoutMeanMinutes: number;
  readonly androidShare: number;
  readonly phoneBatteryHours: number;
  readonly clockSkewSigmaMs: number;
  readonly resendMedianMinutes: number;
  readonly neverResendShare: number;
  readonly textLengthMedian: number;
  /** People begin to write so long before they send, where they can be seen to; 0: they are not seen. */
  readonly writingSeconds: number;
}
