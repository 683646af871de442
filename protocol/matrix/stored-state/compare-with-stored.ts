// A room held against what a server has stored of it: the first state that departs, and why.
import { accept, type Outcome } from '../../outcome.ts';
import type { EventId } from '../ids.ts';
import { judgeSlice, type SliceToJudge, type SliceVerdicts } from '../slice/judge-slice.ts';
import type { Unknown } from '../slice/known-state.ts';
import { Ancestry } from '../ancestry.ts';
import { explainDeparture, type Departure } from './departure.ts';
import { SliceStates, type PlacedReset } from './slice-states.ts';
import { compareStored, type StoredState } from './stored-state.ts';

/** A stored state of which some keys cannot be compared. */
export interface Undecided {
  readonly at: StoredState;
  readonly why: Unknown;
}

/** What came of the comparison. */
export interface StoredStateReport {
  readonly verdicts: SliceVerdicts;
  /** How many stored states were compared in full. */
  readonly compared: number;
  readonly undecided: readonly Undecided[];
  /** Events with a stored state that the room does not hold. */
  readonly unplaced: readonly EventId[];
  /** The first in causal order, the state before an event before the one after it; undefined when none departs. */
  readonly departure: Departure | undefined;
  /** Every state reset in the room, each loss where it first happens. */
  readonly resets: readonly PlacedReset[];
}

/** Compares every stored state with the right one. Refused as by {@link judgeSlice}. */
export function compareWithStored(
  slice: SliceToJudge,
  stored: readonly StoredState[],
): Outcome<StoredStateReport> {
  const judged = judgeSlice(slice);
  if (!judged.ok) return judged;
  const states = new SliceStates(judged.value);
  const events = judged.value.events.map(({ event }) => event);
  const ancestry = new Ancestry([...slice.outliers, ...events]);
  const resets = states.resets(ancestry);
  const undecided: Undecided[] = [];
  const unplaced = new Set<EventId>();
  const agreed = new Set<EventId>();
  let departure: Departure | undefined;
  let compared = 0;
  for (const at of inCausalOrder(stored, events)) {
    const right = states.at(at);
    if (right === undefined) {
      if (at.eventId !== undefined) unplaced.add(at.eventId);
      continue;
    }
    const { departing, undecided: why } = compareStored(at.entries, right);
    if (why === undefined) compared++;
    else undecided.push({ at, why });
    if (departing.length > 0)
      departure ??= explainDeparture(at, departing, { slice, states, stored, ancestry, agreed, resets });
    else if (why === undefined && at.eventId !== undefined && at.where === 'after') agreed.add(at.eventId);
  }
  return accept({ verdicts: judged.value, compared, undecided, unplaced: [...unplaced], departure, resets });
}

function inCausalOrder(
  stored: readonly StoredState[],
  events: readonly { readonly eventId: EventId }[],
): readonly StoredState[] {
  const order = new Map(events.map(({ eventId }, index) => [eventId, index]));
  const place = ({ eventId, where }: StoredState): number =>
    eventId === undefined ? events.length * 2 : 2 * (order.get(eventId) ?? -1) + (where === 'after' ? 1 : 0);
  return [...stored].sort((left, right) => place(left) - place(right));
}
