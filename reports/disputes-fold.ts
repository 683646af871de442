// On which entries copies of shared objects differ (for Matrix: on which state keys servers of a room disagree), who holds
// what, for how long; and what was kept without effect because of it. Followed as the run goes.
import { minutes, type Instant } from '../protocol/time.ts';
import type { Observation } from '../sim/observation.ts';

/** What every change causes on its way between servers is shorter, and is not listed. */
export const leastDispute = minutes(1);

/** Nodes whose copies hold the same for an entry. */
export interface Side {
  /** What they hold; undefined: their copies have no such entry. */
  readonly value: string | undefined;
  /** Numbers of nodes, ascending. */
  readonly nodes: readonly number[];
}

/** A stretch longer than a minute in which not all copies of an object held the same for an entry. */
export interface Dispute {
  readonly object: string;
  readonly entry: string;
  /** Microseconds. */
  readonly start: number;
  /** NaN: still so at the end of the run. */
  readonly end: number;
  /** Who held what during the longest part of it in which that did not change. */
  readonly sides: readonly Side[];
}

/** Something that a node kept without effect. */
export type KeptWithoutEffect = Omit<Extract<Observation, { kind: 'refused' }>, 'kind'>;

type Told = Extract<Observation, { kind: 'replica-entries' }>;

interface SharedObject {
  readonly holders: Set<number>;
  /** Nodes that came to it during the run, with all that their copies held then. */
  readonly came: Map<number, ReadonlyMap<string, string | undefined>>;
  readonly entries: Map<string, SharedEntry>;
}

interface SharedEntry {
  /** What copies held that had it when the run began. */
  readonly atStart: string | undefined;
  readonly values: Map<number, string | undefined>;
  /** How many copies hold it. */
  readonly supporters: Map<string | undefined, number>;
  disputedSince: number | undefined;
  changedAt: number;
  longest: { readonly length: number; readonly sides: readonly Side[] };
}

const noSides = { length: -1, sides: [] };

export class DisputesFold {
  readonly #objects = new Map<string, SharedObject>();
  readonly #ended: Dispute[] = [];
  readonly #refused: KeptWithoutEffect[] = [];

  /** A node has a copy of the object. */
  holds(node: number, object: string): void {
    const shared = this.#object(object);
    if (shared.holders.has(node)) return;
    shared.holders.add(node);
    for (const entry of shared.entries.values()) give(entry, node, entry.atStart);
  }

  /** A node has none any more. */
  gone(at: number, node: number, object: string): void {
    const shared = this.#object(object);
    shared.holders.delete(node);
    shared.came.delete(node);
    for (const [name, entry] of shared.entries) {
      if (!entry.values.has(node)) continue;
      this.#endStretch(entry, at);
      take(entry, node);
      this.#compare(object, name, entry, at);
    }
  }

  told({ at, node, object, since, changes }: Told): void {
    const shared = this.#object(object);
    const now = new Map(changes.map(({ entry, after }) => [entry, after]));
    if (since === 'nothing') {
      shared.holders.add(node);
      shared.came.set(node, now);
    }
    // Whoever begins anew says nothing of what is as it was: those entries, too, may have been others until now.
    if (since !== 'last')
      for (const [name, entry] of shared.entries)
        this.#note(shared, { object, name, node, at }, since === 'start' ? entry.atStart : undefined, now);
    if (since === 'nothing') return;
    for (const { entry, before } of changes) {
      if (!shared.entries.has(entry)) shared.entries.set(entry, newEntry(shared, entry, before));
      this.#note(shared, { object, name: entry, node, at }, undefined, now);
    }
  }

  refused({ kind: _, ...kept }: Extract<Observation, { kind: 'refused' }>): void {
    this.#refused.push(kept);
  }

  /** Disputes in order of their beginnings, and everything that was kept without effect, in order of time. */
  finish(at: Instant): {
    readonly disputes: readonly Dispute[];
    readonly refused: readonly KeptWithoutEffect[];
  } {
    const all = [...this.#ended];
    for (const [object, { entries }] of this.#objects) {
      for (const [name, entry] of entries) {
        if (entry.disputedSince === undefined || at - entry.disputedSince <= leastDispute) continue;
        this.#endStretch(entry, at);
        all.push({ object, entry: name, start: entry.disputedSince, end: NaN, sides: entry.longest.sides });
      }
    }
    return { disputes: all.sort((left, right) => left.start - right.start), refused: this.#refused };
  }

  #object(name: string): SharedObject {
    let shared = this.#objects.get(name);
    if (shared === undefined) {
      shared = { holders: new Set(), came: new Map(), entries: new Map() };
      this.#objects.set(name, shared);
    }
    return shared;
  }

  #note(
    shared: SharedObject,
    { object, name, node, at }: { object: string; name: string; node: number; at: number },
    otherwise: string | undefined,
    now: ReadonlyMap<string, string | undefined>,
  ): void {
    const entry = shared.entries.get(name);
    const value = now.has(name) ? now.get(name) : otherwise;
    if (entry === undefined || (entry.values.has(node) && entry.values.get(node) === value)) return;
    this.#endStretch(entry, at);
    take(entry, node);
    give(entry, node, value);
    this.#compare(object, name, entry, at);
  }

  /** Up to now everybody has held what they hold: remembered if it was so for longer than anything before. */
  #endStretch(entry: SharedEntry, at: number): void {
    if (entry.disputedSince !== undefined) {
      const length = at - entry.changedAt;
      if (length > entry.longest.length) entry.longest = { length, sides: sidesOf(entry) };
    }
    entry.changedAt = at;
  }

  #compare(object: string, name: string, entry: SharedEntry, at: number): void {
    if (entry.supporters.size > 1) {
      entry.disputedSince ??= at;
      return;
    }
    const start = entry.disputedSince;
    if (start !== undefined && at - start > leastDispute)
      this.#ended.push({ object, entry: name, start, end: at, sides: entry.longest.sides });
    entry.disputedSince = undefined;
    entry.longest = noSides;
  }
}

function newEntry({ holders, came }: SharedObject, name: string, atStart: string | undefined): SharedEntry {
  const entry: SharedEntry = {
    atStart,
    values: new Map(),
    supporters: new Map(),
    disputedSince: undefined,
    changedAt: 0,
    longest: noSides,
  };
  for (const node of holders) {
    const own = came.get(node);
    give(entry, node, own === undefined ? atStart : own.get(name));
  }
  return entry;
}

function give(entry: SharedEntry, node: number, value: string | undefined): void {
  entry.values.set(node, value);
  entry.supporters.set(value, (entry.supporters.get(value) ?? 0) + 1);
}

function take({ values, supporters }: SharedEntry, node: number): void {
  if (!values.has(node)) return;
  const value = values.get(node);
  values.delete(node);
  const left = (supporters.get(value) ?? 0) - 1;
  if (left === 0) supporters.delete(value);
  else supporters.set(value, left);
}

function sidesOf({ values }: SharedEntry): readonly Side[] {
  const sides = new Map<string | undefined, number[]>();
  for (const [node, value] of values) {
    const nodes = sides.get(value);
    if (nodes === undefined) sides.set(value, [node]);
    else nodes.push(node);
  }
  return [...sides]
    .map(([value, nodes]) => ({ value, nodes: nodes.sort((left, right) => left - right) }))
    .sort(
      (left, right) => right.nodes.length - left.nodes.length || (left.nodes[0] ?? 0) - (right.nodes[0] ?? 0),
    );
}
