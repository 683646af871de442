// A run of a messaging system as plain numbers: what fast-check draws, guidance varies and shrinking makes small. Every
// number means something whatever the others are, so that any part may be left out. Times are ticks of ten seconds; in a slow run
// those at which something begins are ticks of minutes, see {@link paces}.

/** One conversation. */
export interface RecipeConversation {
  /** Index of {@link conversationKinds}. */
  readonly kind: number;
  readonly members: readonly number[];
  /** Of a room with moderators: how many of its members; none otherwise. */
  readonly moderators: number;
  readonly guests: number;
}

/** One message. */
export interface RecipeMessage {
  readonly at: number;
  readonly by: number;
  readonly in: number;
  /** Index of {@link textLengths}. */
  readonly length: number;
  /** 1: the sender tries again ten minutes after a visible failure. */
  readonly resend: number;
}

/** Many messages of one person, one after the other. */
export interface RecipeBurst {
  readonly at: number;
  readonly by: number;
  readonly in: number;
  /** How many, and no more than {@link mostInBursts} allows. */
  readonly times: number;
  /** Index of {@link burstGaps}. */
  readonly gap: number;
}

/** One thing that a moderator or a guest does. */
export interface RecipeChange {
  readonly at: number;
  readonly by: number;
  readonly in: number;
  /** Index of {@link changeKinds}. */
  readonly kind: number;
  readonly whom: number;
}

/** A phone that is off or in the pocket. */
export interface RecipeAbsence {
  readonly who: number;
  readonly from: number;
  readonly length: number;
  /** 1: in the pocket; 0: off. */
  readonly pocket: number;
}

/** Two people or more within reach of each other. Its length is in ticks of ten seconds in slow runs, too. */
export interface RecipeMeeting {
  readonly who: readonly number[];
  readonly from: number;
  readonly length: number;
}

/** One fault; which kinds there are depends on what it may hit. */
export interface RecipeFault {
  /** Among the components that can be hit; `other` is another one, where a fault needs two. */
  readonly target: number;
  readonly other: number;
  readonly kind: number;
  readonly from: number;
  readonly length: number;
  /** How hard: each kind reads it in its own way. */
  readonly value: number;
}

/** A parameter of the system that is not at its default. */
export interface RecipeParameter {
  readonly which: number;
  readonly value: number;
}

/** A run to be played. */
export interface SystemRecipe {
  readonly seed: number;
  readonly people: number;
  /** Index of {@link androidShares}. */
  readonly android: number;
  /** Index of {@link clockErrors}. */
  readonly clocks: number;
  /** 1: what else goes over the Internet does not, where a system uses both that and radio. */
  readonly offline: number;
  /** Homeservers, where a scenario may list them. */
  readonly servers: number;
  readonly conversations: readonly RecipeConversation[];
  readonly messages: readonly RecipeMessage[];
  readonly bursts: readonly RecipeBurst[];
  readonly changes: readonly RecipeChange[];
  readonly away: readonly RecipeAbsence[];
  readonly meetings: readonly RecipeMeeting[];
  readonly faults: readonly RecipeFault[];
  readonly parameters: readonly RecipeParameter[];
  /** Index of {@link paces}. */
  readonly pace: number;
}

/** The lists of a recipe: shrinking leaves out what it can of each. */
export const recipeLists = [
  'faults',
  'parameters',
  'away',
  'changes',
  'bursts',
  'messages',
  'meetings',
  'conversations',
] as const satisfies readonly (keyof SystemRecipe)[];

/** The simplest first: shrinking goes towards zero. */
export const conversationKinds = ['group', 'direct', 'room'] as const;
/** What moderators and guests do. */
export const changeKinds = [
  'topic',
  'guest-ban',
  'guest-invite',
  'guest-speaks',
  'invite-only',
  'public',
  'moderator',
  'no-moderator',
  'guest-remove',
] as const;
/** Characters of a text. */
export const textLengths: readonly number[] = [20, 300, 3_000];
/** Share of Android phones. */
export const androidShares: readonly number[] = [0, 1, 0.5];
/** Standard deviation of the error of phone clocks, milliseconds. */
export const clockErrors: readonly number[] = [0, 300, 60_000, 400_000];

/** Milliseconds from one message of a burst to the next, in a run of the common pace; more in a slow one. */
export const burstGaps: readonly number[] = [1_000, 10, 100, 10_000];
/** Messages of all bursts, times people: what a run costs grows with both. */
export const mostInBursts = 12_000;

/** Ticks in which people talk, and the seconds of a tick. */
export const talkTicks = 240;
export const tickSeconds = 10;
/** Seconds of the ticks at which things begin: of a run of an hour and a half, and of those that last up to five and a half days. */
export const paces: readonly number[] = [tickSeconds, 60, 300, 900];
/** Nothing is said before this tick: phones have to find each other first. */
export const firstTick = 12;

/** The element that a number chooses. */
export function pick<T>(list: readonly T[], number: number): T {
  if (list.length === 0) throw new RangeError('nothing to choose from');
  return list[number % list.length] as T;
}
