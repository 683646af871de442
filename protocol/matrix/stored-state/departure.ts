// What explains that a server's stored state departs from the one that follows from the events.
import type { EventId } from '../ids.ts';
import type { RoomVersionRules } from '../room-version.ts';
import type { SliceToJudge } from '../slice/judge-slice.ts';
import type { KnownState } from '../slice/known-state.ts';
import { resolveKnown } from '../slice/known-resolution.ts';
import type { Ancestry } from '../ancestry.ts';
import { judgedBy, otherAlgorithms, type OtherAlgorithm } from './other-algorithms.ts';
import { SliceStates, type PlacedReset } from './slice-states.ts';
import type { DepartingKey, StoredState } from './stored-state.ts';

/**
 * What explains a departure: a state reset by the room's own algorithm, which the server has not gone along with; another
 * algorithm; events or states that were not to be had; or nothing of these.
 */
export type DepartureClass = 'state-reset' | 'algorithm' | 'gap' | 'none';

/** The first stored state that is not what it should be. */
export interface Departure {
  readonly at: StoredState;
  /** All keys that depart there; the first of them is the one to name. */
  readonly keys: readonly DepartingKey[];
  readonly class: DepartureClass;
  readonly detail: string;
  /** Algorithms under which the stored state is what it should be. */
  readonly reproducedBy: readonly string[];
  /** Missing events that the server may have bridged with a state from elsewhere. */
  readonly gaps: readonly EventId[];
  /** Resets that made departing keys what they are: by the room's algorithm, or by the one that gives the stored state. */
  readonly resets: readonly PlacedReset[];
}

/** What a departure is explained from. */
export interface DepartureContext {
  readonly slice: SliceToJudge;
  readonly states: SliceStates;
  readonly stored: readonly StoredState[];
  readonly ancestry: Ancestry;
  /** Events after which the server has stored what it should. */
  readonly agreed: ReadonlySet<EventId>;
  readonly resets: readonly PlacedReset[];
}

/** Explains the first departure; all that is stored before it is right. */
export function explainDeparture(
  at: StoredState,
  keys: readonly DepartingKey[],
  context: DepartureContext,
): Departure {
  const region = regionOf(at, context);
  const gaps = [...region].filter((id) => context.states.judgement(id) === undefined);
  const followers = otherAlgorithms(context.slice.rules).flatMap((algorithm) => {
    const theirs = statesUnder(algorithm, context);
    return isReproduced(at, algorithm, theirs, context) ? [{ ...algorithm, theirs }] : [];
  });
  const own = resetsBehind(keys, context.resets, region, 'computed');
  const common = { at, keys, gaps, resets: own, reproducedBy: followers.map(({ name }) => name) };
  const reset: Departure | undefined = own.some((each) => isKept(each, keys))
    ? {
        ...common,
        class: 'state-reset',
        detail: 'the algorithm of the room resets the key here; the server has kept what was there',
      }
    : undefined;
  // Version 2.1 was made to reset less: a server that keeps what an older algorithm resets may well follow it.
  if (reset !== undefined && context.slice.rules.stateResolution !== 'v2.1') return reset;
  const [first] = followers;
  if (first !== undefined) {
    const resets = first.theirs?.resets(context.ancestry) ?? [];
    const detail = `state resolution ${first.name} gives the stored state`;
    return { ...common, class: 'algorithm', detail, resets: resetsBehind(keys, resets, region, 'stored') };
  }
  if (reset !== undefined) return reset;
  const gap = gapIn(at, gaps, context);
  if (gap !== undefined) return { ...common, class: 'gap', detail: gap };
  return { ...common, class: 'none', detail: strangeness(keys, context) };
}

/** The events that may have to do with a stored state: back to where the server agrees. Missing ones are among them. */
function regionOf({ eventId }: StoredState, { states, agreed }: DepartureContext): ReadonlySet<EventId> {
  const region = new Set<EventId>();
  const stack = eventId === undefined ? [...states.verdicts.possibleExtremities] : [eventId];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (region.has(id) || agreed.has(id)) continue;
    region.add(id);
    stack.push(...(states.judgement(id)?.event.prevEvents ?? []));
  }
  return region;
}

function statesUnder({ rules }: OtherAlgorithm, { slice }: DepartureContext): SliceStates | undefined {
  const verdicts = judgedBy(slice, rules);
  return verdicts === undefined ? undefined : new SliceStates(verdicts);
}

/** Whether another algorithm gives the stored state: followed through the whole room, or at this one merge. */
function isReproduced(
  at: StoredState,
  { rules }: OtherAlgorithm,
  theirs: SliceStates | undefined,
  context: DepartureContext,
): boolean {
  const { states } = context;
  const ids = states.judgement(at.eventId)?.event.prevEvents ?? states.verdicts.forwardExtremities ?? [];
  return isStored(at, theirs?.at(at)) || isStored(at, mergedAt(at, rules, ids, context));
}

function isStored({ entries }: StoredState, state: KnownState | undefined): boolean {
  return state?.isComplete === true && state.entries.equals(entries);
}

/** The state at a place as resolved by these rules from the right states after these events. */
function mergedAt(
  at: StoredState,
  rules: RoomVersionRules,
  ids: readonly EventId[],
  { states }: DepartureContext,
): KnownState | undefined {
  const judgement = states.judgement(at.eventId);
  const known = ids.flatMap((id) => states.after(id) ?? []);
  if (known.length < ids.length || known.length === 0) return undefined;
  const { resolution } = states.verdicts;
  const before = resolveKnown(known, { ...resolution, context: { ...resolution.context, rules } });
  const key = judgement?.event.stateMapKey;
  const isSet = at.where === 'after' && judgement?.verdict === 'accepted' && key !== undefined;
  return isSet ? before.set(key, judgement.event.eventId) : before;
}

/** Resets in the region that made a departing key what it is, on the side of the algorithm that is asked about. */
function resetsBehind(
  keys: readonly DepartingKey[],
  resets: readonly PlacedReset[],
  region: ReadonlySet<EventId>,
  side: 'computed' | 'stored',
): readonly PlacedReset[] {
  return resets.filter(
    ({ eventId, key, resolved }) =>
      (eventId === undefined || region.has(eventId)) &&
      keys.some((each) => each.key === key && each[side] === resolved),
  );
}

function isKept({ key, lost }: PlacedReset, keys: readonly DepartingKey[]): boolean {
  const kept = keys.find((each) => each.key === key)?.stored;
  return kept !== undefined && lost.includes(kept);
}

/** What the server may not have had, in words. */
function gapIn(at: StoredState, gaps: readonly EventId[], context: DepartureContext): string | undefined {
  const left = leftOut(at, context);
  if (left !== undefined) return `it is the state without ${left}, after which the server has stored nothing`;
  const [gap] = gaps;
  return gap === undefined
    ? undefined
    : `${gap} is missing before it, so that the server may have taken the state there from another`;
}

/**
 * Events without a stored state just before it, when the stored one is what follows from those before them: a server that
 * never had an event goes on without it.
 */
function leftOut(at: StoredState, context: DepartureContext): string | undefined {
  const { states, stored, slice } = context;
  const rows = new Set(stored.map(({ eventId }) => eventId));
  const without = new Set<EventId>();
  const held = new Set<EventId>();
  const stack = [...(states.judgement(at.eventId)?.event.prevEvents ?? [])];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (without.has(id) || held.has(id)) continue;
    if (rows.has(id)) held.add(id);
    else {
      without.add(id);
      stack.push(...(states.judgement(id)?.event.prevEvents ?? []));
    }
  }
  if (without.size === 0 || held.size === 0) return undefined;
  return isStored(at, mergedAt(at, slice.rules, [...held], context))
    ? [...without].slice(0, 3).join(', ')
    : undefined;
}

function strangeness(keys: readonly DepartingKey[], { states }: DepartureContext): string {
  const { graph } = states.verdicts;
  const stranger = keys.find(
    ({ stored }) => stored !== undefined && graph.find(stored) === undefined,
  )?.stored;
  return stranger === undefined
    ? 'no algorithm of the specification gives it, and nothing is missing before it'
    : `${stranger} is no event of the room, and nothing is missing before it`;
}
