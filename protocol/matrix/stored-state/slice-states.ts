// The states of a judged slice by place, and the resets among them.
import type { EventId } from '../ids.ts';
import type { SliceJudgement, SliceVerdicts } from '../slice/judge-slice.ts';
import type { KnownState } from '../slice/known-state.ts';
import type { Ancestry } from '../ancestry.ts';
import { stateResets, type StateReset } from './state-reset.ts';
import type { StoredState } from './stored-state.ts';

/** A reset, and the event before which states were merged; undefined for the end of the room. */
export interface PlacedReset extends StateReset {
  readonly eventId: EventId | undefined;
}

/** A judged slice, looked up by event. */
export class SliceStates {
  readonly verdicts: SliceVerdicts;
  readonly #judgements: ReadonlyMap<EventId, SliceJudgement>;

  constructor(verdicts: SliceVerdicts) {
    this.verdicts = verdicts;
    this.#judgements = new Map(verdicts.events.map((each) => [each.event.eventId, each]));
  }

  judgement(eventId: EventId | undefined): SliceJudgement | undefined {
    return eventId === undefined ? undefined : this.#judgements.get(eventId);
  }

  /** The right state where a stored one is; undefined when the room has no such event. */
  at({ eventId, where }: Pick<StoredState, 'eventId' | 'where'>): KnownState | undefined {
    if (eventId === undefined) return this.verdicts.resolvedState;
    const judgement = this.#judgements.get(eventId);
    return where === 'before' ? judgement?.stateBefore : this.after(eventId);
  }

  after(eventId: EventId): KnownState | undefined {
    return this.#judgements.get(eventId)?.stateAfter ?? this.verdicts.graph.given.after.get(eventId);
  }

  /** Every reset in the resolutions of the slice, each loss where it first happens. */
  resets(ancestry: Ancestry): readonly PlacedReset[] {
    const { events, forwardExtremities = [], resolvedState } = this.verdicts;
    const told = new Set<string>();
    const resets: PlacedReset[] = [];
    const look = (eventId: EventId | undefined, ids: readonly EventId[], outcome: KnownState): void => {
      for (const reset of this.#resetsOfMerge(ids, outcome, ancestry)) {
        const name = `${reset.key} ${reset.resolved ?? ''} ${reset.lost.join()}`;
        if (told.has(name)) continue;
        told.add(name);
        resets.push({ eventId, ...reset });
      }
    };
    for (const { event, stateBefore } of events) look(event.eventId, event.prevEvents, stateBefore);
    look(undefined, forwardExtremities, resolvedState);
    return resets;
  }

  #resetsOfMerge(ids: readonly EventId[], outcome: KnownState, ancestry: Ancestry): readonly StateReset[] {
    if (ids.length < 2 || !outcome.isComplete) return [];
    const states = ids.flatMap((id) => this.after(id) ?? []);
    if (states.length < ids.length || !states.every(({ isComplete }) => isComplete)) return [];
    const maps = states.map(({ entries }) => entries);
    return stateResets(maps, this.verdicts.resolution.context, ancestry);
  }
}
