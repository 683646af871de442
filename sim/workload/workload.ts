// Who the people are, where they are, what they say to whom and when: exogenous, the same for every system.
import type { AdministrativeChange } from '../../protocol/administration.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../protocol/message.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { Mobility } from '../mobility/mobility.ts';
import type { ContactTrace } from '../radio/contact-trace.ts';
import type { AccessProfile, City, ComponentId } from '../world.ts';
import type { Tasks } from './tasks.ts';

/** Half-open: `start` included, `end` not. */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant;
}

/** A point on a city's plane, metres. */
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** Where a person is from `start` until the next stay. A person is at one place at each instant. */
export interface Stay {
  readonly start: Instant;
  readonly place: 'home' | 'work' | 'way';
  readonly from: Position;
  /** Where a walk ends at the start of the next stay; equal to `from` when the person stands still. */
  readonly to: Position;
  /** The access network in use. */
  readonly access: AccessProfile;
}

/** A person's phone. */
export interface Device {
  readonly platform: 'ios' | 'android';
  /** How long a full battery lasts. It matters while the grid at home is gone. */
  readonly batteryLife: Duration;
  /** Shown time minus true time. */
  readonly clockSkewMs: number;
  /** When it is off; sorted, disjoint, all of it within `offline`. */
  readonly off: readonly Interval[];
  /** When it has no network or is off; sorted, disjoint. Everything else is online. */
  readonly offline: readonly Interval[];
  /** When the messaging app is in the foreground; sorted, disjoint. Covers each of the person's own sends. */
  readonly foreground: readonly Interval[];
  /**
   * The same for an application that works only while it is open, as a radio mesh does: its users leave it open for
   * longer. Contains `foreground`.
   */
  readonly meshOpen: readonly Interval[];
}

/** A person's computer at home: a second device of the same account in systems that link devices. */
export interface Computer {
  readonly clockSkewMs: number;
  readonly access: AccessProfile;
  /** When it is in use with the messaging application open; sorted, disjoint. */
  readonly inUse: readonly Interval[];
  /** The rest of the time it sleeps, without a network. */
  readonly asleep: readonly Interval[];
}

/** Somebody who says and reads things. */
export interface Person {
  readonly id: PersonId;
  readonly city: City;
  readonly district: string;
  readonly country: string;
  /** Sorted by start; the first starts at the epoch. */
  readonly stays: readonly Stay[];
  /** The power grid at home, where the world has one. */
  readonly grid?: ComponentId;
  readonly device: Device;
  readonly computer?: Computer;
}

/** How far apart the members of a pair live. */
export type DistanceClass = 'walking' | 'same-city' | 'same-country' | 'abroad';

/** A set of people who talk. Members do not change during a run unless a scenario says so. */
export interface Conversation {
  readonly id: ConversationId;
  readonly kind: 'direct' | 'group' | 'room';
  readonly members: readonly PersonId[];
  /** It goes on in the room that the world imports; the members are that room's, in its order. */
  readonly isImported?: true;
  /** Who looks after it, where somebody does. */
  readonly administration?: Administration;
}

/** Who may change a conversation, and who may be thrown out of it. */
export interface Administration {
  /** The first two may do everything, the others what moderators may. The first made the conversation. */
  readonly moderators: readonly PersonId[];
  /** Accounts of nobody in the simulation. */
  readonly guests: number;
}

/** One change to a conversation. */
export interface ScheduledChange {
  readonly at: Instant;
  readonly by: PersonId;
  readonly conversation: ConversationId;
  readonly change: AdministrativeChange;
}

/** One thing said. */
export interface ScheduledMessage {
  readonly id: UserMessageId;
  readonly sender: PersonId;
  readonly conversation: ConversationId;
  /** When the person presses send. */
  readonly at: Instant;
  readonly text: string;
  /** How long after a visible failure the person presses "send again"; undefined: never. */
  readonly resendAfter: Duration | undefined;
}

/** The windows of a run: warm-up [0, sendingStart), sending [sendingStart, sendingEnd), observed until horizon. */
export interface Windows {
  readonly sendingStart: Instant;
  readonly sendingEnd: Instant;
  readonly horizon: Instant;
}

/** Everything exogenous about people. Rows are indexed by their ids. */
export interface Workload {
  readonly people: readonly Person[];
  readonly conversations: readonly Conversation[];
  /** Sorted by (at, id); ids are row numbers. */
  readonly messages: readonly ScheduledMessage[];
  /** People begin to write this long before they send; nobody is told when left out. */
  readonly writing?: Duration;
  /** What people change about conversations, sorted by time; nothing when left out. */
  readonly changes?: readonly ScheduledChange[];
  /** What people set out to do beyond writing; nothing when left out. */
  readonly tasks?: Tasks;
  readonly windows: Windows;
  /** Where people are at each instant, where a mobility model moves them instead of their stays. */
  readonly mobility?: Mobility;
  /** Who is within radio range of whom when, where a trace tells it instead of positions; nodes are people's ids. */
  readonly contacts?: ContactTrace;
  /** The distance class of two people. */
  distanceClass(left: PersonId, right: PersonId): DistanceClass;
}
