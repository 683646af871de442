// Which machines run, which can start, and how fast they are: health propagated through needs from active faults.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { DiskAfterCrash } from '../faults/fault.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { Place } from '../faults/places.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { HealthListener, NodeHealth } from '../host/node-health.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Assumption, ComponentId } from '../world.ts';
import { causeOf } from './delayed-outages.ts';

/** How much longer work takes while something that a component can do without, but works with, is down. */
const softNeedFactor = 2;

export const healthAssumptions: readonly Assumption[] = [
  {
    path: 'infrastructure.softNeedFactor',
    value: softNeedFactor,
    unit: '',
    meaning: 'how many times as long work takes while a soft need of a component is down',
    range: [1, 10],
  },
];

/** What the health of a world is made of. */
export interface WorldHealthOptions {
  readonly field: FaultField;
  readonly scheduler: Scheduler;
  readonly draw: AddressedDraw;
  nodeName(node: NodeIndex): string;
  /** Whether one of the machines that are this component runs; undefined when none is. */
  runs(component: ComponentId): boolean | undefined;
}

/** Health of components: a function of the active faults, of the dependency graph and, for what needs machines to start, of these. */
export class WorldHealth implements NodeHealth {
  readonly mayRollBack: boolean;
  readonly #options: WorldHealthOptions;
  readonly #listeners: HealthListener[] = [];
  /** Nodes that started without network, and the fault that ends it. */
  readonly #stranded = new Map<NodeIndex, FaultIndex>();
  readonly #places = new Map<ComponentId, Place>();
  /** What places need, by strength, once asked for. */
  readonly #needs = {
    'start-up': new Map<Place, readonly Place[]>(),
    soft: new Map<Place, readonly Place[]>(),
  };

  constructor(options: WorldHealthOptions) {
    this.#options = options;
    const { field } = options;
    this.mayRollBack = field.timeline.faults.some(
      (fault) => fault.kind === 'down' && fault.disk === 'rolled-back',
    );
    field.onChange((index, places) => {
      const kind = index === undefined ? undefined : field.fault(index).kind;
      if (kind !== undefined && !bearsOnHealth.has(kind)) return;
      for (const place of places) {
        const [component] = place.components;
        if (component === undefined || place.components.length > 1) continue;
        for (const listener of this.#listeners) listener(field.graph.component(component).id);
      }
    });
  }

  isUp(component: ComponentId): boolean {
    return this.#options.field.outage(this.#place(component)).crash === noCause;
  }

  isReachable(component: ComponentId): boolean {
    return this.#unreachableBy(this.#place(component)) === noCause;
  }

  causeOf(component: ComponentId): CauseToken {
    const { field } = this.#options;
    const place = this.#place(component);
    let cause = this.#unreachableBy(place);
    for (const index of field.active()) {
      const { kind } = field.fault(index);
      if (kind === 'slow' && field.reach(index, place) > 0) cause = field.blame(cause, index);
      if (
        kind === 'no-new-instances' &&
        this.#neededToStart(place).some((need) => field.reach(index, need) > 0)
      )
        cause = field.blame(cause, index);
    }
    for (const need of this.#neededToStart(place)) cause = this.#union(cause, this.#unusableBy(need));
    for (const need of this.#softNeeds(place)) cause = this.#union(cause, this.#unusableBy(need));
    return cause;
  }

  canStart(component: ComponentId, node: NodeIndex, attempt: number): boolean {
    const { field, draw, scheduler } = this.#options;
    this.#stranded.delete(node);
    const name = this.#options.nodeName(node);
    for (const need of this.#neededToStart(this.#place(component))) {
      const unusable = this.#unusableBy(need);
      if (unusable !== noCause) {
        field.countContact(unusable);
        return false;
      }
      // A service that is made of machines is there when one of them runs.
      if (!this.#runs(need)) return false;
      for (const index of field.active()) {
        const fault = field.fault(index);
        if (fault.kind !== 'no-new-instances' || field.reach(index, need) === 0) continue;
        const likely = fault.probability * field.timeline.severity(index, scheduler.now);
        if (draw('launch', fault.id, name, attempt) >= likely) continue;
        field.countContact(field.blame(noCause, index));
        if (!fault.withoutNetwork) return false;
        this.#stranded.set(node, index);
      }
    }
    return true;
  }

  workFactor(component: ComponentId): number {
    const { field, scheduler } = this.#options;
    if (field.active().length === 0) return 1;
    const place = this.#place(component);
    let factor = 1;
    for (const index of field.active()) {
      const fault = field.fault(index);
      if ((fault.kind !== 'slow' && fault.kind !== 'added-capacity') || field.reach(index, place) === 0)
        continue;
      const severity = field.timeline.severity(index, scheduler.now);
      if (fault.kind === 'added-capacity') factor /= 1 + (fault.factor - 1) * severity;
      else {
        factor *= 1 + (fault.factor - 1) * severity;
        field.countContact(field.blame(noCause, index));
      }
    }
    if (this.#softNeeds(place).some((need) => this.#unusableBy(need) !== noCause)) factor *= softNeedFactor;
    return factor;
  }

  /** The worst that any of the faults does that have taken the machine down. */
  diskAfterCrash(component: ComponentId): DiskAfterCrash {
    const { field, scheduler } = this.#options;
    const place = this.#place(component);
    const fates = field.active().map((index): DiskAfterCrash => {
      const fault = field.fault(index);
      const strikes =
        fault.kind === 'down' &&
        fault.manner === 'crash' &&
        field.reach(index, place) === 2 &&
        field.strikes(index, place, scheduler.now);
      return strikes ? (fault.disk ?? 'kept') : 'kept';
    });
    if (fates.includes('lost')) return 'lost';
    return fates.includes('rolled-back') ? 'rolled-back' : 'kept';
  }

  onChange(listener: HealthListener): void {
    this.#listeners.push(listener);
  }

  /** Whether any node runs without network. */
  get strandsAny(): boolean {
    return this.#stranded.size > 0;
  }

  /** Faults that keep a node without network although it runs. */
  strandedBy(node: NodeIndex): CauseToken {
    if (this.#stranded.size === 0) return noCause;
    const index = this.#stranded.get(node);
    if (index === undefined) return noCause;
    const { field, scheduler } = this.#options;
    return field.timeline.holds(index, 0, scheduler.now) ? field.blame(noCause, index) : noCause;
  }

  /** Nodes that started without network because of this fault. */
  strandedNodes(fault: FaultIndex | undefined): readonly NodeIndex[] {
    return [...this.#stranded].filter(([, index]) => index === fault).map(([node]) => node);
  }

  #place(component: ComponentId): Place {
    let place = this.#places.get(component);
    if (place === undefined) this.#places.set(component, (place = this.#options.field.places.of(component)));
    return place;
  }

  #union(left: CauseToken, right: CauseToken): CauseToken {
    return this.#options.field.union(left, right);
  }

  /** Faults because of which packets from elsewhere do not get to a place: it is down, or behind a closed border. */
  #unreachableBy(place: Place): CauseToken {
    const { field, scheduler } = this.#options;
    let cause = causeOf(field, field.outage(place));
    for (const index of field.active()) {
      const { kind } = field.fault(index);
      if (
        (kind === 'down' || kind === 'shutdown' || kind === 'bgp-withdrawal') &&
        field.reach(index, place) === 1 &&
        field.strikes(index, place, scheduler.now)
      )
        cause = field.blame(cause, index);
    }
    return cause;
  }

  /** Faults that make a component useless to what begins to use it: down in any manner, or without its name. */
  #unusableBy(place: Place): CauseToken {
    const { field, scheduler } = this.#options;
    let cause = causeOf(field, field.outage(place));
    for (const index of field.active())
      if (field.fault(index).kind === 'dns' && field.strikes(index, place, scheduler.now))
        cause = field.blame(cause, index);
    return cause;
  }

  #runs(place: Place): boolean {
    const { field } = this.#options;
    return place.components.every(
      (component) => this.#options.runs(field.graph.component(component).id) !== false,
    );
  }

  #neededToStart(place: Place): readonly Place[] {
    return this.#needsOf(place, 'start-up');
  }

  #softNeeds(place: Place): readonly Place[] {
    return this.#needsOf(place, 'soft');
  }

  #needsOf(place: Place, strength: 'start-up' | 'soft'): readonly Place[] {
    let needs = this.#needs[strength].get(place);
    if (needs === undefined) {
      const { graph, places } = this.#options.field;
      needs = place.components
        .flatMap((component) => graph.needs(component, strength))
        .map((need) => places.of(graph.component(need).id));
      this.#needs[strength].set(place, needs);
    }
    return needs;
  }
}

/** Kinds after whose changes machines may run, or be reachable, that did or were not. */
const bearsOnHealth: ReadonlySet<string> = new Set([
  'down',
  'power-loss',
  'partition',
  'shutdown',
  'bgp-withdrawal',
]);
