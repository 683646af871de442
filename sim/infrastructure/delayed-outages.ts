// Outages that do not follow at once from one fault: batteries that run out, caches that outlive their source, too few
// of several left, and failovers. Computed whenever faults change, and when something is due.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import { flapPeriod, isOutOfService } from '../faults/load-balancer-flap.ts';
import type { Place } from '../faults/places.ts';
import { noOutage, type Outage } from '../faults/verdict.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { EventHandle, Scheduler } from '../kernel/scheduler.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { ComponentId, OutageManner, Redundancy } from '../world.ts';
import type { ComponentIndex, DependencyGraph } from './dependency-graph.ts';
import { Failover } from './failover.ts';

/** What delayed outages are made of. */
export interface DelayedOutagesOptions {
  readonly field: FaultField;
  readonly graph: DependencyGraph;
  readonly scheduler: Scheduler;
  readonly draw: AddressedDraw;
  /** Something is due: look again, and tell who is concerned. */
  due(): void;
}

/** A need whose loss is bridged for a while. */
interface Bridge {
  readonly source: Place;
  readonly outlives: number;
  /** When the source failed, and what it failed of, while it is down. */
  downSince: Instant | undefined;
  event: EventHandle | undefined;
}

/** A component that can be lost by more than what reaches it at once. */
interface Watched {
  readonly index: ComponentIndex;
  readonly bridges: readonly Bridge[];
  readonly members: readonly Place[];
  readonly redundancy: Redundancy | undefined;
  readonly failover: Failover | undefined;
  lost: Outage;
}

/** The outages of all components that have batteries, caches or spare parts. */
export class DelayedOutages {
  readonly #options: DelayedOutagesOptions;
  /** What others need comes first. */
  readonly #watched: readonly Watched[];
  readonly #byIndex = new Map<ComponentIndex, Watched>();
  readonly #wake: (at: Instant) => EventHandle;
  /** Components whose outage has changed since the last call of `takeChanged`. */
  readonly #changed = new Set<ComponentIndex>();
  /** How many are lost now. */
  #lost = 0;

  constructor(options: DelayedOutagesOptions) {
    this.#options = options;
    const { graph, scheduler } = options;
    const event = scheduler.register('delayed-outage', () => options.due());
    this.#wake = (at) => scheduler.schedule(at, event);
    this.#watched = inOrder(graph).map((index) => this.#watch(index));
    for (const watched of this.#watched) this.#byIndex.set(watched.index, watched);
  }

  /** How a component is lost now, beyond what reaches it at once. */
  of(index: ComponentIndex): Outage {
    return this.#byIndex.get(index)?.lost ?? noOutage;
  }

  /** The failover of a component; undefined when it has none. */
  failoverOf(component: ComponentId): Failover | undefined {
    const { graph } = this.#options;
    return graph.has(component) ? this.#byIndex.get(graph.indexOf(component))?.failover : undefined;
  }

  /** Whether any component is lost now. */
  get any(): boolean {
    return this.#lost > 0;
  }

  /** Looks at everything as faults are now; `moved` is called after each change, since others may depend on it. */
  update(moved: () => void): void {
    for (const watched of this.#watched) {
      const lost = this.#assess(watched);
      if (isSame(lost, watched.lost)) continue;
      this.#lost += Number(lost.isDown) - Number(watched.lost.isDown);
      watched.lost = lost;
      this.#changed.add(watched.index);
      moved();
    }
  }

  /** Components whose outage has changed, each once. */
  takeChanged(): readonly ComponentIndex[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  #watch(index: ComponentIndex): Watched {
    const { graph, field } = this.#options;
    const { needs, redundancy } = graph.component(index);
    const bridges = needs.flatMap(({ on, strength, outlives = 0 }): Bridge[] =>
      strength === 'hard' && outlives > 0
        ? [{ source: field.places.of(on), outlives, downSince: undefined, event: undefined }]
        : [],
    );
    const members = redundancy?.members.map((id) => field.places.of(id)) ?? [];
    const failover =
      redundancy?.failover === undefined ? undefined : this.#failover(index, members, redundancy.failover);
    return { index, bridges, members, redundancy, failover, lost: noOutage };
  }

  #failover(
    index: ComponentIndex,
    members: readonly Place[],
    times: NonNullable<Redundancy['failover']>,
  ): Failover {
    const { field, graph } = this.#options;
    const own = field.places.of(graph.component(index).id);
    return new Failover({
      ...times,
      count: members.length,
      causeOf: (member) => {
        const place = members[member];
        return place === undefined ? noCause : causeOf(field, field.outage(place));
      },
      checksOff: () => field.healthChecksOff(own) !== undefined,
      misjudged: (member) => this.#misjudged(own, members[member]),
      wake: (at) => void this.#wake(at),
    });
  }

  /** A flap of the component's health checks hits the member that serves. */
  #misjudged(own: Place, member: Place | undefined): { cause: CauseToken; period: number } | undefined {
    const { field, draw, scheduler } = this.#options;
    const { now } = scheduler;
    if (member === undefined) return undefined;
    for (const index of field.active()) {
      const fault = field.fault(index);
      if (fault.kind !== 'load-balancer-flap' || !field.strikes(index, own, now)) continue;
      const severity = field.timeline.severity(index, now);
      if (isOutOfService(fault, severity, member.name, now, draw))
        return { cause: field.blame(noCause, index), period: flapPeriod(fault, now) };
    }
    return undefined;
  }

  #assess(watched: Watched): Outage {
    const { field } = this.#options;
    let lost = noOutage;
    for (const bridge of watched.bridges) lost = joined(field, lost, this.#afterBridge(bridge));
    const { redundancy, members, failover } = watched;
    if (redundancy === undefined) return lost;
    if (failover !== undefined) {
      const cause = failover.lostBy(this.#options.scheduler.now);
      return cause === undefined ? lost : joined(field, lost, outageBy(redundancy.lost, cause));
    }
    let working = 0;
    let cause = noCause;
    for (const member of members) {
      const outage = field.outage(member);
      if (outage.isDown) cause = field.union(cause, causeOf(field, outage));
      else working++;
    }
    return working >= redundancy.atLeast ? lost : joined(field, lost, outageBy(redundancy.lost, cause));
  }

  /** What is left of a source's outage once the battery is empty or the cache is too old. */
  #afterBridge(bridge: Bridge): Outage {
    const { field, scheduler } = this.#options;
    const { now } = scheduler;
    const outage = field.outage(bridge.source);
    if (!outage.isDown) {
      if (bridge.event !== undefined) scheduler.cancel(bridge.event);
      bridge.event = undefined;
      bridge.downSince = undefined;
      return noOutage;
    }
    if (bridge.downSince === undefined) {
      bridge.downSince = now;
      bridge.event = this.#wake((now + bridge.outlives) as Instant);
    }
    return now >= bridge.downSince + bridge.outlives ? outage : noOutage;
  }
}

/** Components with bridges or redundancy, those that others of them need first: depth first, with a stack of its own. */
function inOrder(graph: DependencyGraph): readonly ComponentIndex[] {
  const order: ComponentIndex[] = [];
  const seen = new Set<ComponentIndex>();
  const needsOf = (index: ComponentIndex): readonly ComponentIndex[] => {
    const { needs, redundancy } = graph.component(index);
    const hard = needs.filter(({ strength }) => strength === 'hard').map(({ on }) => on);
    return [...hard, ...(redundancy?.members ?? [])].map((on) => graph.indexOf(on));
  };
  for (const root of graph.components.keys()) {
    if (seen.has(root)) continue;
    seen.add(root);
    const path = [{ index: root, needs: needsOf(root), next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = top.needs[top.next++];
      if (need === undefined) {
        if (isWatched(graph, top.index)) order.push(top.index);
        path.pop();
      } else if (!seen.has(need)) {
        seen.add(need);
        path.push({ index: need, needs: needsOf(need), next: 0 });
      }
    }
  }
  return order;
}

function isWatched(graph: DependencyGraph, index: ComponentIndex): boolean {
  const { needs, redundancy } = graph.component(index);
  return redundancy !== undefined || needs.some(({ outlives = 0 }) => outlives > 0);
}

function outageBy(manner: OutageManner, cause: CauseToken): Outage {
  return {
    isDown: true,
    crash: manner === 'crash' ? cause : noCause,
    blackHole: manner === 'black-hole' ? cause : noCause,
    refuse: manner === 'refuse' ? cause : noCause,
  };
}

function joined(field: FaultField, left: Outage, right: Outage): Outage {
  if (!right.isDown) return left;
  if (!left.isDown) return right;
  return {
    isDown: true,
    crash: field.union(left.crash, right.crash),
    blackHole: field.union(left.blackHole, right.blackHole),
    refuse: field.union(left.refuse, right.refuse),
  };
}

/** All faults behind an outage. */
export function causeOf(
  field: { union(left: CauseToken, right: CauseToken): CauseToken },
  { crash, blackHole, refuse }: Outage,
): CauseToken {
  return field.union(field.union(crash, blackHole), refuse);
}

function isSame(left: Outage, right: Outage): boolean {
  return (
    left.isDown === right.isDown &&
    left.crash === right.crash &&
    left.blackHole === right.blackHole &&
    left.refuse === right.refuse
  );
}
