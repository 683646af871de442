// State resets: where a resolution takes a key back to an older event, or loses it, although nobody revoked anything.
//
// MSC4297 (https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/4297-state-resolution-v2_1.md) tells
// them from the rollbacks that a decentralised room must expect: an event is rolled back when a demotion, a ban or the
// like came at the same time on another branch; in a state reset there is no such revocation. Known cases:
// https://github.com/element-hq/synapse/issues/8629 and https://github.com/matrix-org/synapse/issues/1953.
//
// A definition by the steps of one server (an entry moves to an ancestor of it, or to nothing, in a step where no accepted
// event that came has the key or takes authority from the entry's sender) was tried on the 43 rooms of the vectors first. It
// errs both ways: it takes for a reset what a change of the join rules undid, or what fell because somebody else did whose
// authority it rested on (17 keys there); and it does not see what is lost in a merge before an event and is no longer the
// current entry when the server takes the step (it finds 96 losses, this one 208). So the question is put to every merge,
// and the revocation is followed.
//
// The definition used here, for the resolution of some states:
// - An entry of a key is *newest* when no other state has an entry for the key that descends from it.
// - A newest entry that did not win is *revoked* when an auth check refused it and looked at an event that is concurrent
//   with it (neither is an ancestor of the other) and that the states which have the entry do not know; or at a key
//   where the entry of those states, or the event that it cites for the key, had itself been revoked.
// - The key is *reset* when the resolved state has none of the newest entries for it, and one of them was not revoked.
import type { EventLookup } from '../auth-state.ts';
import type { EventId } from '../ids.ts';
import { resolveState, type ResolutionContext } from '../state-resolution.ts';
import { StateMap } from '../state-map.ts';
import { eventsFor } from '../state-resolution/conflicted.ts';
import { ResolutionLog, type AuthCheck } from '../state-resolution/explanation.ts';
import type { Ancestry } from '../ancestry.ts';

/** A key that a resolution has reset. */
export interface StateReset {
  /** {@link stateMapKey}. */
  readonly key: string;
  /** What the resolved state has for the key: an event that was replaced long ago, or none. */
  readonly resolved: EventId | undefined;
  /** The newest entries that were lost without a revocation. */
  readonly lost: readonly EventId[];
  /** For each of them the rule that refused it in the resolution; undefined: it was allowed, and an older one came after it. */
  readonly refusals: readonly (string | undefined)[];
}

/** The resets in the resolution of these states. */
export function stateResets(
  states: readonly StateMap[],
  context: ResolutionContext,
  ancestry: Ancestry,
): readonly StateReset[] {
  const log = new ResolutionLog();
  const resolved = resolveState(states, { ...context, explain: log.note });
  const question = new ResetQuestion(states, log, context.find, ancestry);
  const resets: StateReset[] = [];
  for (const key of StateMap.keysInConflict(states)) {
    const reset = question.resetOf(key, resolved.getKey(key));
    if (reset !== undefined) resets.push(reset);
  }
  return resets;
}

class ResetQuestion {
  readonly #states: readonly StateMap[];
  readonly #find: EventLookup;
  readonly #ancestry: Ancestry;
  readonly #checks = new Map<EventId, AuthCheck>();
  readonly #revoked = new Map<EventId, boolean>();

  constructor(states: readonly StateMap[], log: ResolutionLog, find: EventLookup, ancestry: Ancestry) {
    this.#states = states;
    this.#find = find;
    this.#ancestry = ancestry;
    for (const step of log.steps) if (step.kind === 'auth-check') this.#checks.set(step.eventId, step);
  }

  resetOf(key: string, resolved: EventId | undefined): StateReset | undefined {
    const entries = eventsFor(key, this.#states);
    const newest = entries.filter((id) => !entries.some((other) => this.#ancestry.isBefore(id, other)));
    if (resolved !== undefined && newest.includes(resolved)) return undefined;
    const lost = newest.filter((id) => !this.#isRevoked(id));
    const refusals = lost.map((id) => this.#checks.get(id)?.refusal?.rule);
    return lost.length === 0 ? undefined : { key, resolved, lost, refusals };
  }

  #isRevoked(id: EventId): boolean {
    const known = this.#revoked.get(id);
    if (known !== undefined) return known;
    // A revocation cannot rest on itself.
    this.#revoked.set(id, false);
    const check = this.#checks.get(id);
    const revoked =
      check?.refusal !== undefined &&
      check.authority.some(({ key, eventId }) => this.#revokes(key, eventId, id));
    this.#revoked.set(id, revoked);
    return revoked;
  }

  /** Whether what the auth check of `id` found for a key is news to the states that have `id`. */
  #revokes(key: string, found: EventId | undefined, id: EventId): boolean {
    const entries = this.#entriesBeside(id, key);
    const cited = this.#citedBy(id, key);
    if (cited !== undefined && cited !== found && this.#isRevoked(cited)) return true;
    const isNews =
      found !== undefined &&
      this.#isConcurrent(found, id) &&
      !entries.some(
        (entry) => entry === found || (entry !== undefined && this.#ancestry.isBefore(found, entry)),
      );
    return (
      isNews ||
      entries.some(
        (entry) => entry !== undefined && entry !== found && entry !== id && this.#isRevoked(entry),
      )
    );
  }

  /** The event of a key that an event cites as its authority. */
  #citedBy(id: EventId, key: string): EventId | undefined {
    return this.#find(id)?.authEvents.find((each) => this.#find(each)?.stateMapKey === key);
  }

  #isConcurrent(left: EventId, right: EventId): boolean {
    return left !== right && !this.#ancestry.isBefore(left, right) && !this.#ancestry.isBefore(right, left);
  }

  /** What the states that have an event have for another key. */
  #entriesBeside(id: EventId, key: string): readonly (EventId | undefined)[] {
    const own = this.#find(id)?.stateMapKey;
    if (own === undefined) return [];
    return this.#states.filter((state) => state.getKey(own) === id).map((state) => state.getKey(key));
  }
}
