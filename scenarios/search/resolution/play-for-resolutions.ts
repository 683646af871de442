// One room of a search: played, and every resolution in it held against the invariants.
import { Ancestry } from '../../../protocol/matrix/ancestry.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';
import { resolveState, type ResolutionContext } from '../../../protocol/matrix/state-resolution.ts';
import { eventsFor } from '../../../protocol/matrix/state-resolution/conflicted.ts';
import type { ResolutionStep } from '../../../protocol/matrix/state-resolution/explanation.ts';
import { Coverage, sizeClass } from '../coverage.ts';
import type { RoomRecipe } from '../rooms/recipe.ts';
import { RoomWorld } from '../rooms/room-world.ts';
import { resolutionInvariants, type Violation } from './invariants.ts';
import { frontGroups, openFronts } from './front-groups.ts';
import { furtherMerges } from './further-merges.ts';
import { problemOf, type OpenProblem, type ResolutionProblem } from './problem.ts';
import { withWitness } from './watch-resolutions.ts';

/** A violation, and the resolution that showed it. */
export interface FoundInRoom {
  readonly violation: Violation;
  /** Put together only when asked for: most violations are known already. */
  readonly problem: () => ResolutionProblem;
}

/** How much was looked at. */
export interface ResolutionCounts {
  readonly resolutions: number;
  /** Those with three or more states, twenty or more conflicted events and a state told in place of missing history. */
  readonly large: number;
}

/** What one room led to. */
export interface PlayedForResolutions {
  readonly found: readonly FoundInRoom[];
  readonly situations: Coverage;
  readonly counts: ResolutionCounts;
}

const explainedOneIn = 4;

/**
 * Plays a room and watches its resolutions.
 * @param merges in a room with gaps, so many further merges of states that its servers had at any time
 */
export function playForResolutions(
  recipe: RoomRecipe,
  rules: RoomVersionRules,
  merges = 0,
): PlayedForResolutions {
  const watch = new ResolutionWatch();
  const world = new RoomWorld(
    recipe,
    withWitness(rules, (states, resolved, context) => watch.look(states, resolved, context)),
    {
      onVerdict: (verdict) => {
        if (verdict.kind === 'rejected') watch.situations.add(`rejected (${verdict.stage}): ${verdict.rule}`);
        if (verdict.kind === 'soft-failed') watch.situations.add(`soft-failed: ${verdict.rule}`);
      },
    },
  );
  watch.world = world;
  world.play();
  for (const states of frontGroups(world)) watch.merge(states, rules);
  if (merges > 0 && world.servers.some(({ hasGap }) => hasGap))
    for (const states of furtherMerges(world, merges)) watch.merge(states, rules);
  world.heal();
  for (const { room, hasGap } of world.servers) {
    watch.situations.add(`fork width ${sizeClass(room.forwardExtremities.length)}`);
    if (hasGap) watch.situations.add('history missing');
  }
  return { found: watch.found, situations: watch.situations, counts: watch };
}

class ResolutionWatch implements ResolutionCounts {
  readonly found: FoundInRoom[] = [];
  readonly situations = new Coverage();
  resolutions = 0;
  large = 0;
  world: RoomWorld | undefined;
  readonly #order = new EventOrder();
  #ancestry: { readonly events: number; readonly of: Ancestry } | undefined;

  /** States that no server has merged so far. */
  merge(states: readonly StateMap[], rules: RoomVersionRules): void {
    const { world } = this;
    if (world === undefined) return;
    const context = openFronts(world, rules);
    this.look(states, resolveState(states, context), context);
  }

  look(states: readonly StateMap[], resolved: StateMap, context: ResolutionContext): void {
    const { world } = this;
    if (world === undefined) return;
    this.resolutions++;
    const keys = StateMap.keysInConflict(states);
    const conflicted = keys.reduce((sum, key) => sum + eventsFor(key, states).length, 0);
    const isBehindGap = world.servers.some(({ hasGap }) => hasGap);
    if (states.length > 2 && conflicted >= 20 && isBehindGap) this.large++;
    this.situations.add(`state sets ${sizeClass(states.length)}`);
    this.situations.add(`conflicted events ${sizeClass(conflicted)}`);
    const isSample = this.resolutions % explainedOneIn === 0;
    if (isSample) this.#explain(states, context);
    this.#order.add(world.events);
    const haveFallen = keys.some((key) => this.#mayBeReset(key, states, resolved.getKey(key)));
    const ancestryOf = (events: readonly MatrixEvent[]): Ancestry => this.#ancestryOf(events);
    const open: OpenProblem = {
      states,
      context,
      get ancestry() {
        return ancestryOf(world.events);
      },
    };
    for (const { asked, violations } of resolutionInvariants) {
      if (asked === 'at-times' && !isSample) continue;
      if (asked === 'where-entries-fell' && !haveFallen) continue;
      for (const violation of violations(open, resolved))
        this.found.push({ violation, problem: () => problemOf(states, context, world.events) });
    }
  }

  /** The order of all events is worked out only for those who ask, and once while no event comes. */
  #ancestryOf(events: readonly MatrixEvent[]): Ancestry {
    if (this.#ancestry?.events !== events.length)
      this.#ancestry = { events: events.length, of: new Ancestry(events) };
    return this.#ancestry.of;
  }

  /** Whether a state has an entry that came after the resolved one, or one for a key that the resolved state lacks. */
  #mayBeReset(key: string, states: readonly StateMap[], resolved: EventId | undefined): boolean {
    return states.some((state) => {
      const entry = state.getKey(key);
      if (entry === undefined || entry === resolved) return false;
      return resolved === undefined || this.#order.isBefore(resolved, entry);
    });
  }

  #explain(states: readonly StateMap[], context: ResolutionContext): void {
    resolveState(states, { ...context, explain: (step) => this.#note(step) });
  }

  #note(step: ResolutionStep): void {
    switch (step.kind) {
      case 'auth-check':
        if (step.refusal !== undefined)
          this.situations.add(`refused in resolution (${step.phase}): ${step.refusal.rule}`);
        return;
      case 'full-conflicted-set': {
        const known = new Set([...step.conflictedStateSet, ...step.authDifference]);
        const added = step.conflictedStateSubgraph.filter((id) => !known.has(id)).length;
        this.situations.add(`auth difference ${sizeClass(step.authDifference.length)}`);
        this.situations.add(`conflicted state subgraph adds ${sizeClass(added)}`);
        return;
      }
      case 'power-ordering':
        this.situations.add(`power events ${sizeClass(step.order.length)}`);
        return;
      case 'mainline-ordering':
        this.situations.add(`mainline ${sizeClass(step.mainline.length)}`);
        return;
      case 'depth-ordering':
        this.situations.add(`depth ordering of ${sizeClass(step.order.length)}`);
        return;
      case 'conflict':
        return;
    }
  }
}

/** Which event is an ancestor of which, by bits, so that the question may be asked of every resolution. */
class EventOrder {
  readonly #numbers = new Map<EventId, number>();
  readonly #ancestors: Uint32Array[] = [];

  /** The events, causes first; those that are known already come first again. */
  add(events: readonly MatrixEvent[]): void {
    for (let number = this.#ancestors.length; number < events.length; number++) {
      const { eventId, prevEvents, authEvents } = events[number] as MatrixEvent;
      const bits = new Uint32Array((number >> 5) + 1);
      for (const id of [...prevEvents, ...authEvents]) {
        const cause = this.#numbers.get(id);
        if (cause === undefined) continue;
        bits[cause >> 5] = (bits[cause >> 5] as number) | (1 << (cause & 31));
        const above = this.#ancestors[cause] as Uint32Array;
        for (let word = 0; word < above.length; word++)
          bits[word] = (bits[word] as number) | (above[word] as number);
      }
      this.#numbers.set(eventId, number);
      this.#ancestors.push(bits);
    }
  }

  isBefore(earlier: EventId, later: EventId): boolean {
    const number = this.#numbers.get(earlier);
    const bits = this.#ancestors[this.#numbers.get(later) ?? -1];
    return (
      number !== undefined && bits !== undefined && ((bits[number >> 5] ?? 0) & (1 << (number & 31))) !== 0
    );
  }
}
