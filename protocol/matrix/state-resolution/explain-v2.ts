// What became of each event of the full conflicted set, in state resolution versions 2 and 2.1.
// https://spec.matrix.org/v1.16/rooms/v12/#algorithm
import type { EventId } from '../ids.ts';
import { splitConflicted } from './conflicted.ts';
import {
  compareByMainline,
  PowerComparisons,
  type Comparison,
  type MainlineOrdering,
} from './explain-comparison.ts';
import { statesWith, type Contender, type Contest, type ExplainedKey, type Fate } from './explained-key.ts';
import type { AuthCheck, ResolutionPhase, ResolutionStep } from './explanation.ts';

/** Every key for which states disagree or the full conflicted set holds events. */
export function contestV2(contest: Contest): readonly ExplainedKey[] {
  const { states, resolved, graph } = contest;
  if (states.length < 2) return [];
  const split = splitConflicted(states);
  const steps = new StepsV2(contest);
  const contenders = new Map<string, Set<EventId>>();
  for (const [key, ids] of split.conflicted) contenders.set(key, new Set(ids));
  for (const eventId of steps.fullConflictedSet) {
    const key = graph.event(graph.numberOf(eventId)).stateMapKey;
    if (key === undefined) continue;
    const known = contenders.get(key);
    if (known === undefined) contenders.set(key, new Set([eventId]));
    else known.add(eventId);
  }
  return [...contenders].map(([key, ids]): ExplainedKey => {
    const agreed = split.unconflicted(key);
    if (agreed !== undefined) ids.add(agreed);
    const origin = split.conflicted.has(key)
      ? 'conflicted'
      : agreed === undefined
        ? 'in-no-state'
        : 'unconflicted';
    const winner = resolved.getKey(key);
    const inOrder = steps.inOrderOfChecks([...ids]);
    const told = inOrder.map((eventId): Contender => ({
      eventId,
      states: statesWith(key, eventId, states),
      memberships: steps.membershipsOf(eventId),
      ...steps.placeOf(eventId),
      fate: fateOf(eventId, { inOrder, agreed, winner, steps, contest }),
    }));
    return { key, origin, winner, contenders: told };
  });
}

interface Rivals {
  readonly inOrder: readonly EventId[];
  /** The event on which all states agree. */
  readonly agreed: EventId | undefined;
  readonly winner: EventId | undefined;
  readonly steps: StepsV2;
  readonly contest: Contest;
}

function fateOf(eventId: EventId, { inOrder, agreed, winner, steps, contest }: Rivals): Fate {
  if (eventId === agreed) return { kind: 'unconflicted' };
  const check = steps.checkOf(eventId);
  if (eventId === winner) return { kind: 'won' };
  if (check === undefined)
    return { kind: contest.graph.numbersOf([eventId]).length === 0 ? 'missing' : 'not-told' };
  if (check.refusal !== undefined) {
    const { phase, authority, refusal } = check;
    return { kind: 'refused', phase, ...refusal, ruleNumber: contest.numberOfRule(refusal.rule), authority };
  }
  if (agreed !== undefined) return { kind: 'overruled', by: agreed };
  const later = inOrder
    .slice(inOrder.indexOf(eventId) + 1)
    .find((id) => steps.checkOf(id)?.refusal === undefined && steps.checkOf(id) !== undefined);
  if (later === undefined) return { kind: 'not-told' };
  return { kind: 'replaced', by: later, comparison: steps.compare(eventId, later) };
}

/** The steps of one resolution, by event. */
class StepsV2 {
  readonly fullConflictedSet: readonly EventId[];
  readonly #full: Extract<ResolutionStep, { kind: 'full-conflicted-set' }> | undefined;
  readonly #memberships: readonly (readonly [Contender['memberships'][number], ReadonlySet<EventId>])[];
  readonly #checks = new Map<EventId, AuthCheck>();
  /** Place in the order of all checks, over both orderings. */
  readonly #turns = new Map<EventId, number>();
  readonly #places = new Map<EventId, NonNullable<Contender['place']>>();
  readonly #byMainline = new Map<EventId, MainlineOrdering['order'][number]>();
  #power: PowerComparisons | undefined;

  constructor({ steps, graph }: Contest) {
    for (const step of steps) {
      if (step.kind === 'full-conflicted-set') this.#full = step;
      if (step.kind === 'auth-check') {
        this.#checks.set(step.eventId, step);
        this.#turns.set(step.eventId, this.#turns.size);
      }
      if (step.kind === 'power-ordering') this.#keepPlaces('power', step.order);
      if (step.kind === 'mainline-ordering') {
        this.#keepPlaces('mainline', step.order);
        for (const entry of step.order) this.#byMainline.set(entry.eventId, entry);
      }
    }
    const full = this.#full;
    this.#memberships = [
      ['conflicted-state-set', new Set(full?.conflictedStateSet)],
      ['auth-difference', new Set(full?.authDifference)],
      ['conflicted-state-subgraph', new Set(full?.conflictedStateSubgraph)],
    ];
    const all = new Set<EventId>();
    for (const [, ids] of this.#memberships) for (const id of ids) all.add(id);
    this.fullConflictedSet = [...all];
    for (const step of steps) {
      if (step.kind !== 'power-ordering') continue;
      this.#power = new PowerComparisons(step, this.fullConflictedSet, graph);
    }
  }

  checkOf(eventId: EventId): AuthCheck | undefined {
    return this.#checks.get(eventId);
  }

  membershipsOf(eventId: EventId): Contender['memberships'] {
    return this.#memberships.flatMap(([name, ids]) => (ids.has(eventId) ? [name] : []));
  }

  placeOf(eventId: EventId): Pick<Contender, 'place'> {
    const place = this.#places.get(eventId);
    return place === undefined ? {} : { place };
  }

  inOrderOfChecks(ids: readonly EventId[]): readonly EventId[] {
    const turn = (id: EventId): number => this.#turns.get(id) ?? this.#turns.size;
    return [...ids].sort((left, right) => turn(left) - turn(right));
  }

  /** Why one of two allowed events came before the other. */
  compare(earlier: EventId, later: EventId): Comparison {
    const left = this.#byMainline.get(earlier);
    const right = this.#byMainline.get(later);
    if (left !== undefined && right !== undefined) return compareByMainline(left, right);
    if (right === undefined && this.#power !== undefined) return this.#power.compare(earlier, later);
    return { kind: 'power-events-first' };
  }

  #keepPlaces(phase: ResolutionPhase, order: readonly { readonly eventId: EventId }[]): void {
    for (const [index, { eventId }] of order.entries())
      this.#places.set(eventId, { phase, position: index + 1, of: order.length });
  }
}
