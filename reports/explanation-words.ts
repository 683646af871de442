// Reasons of a state resolution in words that a Matrix engineer uses.
import { splitStateMapKey } from '../protocol/matrix/auth-state.ts';
import type { EventId } from '../protocol/matrix/ids.ts';
import type { Comparison } from '../protocol/matrix/state-resolution/explain-comparison.ts';
import type {
  Contender,
  ExplainedKey,
  Fate,
  Refused,
} from '../protocol/matrix/state-resolution/explained-key.ts';
import type { ResolutionPhase } from '../protocol/matrix/state-resolution/explanation.ts';

/** An event id as people tell events apart: its first characters. */
export type ShortId = (eventId: EventId) => string;

/** The step of the algorithm in which a phase is. Steps as numbered by the specification of versions 2 and 2.1. */
const steps: Readonly<Record<ResolutionPhase, string>> = {
  power: 'step 2, power events',
  mainline: 'step 4, other events',
  v1: 'version 1',
};

const orderings: Readonly<Record<ResolutionPhase, string>> = {
  power: 'reverse topological power ordering',
  mainline: 'mainline ordering',
  v1: 'order by depth',
};

export function keyInWords(key: string): string {
  const [type, stateKey] = splitStateMapKey(key);
  return `${type} ${JSON.stringify(stateKey)}`;
}

/** Why the key is told of. */
export const originInWords: Readonly<Record<ExplainedKey['origin'], string>> = {
  conflicted: 'conflicted',
  'in-no-state': 'in no state, but in the auth chains of some',
  unconflicted: 'unconflicted; other events of the key are in the full conflicted set',
};

/** Where the contender comes from, and where it stood in its ordering. */
export function placeInWords({ states, memberships, place }: Contender): string {
  const parts = states.length > 0 ? [`state ${states.map((index) => index + 1).join(', ')}`] : [];
  for (const name of memberships) if (name !== 'conflicted-state-set') parts.push(name.replaceAll('-', ' '));
  if (place !== undefined) parts.push(`${orderings[place.phase]} ${place.position} of ${place.of}`);
  return parts.join('; ');
}

export function fateInWords(fate: Fate, short: ShortId): string {
  switch (fate.kind) {
    case 'won':
      return 'wins: allowed, and nothing allowed came after it';
    case 'won-unchecked':
      return 'wins: the shallowest, and nothing deeper was allowed after it';
    case 'unconflicted':
      return 'stands: every state has it';
    case 'replaced':
      return `loses to ${short(fate.by)}, which is allowed and came later: ${comparisonInWords(fate.comparison, short)}`;
    case 'overruled':
      return `allowed on the way, but every state has ${short(fate.by)}, which step 5 puts back`;
    case 'refused':
      return refusalInWords(fate, short);
    case 'not-reached':
      return 'never tried: version 1 had settled on another by then';
    case 'missing':
      return 'left out: the event is not to be had';
    case 'not-told':
      return 'lost; the algorithm does not say why';
  }
}

function refusalInWords({ phase, rule, ruleNumber, detail, authority }: Refused, short: ShortId): string {
  const number = ruleNumber === undefined ? rule : `rule ${ruleNumber} (${rule})`;
  const looked = authority.map(({ key, eventId, from }) =>
    eventId === undefined
      ? `no ${keyInWords(key)}`
      : `${keyInWords(key)} ${short(eventId)}${from === 'auth-events' ? ' from its own auth events' : ''}`,
  );
  const against = looked.length === 0 ? '' : `; judged by ${looked.join(', ')}`;
  return `refused in ${steps[phase]}, by ${number}: ${detail}${against}`;
}

/** Why the earlier of two events came first. */
export function comparisonInWords(comparison: Comparison, short: ShortId): string {
  switch (comparison.kind) {
    case 'auth-chain':
      return 'this event is in its auth chain';
    case 'sender-power-level':
      return `the higher power level of the sender goes first, ${level(comparison.earlier)} before ${level(comparison.later)}`;
    case 'origin-server-ts':
      return `the earlier origin_server_ts goes first, ${comparison.earlier} before ${comparison.later}`;
    case 'event-id':
      return 'all else is equal, and the smaller event id goes first';
    case 'waits-for':
      return `it had to wait for ${short(comparison.cause)} of its auth chain, and between this event and that, ${comparisonInWords(comparison.comparison, short)}`;
    case 'mainline-position':
      return `farther from the newest mainline event goes first, position ${position(comparison.earlier)} before ${position(comparison.later)}`;
    case 'power-events-first':
      return 'power events are settled first (step 2), all others after them (step 4)';
    case 'depth':
      return `the shallower goes first, depth ${comparison.earlier} before ${comparison.later}`;
    case 'sha1':
      return `at equal depth the larger SHA-1 of the event id goes first, ${comparison.earlier.slice(0, 8)} before ${comparison.later.slice(0, 8)}`;
  }
}

function level(value: number): string {
  return value === Infinity ? 'infinite (a creator)' : `${value}`;
}

function position(value: number): string {
  return value === Infinity ? '∞ (no mainline event in its ancestry)' : `${value}`;
}
