// Which comparison put one event of an ordering before another.
import { present } from '../../assert.ts';
import { sha1Hex } from '../../crypto.ts';
import type { EventId } from '../ids.ts';
import type { AuthGraph } from './auth-graph.ts';
import type { ResolutionStep } from './explanation.ts';
import { NumberSet } from './number-set.ts';
import { causesOf } from './power-ordering.ts';

/** What decided that `earlier` comes before `later` in an ordering; where both are allowed, `later` stands. */
export type Comparison =
  /** The earlier event is in the auth chain of the later one, within the full conflicted set. */
  | { readonly kind: 'auth-chain' }
  /** A sender of higher level comes first. Infinity for creators from version 12. */
  | { readonly kind: 'sender-power-level'; readonly earlier: number; readonly later: number }
  | { readonly kind: 'origin-server-ts'; readonly earlier: number; readonly later: number }
  | { readonly kind: 'event-id' }
  /** The later event had to wait for an event of its auth chain, which itself came after the earlier event. */
  | { readonly kind: 'waits-for'; readonly cause: EventId; readonly comparison: Comparison }
  /** Far from the newest mainline event comes first. Infinity for events without a mainline event in their ancestry. */
  | { readonly kind: 'mainline-position'; readonly earlier: number; readonly later: number }
  /** Power events are settled before all others. */
  | { readonly kind: 'power-events-first' }
  /** Version 1: shallow comes first. */
  | { readonly kind: 'depth'; readonly earlier: number; readonly later: number }
  /** Version 1, at equal depth: the larger SHA-1 of the event id comes first. */
  | { readonly kind: 'sha1'; readonly earlier: string; readonly later: string };

export type PowerOrdering = Extract<ResolutionStep, { kind: 'power-ordering' }>;
export type MainlineOrdering = Extract<ResolutionStep, { kind: 'mainline-ordering' }>;
export type DepthOrdering = Extract<ResolutionStep, { kind: 'depth-ordering' }>;

/** Compares two events of a reverse topological power ordering. */
export class PowerComparisons {
  readonly #order: PowerOrdering['order'];
  readonly #places: ReadonlyMap<EventId, number>;
  readonly #graph: AuthGraph;
  readonly #full: NumberSet;

  /** `full` is the full conflicted set. */
  constructor({ order }: PowerOrdering, full: readonly EventId[], graph: AuthGraph) {
    this.#order = order;
    this.#places = new Map(order.map(({ eventId }, index) => [eventId, index]));
    this.#graph = graph;
    this.#full = new NumberSet(graph.size);
    for (const number of graph.numbersOf(full)) this.#full.add(number);
  }

  compare(earlier: EventId, later: EventId): Comparison {
    const now = this.#placeOf(earlier);
    const ready = this.#firstReady(later, now);
    if (ready === earlier) return { kind: 'auth-chain' };
    const comparison = this.#byRank(earlier, ready);
    return ready === later ? comparison : { kind: 'waits-for', cause: ready, comparison };
  }

  /** Of an event and those that it waits for, the one that could have come at a place of the order, and came first. */
  #firstReady(eventId: EventId, now: number): EventId {
    const seen = new Set<EventId>([eventId]);
    let first = eventId;
    for (const id of seen) {
      const number = this.#graph.numberOf(id);
      const causes = causesOf(number, this.#full, this.#graph).map((each) => this.#graph.event(each).eventId);
      for (const cause of causes) if (this.#placeOf(cause) >= now) seen.add(cause);
      if (this.#placeOf(id) < this.#placeOf(first)) first = id;
    }
    return first;
  }

  #byRank(earlierId: EventId, laterId: EventId): Comparison {
    const earlier = present(this.#order[this.#placeOf(earlierId)], 'an ordered event');
    const later = present(this.#order[this.#placeOf(laterId)], 'an ordered event');
    if (earlier.senderPowerLevel !== later.senderPowerLevel)
      return {
        kind: 'sender-power-level',
        earlier: earlier.senderPowerLevel,
        later: later.senderPowerLevel,
      };
    return byTimeAndId(earlier, later);
  }

  #placeOf(id: EventId): number {
    return present(this.#places.get(id), 'an ordered event');
  }
}

/** What decided between two events of a mainline ordering. */
export function compareByMainline(
  earlier: MainlineOrdering['order'][number],
  later: MainlineOrdering['order'][number],
): Comparison {
  if (earlier.mainlinePosition !== later.mainlinePosition)
    return { kind: 'mainline-position', earlier: earlier.mainlinePosition, later: later.mainlinePosition };
  return byTimeAndId(earlier, later);
}

function byTimeAndId(
  earlier: { readonly originServerTs: number },
  later: { readonly originServerTs: number },
): Comparison {
  if (earlier.originServerTs === later.originServerTs) return { kind: 'event-id' };
  return { kind: 'origin-server-ts', earlier: earlier.originServerTs, later: later.originServerTs };
}

/** What decided between two candidates of version 1. */
export function compareByDepth(
  earlier: DepthOrdering['order'][number],
  later: DepthOrdering['order'][number],
): Comparison {
  if (earlier.depth !== later.depth) return { kind: 'depth', earlier: earlier.depth, later: later.depth };
  return { kind: 'sha1', earlier: sha1Hex(earlier.eventId), later: sha1Hex(later.eventId) };
}
