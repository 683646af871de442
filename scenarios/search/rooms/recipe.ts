// A room's history as plain numbers: what fast-check generates and shrinks, what guidance changes, and what a small world
// of servers plays. Every number means something whatever the others are, so that any part may be left out.

/** What a step may be, in the order of their numbers: the simplest first, since shrinking goes towards zero. */
export const stepKinds = [
  'sync',
  'message',
  'topic',
  'join',
  'leave',
  'join-rules',
  'power-of-user',
  'kick',
  'ban',
  'unban',
  'invite',
  'power-of-action',
  'profile',
  'tips-only',
  'knock',
  'restricted-join',
  'third-party-invite',
  'redeem-invite',
  'aliases',
  'redaction',
  'state-of-user',
  'malformed',
] as const;

/** What a step does. */
export type StepKind = (typeof stepKinds)[number];

/** One thing that happens. Numbers are taken modulo what there is to choose from. */
export interface RoomStep {
  /** Index of {@link stepKinds}. */
  readonly kind: number;
  /** A user, or the server that sends. */
  readonly who: number;
  /** Another user, or the server that receives. */
  readonly whom: number;
  /** Which of several possible contents. */
  readonly value: number;
  /** How far the clock of the sender's server is off, in ticks of the room's time. */
  readonly skew: number;
  /** 0: after all that the server knows. Otherwise the event is put that many events into the past. */
  readonly back: number;
  /** 0: cites what it must. Otherwise another choice of authority. */
  readonly cite: number;
  /** 1: the sender's server sends it although it refuses it itself. */
  readonly forced: number;
}

/** A room to be played. */
export interface RoomRecipe {
  readonly servers: number;
  readonly users: number;
  /** Levels of the users, the creator's first; indices of {@link levels}. */
  readonly powers: readonly number[];
  /** How the room is opened: index of {@link openings}; 0 when left out. */
  readonly opening?: number;
  readonly steps: readonly RoomStep[];
}

/** Power levels that are given to users and asked of actions. */
export const levels: readonly number[] = [0, 50, 100, 25, 75, 99, 150, -1];

/** Join rules of the specification, and one that none of its rules names. */
export const joinRules: readonly string[] = [
  'public',
  'invite',
  'knock',
  'restricted',
  'private',
  'knock_restricted',
  'unheard-of',
];

/** How a room may begin. Nobody should come into one that begins otherwise than by the first two. */
export const openings = [
  'as usual',
  'for one server',
  'of no version',
  'without creator',
  'with a nameless creator',
  'at another server',
] as const;

/** The element that a number chooses. */
export function chosen<T>(list: readonly T[], number: number): T {
  if (list.length === 0) throw new RangeError('nothing to choose from');
  return list[number % list.length] as T;
}
