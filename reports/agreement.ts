// Whether the replicas of shared objects agree, followed as the run goes: a count of views per object, never a scan.
import type { Observation } from '../sim/observation.ts';

/** A stretch of time during which the replicas of one object did not all say the same. */
export interface Disagreement {
  readonly object: string;
  /** Microseconds. */
  readonly start: number;
  /** NaN: still so at the horizon. */
  readonly end: number;
}

/** Ordinary propagation between servers takes less; shorter disagreements are summed up, not listed. */
export const listedDisagreement = 1_000_000;

interface SharedObject {
  /** What each node says, all aspects in one text. */
  readonly views: Map<number, string>;
  /** How many nodes say it. */
  readonly supporters: Map<string, number>;
  disagreeSince: number | undefined;
}

/** Folds `replica` and `replica-gone`: copies that agree in everything, and in each aspect by itself. */
export class AgreementByAspect {
  readonly whole = new AgreementFold();
  readonly #aspects = new Map<string, AgreementFold>();

  record(observation: Extract<Observation, { kind: 'replica' | 'replica-gone' }>): void {
    const { at, node, object } = observation;
    if (observation.kind === 'replica-gone') {
      for (const fold of [this.whole, ...this.#aspects.values()]) fold.note(at, node, object, undefined);
      return;
    }
    const { aspects } = observation;
    this.whole.note(at, node, object, viewOf(aspects));
    for (const name in aspects) {
      let fold = this.#aspects.get(name);
      if (fold === undefined) this.#aspects.set(name, (fold = new AgreementFold()));
      fold.note(at, node, object, aspects[name]);
    }
  }

  /** Disagreements by aspect, as {@link AgreementFold.finish} lists them. */
  finishAspects(): Readonly<Record<string, readonly Disagreement[]>> {
    return Object.fromEntries([...this.#aspects].map(([name, fold]) => [name, fold.finish()]));
  }
}

/** Follows what the copies of each object say. */
class AgreementFold {
  readonly #objects = new Map<string, SharedObject>();
  readonly #listed: Disagreement[] = [];
  /** The newest end of a disagreement too short to be listed, by object. */
  readonly #lastShort = new Map<string, Disagreement>();

  /** Of which a node ever said that it has a copy. */
  get objects(): readonly string[] {
    return [...this.#objects.keys()];
  }

  /** A node's copy says this from now on; undefined: the node has none any more. */
  note(at: number, node: number, object: string, after: string | undefined): void {
    const shared = this.#object(object);
    const before = shared.views.get(node);
    if (before === after) return;
    if (before !== undefined) removeSupport(shared, before);
    if (after === undefined) shared.views.delete(node);
    else {
      shared.views.set(node, after);
      shared.supporters.set(after, (shared.supporters.get(after) ?? 0) + 1);
    }
    this.#compare(object, shared, at);
  }

  /** All listed disagreements in order of their ends, those still open last. */
  finish(): Disagreement[] {
    const open: Disagreement[] = [];
    for (const [object, { disagreeSince }] of this.#objects)
      if (disagreeSince !== undefined) open.push({ object, start: disagreeSince, end: NaN });
    const ended = [...this.#listed, ...this.#lastShort.values()];
    return [...ended.sort((left, right) => left.end - right.end), ...open];
  }

  #object(name: string): SharedObject {
    let shared = this.#objects.get(name);
    if (shared === undefined) {
      shared = { views: new Map(), supporters: new Map(), disagreeSince: undefined };
      this.#objects.set(name, shared);
    }
    return shared;
  }

  #compare(object: string, shared: SharedObject, at: number): void {
    const agree = shared.supporters.size <= 1;
    if (!agree) {
      shared.disagreeSince ??= at;
      return;
    }
    if (shared.disagreeSince === undefined) return;
    const ended = { object, start: shared.disagreeSince, end: at };
    if (at - shared.disagreeSince >= listedDisagreement) this.#listed.push(ended);
    else this.#lastShort.set(object, ended);
    shared.disagreeSince = undefined;
  }
}

function removeSupport(shared: SharedObject, view: string): void {
  const left = (shared.supporters.get(view) ?? 0) - 1;
  if (left === 0) shared.supporters.delete(view);
  else shared.supporters.set(view, left);
}

/** The aspects in one text. All replicas of an object come from one core, which names its aspects in one order. */
function viewOf(aspects: Readonly<Record<string, string>>): string {
  let view = '';
  for (const name in aspects) view += `${name}=${aspects[name] ?? ''}\n`;
  return view;
}
