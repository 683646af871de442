// A room of which only some events are at hand: what it holds, what it lacks, and what comes before what.
import type { MatrixEvent } from '../event.ts';
import type { EventId } from '../ids.ts';
import type { ResolutionContext } from '../state-resolution.ts';
import type { KnownState } from './known-state.ts';

/** States that somebody tells, because they do not follow from the events at hand. */
export interface GivenStates {
  /** By event at hand: the state before it. */
  readonly before: ReadonlyMap<EventId, KnownState>;
  /** By event that is missing: the state after it. */
  readonly after: ReadonlyMap<EventId, KnownState>;
}

/** What a slice is made of. */
export interface SliceParts {
  /** Events whose place in the graph is known: the slice itself, causes first as far as they are at hand. */
  readonly events: readonly MatrixEvent[];
  /** Events that are known apart from it: those of the given states, and of their auth chains. */
  readonly outliers: readonly MatrixEvent[];
  readonly given: GivenStates;
}

/** Events by id, and the ancestry that can be told. */
export class SliceGraph {
  readonly given: GivenStates;
  readonly #events: ReadonlyMap<EventId, MatrixEvent>;
  readonly #outliers: ReadonlyMap<EventId, MatrixEvent>;
  readonly #missingAncestors = new Map<EventId, ReadonlySet<EventId>>();

  constructor({ events, outliers, given }: SliceParts) {
    this.given = given;
    this.#events = new Map(events.map((event) => [event.eventId, event]));
    this.#outliers = new Map(outliers.map((event) => [event.eventId, event]));
  }

  /** The event with its body, outliers included. */
  readonly find = (id: EventId): MatrixEvent | undefined => this.#events.get(id) ?? this.#outliers.get(id);

  /** Whether the event is part of the slice itself. */
  has(id: EventId): boolean {
    return this.#events.has(id);
  }

  /** Events whose bodies are not at hand and which certainly come before this one, by predecessors or authorities. */
  missingAncestors(id: EventId): ReadonlySet<EventId> {
    const known = this.#missingAncestors.get(id);
    if (known !== undefined) return known;
    const missing = new Set<EventId>();
    const seen = new Set<EventId>([id]);
    const stack = [id];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (this.find(next) === undefined) missing.add(next);
      for (const cause of this.#causesOf(next)) {
        if (seen.has(cause)) continue;
        seen.add(cause);
        stack.push(cause);
      }
    }
    missing.delete(id);
    this.#missingAncestors.set(id, missing);
    return missing;
  }

  /** Ids in the auth chains of these events, their own included, as far as bodies lead on; `stop` ends a walk. */
  authChain(starts: Iterable<EventId>, stop: (id: EventId) => boolean = () => false): Set<EventId> {
    const chain = new Set<EventId>();
    const stack = [...starts];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (chain.has(id) || stop(id)) continue;
      chain.add(id);
      for (const authority of this.find(id)?.authEvents ?? []) stack.push(authority);
    }
    return chain;
  }

  /**
   * What certainly comes before an event. The entries of a state are among them: each was an event, or the authority of
   * one, before the event whose state it is.
   */
  *#causesOf(id: EventId): Generator<EventId, undefined> {
    const event = this.find(id);
    if (event !== undefined) {
      yield* event.prevEvents;
      yield* event.authEvents;
    }
    for (const state of [this.given.before.get(id), this.given.after.get(id)]) {
      if (state === undefined) continue;
      for (const [, entry] of state.entries.entries()) yield entry;
    }
    return undefined;
  }
}

/** Where state resolution in a slice finds what it needs. */
export interface SliceResolution {
  readonly context: ResolutionContext;
  readonly graph: SliceGraph;
  /** Whether it cannot be told if the event was rejected. */
  readonly isUndecided: (id: EventId) => boolean;
}
