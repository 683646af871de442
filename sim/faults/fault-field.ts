// The faults of a run over its places: what holds where, now. Computed from the set of active faults, never toggled.
import { present } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { CauseTable } from '../causes.ts';
import { causeOf, DelayedOutages } from '../infrastructure/delayed-outages.ts';
import type { ComponentIndex, DependencyGraph } from '../infrastructure/dependency-graph.ts';
import { Routes } from '../infrastructure/routes.ts';
import type { ComponentId } from '../world.ts';
import type { EventHandle, EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { wholeKinds, type TimelineEntry } from './fault.ts';
import { FaultMap, type Reach } from './fault-map.ts';
import { hindranceOn } from './hindrances.ts';
import { flapChangesAfter } from './load-balancer-flap.ts';
import { assessPath, strongest } from './path-assessment.ts';
import { pathKey, Places, type Place } from './places.ts';
import type { FaultIndex, FaultTimeline } from './timeline.ts';
import { noOutage, quietPath, type Hindrance, type Outage, type PathState } from './verdict.ts';

/** What a fault field is made of. */
export interface FaultFieldOptions {
  readonly scheduler: Scheduler;
  readonly graph: DependencyGraph;
  readonly timeline: FaultTimeline;
  readonly causes: CauseTable;
  readonly draw: AddressedDraw;
}

/** Told after something began or ended to hold at places: a fault, or (none given) an outage that follows from several. */
export type FaultListener = (fault: FaultIndex | undefined, places: readonly Place[]) => void;

/** All faults of a run, where they strike, and since when. Kernel events happen at changes only. */
export class FaultField {
  readonly graph: DependencyGraph;
  readonly timeline: FaultTimeline;
  readonly map: FaultMap;
  readonly places: Places;
  readonly routes: Routes;
  readonly draw: AddressedDraw;
  /** Whether operators may take anything out of rotation in this run. */
  readonly canDrain: boolean;
  readonly #options: FaultFieldOptions;
  readonly #event: EventKind;
  readonly #listeners: FaultListener[] = [];
  readonly #watchers: (() => void)[] = [];
  readonly #placesOf: Place[][];
  readonly #concerned = new Set<Place>();
  readonly #contacts: Float64Array;
  /** The next change of each fault: at places that yield first (undefined), and at places that yield in their turn. */
  readonly #pending: Map<Place | undefined, EventHandle>[];
  readonly #paths = new Map<number, PathState>();
  readonly #outages = new Map<Place, Outage>();
  readonly #single: CauseToken[];
  /** Faults behind each cause that was ever counted. */
  readonly #behind = new Map<CauseToken, readonly FaultIndex[]>();
  readonly #delayed: DelayedOutages;
  #active: readonly FaultIndex[] = [];
  /** What is remembered of now is true before this instant. */
  #validUntil = -1;
  #epoch = 0;

  constructor(options: FaultFieldOptions) {
    const { scheduler, graph, timeline, causes, draw } = options;
    this.#options = options;
    this.graph = graph;
    this.timeline = timeline;
    this.draw = draw;
    this.map = new FaultMap(graph, timeline);
    this.places = new Places(graph);
    this.routes = new Routes(graph, this.places, draw);
    this.#placesOf = timeline.faults.map(() => []);
    this.#contacts = new Float64Array(timeline.faults.length);
    this.#pending = timeline.faults.map(() => new Map<Place | undefined, EventHandle>());
    this.canDrain = timeline.faults.some(({ kind }) => kind === 'drained');
    // What an action costs is charged to the fault to which it answers, and to itself when it answers none.
    this.#single = timeline.faults.map(({ id, because }) => causes.intern([because ?? id]));
    this.#event = scheduler.register('fault', (_node, place, fault) =>
      this.#changed(fault, place as Place | undefined),
    );
    for (const place of this.places.all()) this.#register(place);
    this.places.onNew((place) => this.#register(place));
    this.#delayed = new DelayedOutages({ field: this, graph, scheduler, draw, due: () => this.#due() });
    for (const index of timeline.faults.keys()) this.#scheduleNext(index, undefined, -1 as Instant);
    // Those who listen to health hear of every component that a fault concerns, whoever has asked about it before.
    for (const { id } of graph.components) if (this.concernsComponent(id)) this.places.of(id);
    this.places.forgetAsked();
  }

  onChange(listener: FaultListener): void {
    this.#listeners.push(listener);
  }

  /** Told after every change of any fault, of a matter of degree as well. */
  onAnyChange(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** Faults that hold somewhere now, in the order of the timeline. */
  active(): readonly FaultIndex[] {
    const { now } = this.#options.scheduler;
    if (now >= this.#validUntil) this.#refresh(now);
    return this.#active;
  }

  /** Changes whenever what {@link path} says may have changed. */
  epoch(): number {
    this.active();
    return this.#epoch;
  }

  fault(index: FaultIndex): TimelineEntry {
    return this.timeline.fault(index);
  }

  /** How a fault reaches a place at once, whether or not it holds now. */
  reach(index: FaultIndex, place: Place): Reach {
    return strongest(this.map.target(index), place) as Reach;
  }

  /** Whether any fault of the run can ever concern the place. */
  concerns(place: Place): boolean {
    return this.#concerned.has(place);
  }

  /** Whether any fault of the run can ever concern the component, whoever asks. */
  concernsComponent(id: ComponentId): boolean {
    const component = this.graph.indexOf(id);
    return this.timeline.faults.some((_fault, index) => this.map.concerns(index, component));
  }

  /** Whether any fault of the run can ever concern a place that the simulation has asked for so far. */
  get isNear(): boolean {
    for (const place of this.places.asked()) if (this.#concerned.has(place)) return true;
    return false;
  }

  /** Whether a fault that holds or does not strikes the place at an instant (any instant of the run). */
  strikes(index: FaultIndex, place: Place, at: Instant): boolean {
    return this.reach(index, place) > 0 && this.timeline.holds(index, this.#yieldsAt(index, place), at);
  }

  /** The first instant after `after` at which `strikes` changes. */
  nextChange(index: FaultIndex, place: Place, after: Instant): Instant {
    return this.reach(index, place) === 0
      ? never
      : this.timeline.nextChange(index, this.#yieldsAt(index, place), after);
  }

  /** Which faults take the place down now, at once or in the end. A closed border takes nothing down. */
  outage(place: Place): Outage {
    this.active();
    let outage = this.#outages.get(place);
    if (outage === undefined) this.#outages.set(place, (outage = this.#outageNow(place)));
    return outage;
  }

  /** What takes a place down now that reaches it later than at once, or by several parts together. */
  lostBy(place: Place): CauseToken {
    this.active();
    let cause = noCause;
    if (!this.#delayed.any) return cause;
    for (const component of place.closure)
      cause = this.union(cause, causeOf(this, this.#delayed.of(component)));
    return cause;
  }

  /** Operators who switched the health checks of a place off; undefined while they are on. */
  healthChecksOff(place: Place): CauseToken | undefined {
    const { now } = this.#options.scheduler;
    for (const index of this.active())
      if (this.fault(index).kind === 'health-checks-off' && this.strikes(index, place, now))
        return this.blame(noCause, index);
    return undefined;
  }

  /** Operators who took a place out of rotation; undefined while it is in. */
  drainedBy(place: Place): CauseToken | undefined {
    if (!this.canDrain) return undefined;
    const { now } = this.#options.scheduler;
    for (const index of this.active())
      if (this.fault(index).kind === 'drained' && this.strikes(index, place, now))
        return this.blame(noCause, index);
    return undefined;
  }

  /** Outages that follow from several faults, or later than they: for operators who move a failover. */
  get delayed(): DelayedOutages {
    return this.#delayed;
  }

  /** What holds on the path between two places, through what stands in between. */
  path(client: Place, server: Place, via: Place): PathState {
    if (this.active().length === 0 && !this.#delayed.any) return quietPath;
    const key = pathKey(client, server, via);
    let state = this.#paths.get(key);
    if (state === undefined) {
      state = assessPath(this, { client, server, via }, this.#options.scheduler.now);
      this.#paths.set(key, state);
    }
    return state;
  }

  /** Delay, loss and rate that a message of this propagation time and length meets on a path now. */
  hindrance(state: PathState, propagation: number, bytes = 0): Hindrance {
    return hindranceOn(this, state, this.#options.scheduler.now, propagation, bytes);
  }

  /** The faults behind either cause. */
  union(left: CauseToken, right: CauseToken): CauseToken {
    return this.#options.causes.union(left, right);
  }

  /** The union of a cause and one fault. */
  blame(cause: CauseToken, index: FaultIndex): CauseToken {
    return this.#options.causes.union(cause, present(this.#single[index], 'cause of fault', index));
  }

  /** The cause of a fault by its id; `noCause` when the run has no such fault. */
  causeCalled(id: string): CauseToken {
    const index = this.timeline.faults.findIndex((fault) => fault.id === id);
    return index < 0 ? noCause : this.blame(noCause, index);
  }

  /** Counts that every fault behind the cause changed what happened, once. */
  countContact(cause: CauseToken): void {
    if (cause === noCause) return;
    for (const index of this.#faultsBehind(cause)) this.#contacts[index] = (this.#contacts[index] ?? 0) + 1;
  }

  /** Per fault, how often it changed what happened. */
  contacts(): ReadonlyMap<string, number> {
    return new Map(this.timeline.faults.map(({ id }, index) => [id, this.#contacts[index] ?? 0]));
  }

  /** An action began an entry of the timeline, ended it, or changed something else at once: everything is looked at anew. */
  changedByAction(index: FaultIndex | undefined): void {
    this.#validUntil = -1;
    this.active();
    if (index === undefined) {
      this.#tellDelayed();
      this.#tellWatchers();
      return;
    }
    const { rampUp, rampDown, kind } = this.fault(index);
    if (wholeKinds.has(kind) && (rampUp !== undefined || rampDown !== undefined))
      for (const place of present(this.#placesOf[index], 'places of a fault'))
        this.#scheduleNext(index, place, this.#options.scheduler.now);
    this.#changed(index, undefined);
  }

  #faultsBehind(cause: CauseToken): readonly FaultIndex[] {
    let behind = this.#behind.get(cause);
    if (behind === undefined) {
      const { causes } = this.#options;
      behind = [...this.timeline.faults.keys()].filter((index) => {
        const token = this.#single[index];
        return token !== undefined && token !== noCause && causes.union(cause, token) === cause;
      });
      this.#behind.set(cause, behind);
    }
    return behind;
  }

  #outageNow(place: Place): Outage {
    const { now } = this.#options.scheduler;
    let crash = noCause;
    let blackHole = noCause;
    let refuse = noCause;
    for (const index of this.#active) {
      const fault = this.fault(index);
      const isDomestic = fault.kind === 'shutdown' && fault.domestic === 'down';
      if (fault.kind !== 'down' && fault.kind !== 'power-loss' && !isDomestic) continue;
      if (this.reach(index, place) < 2 || !this.strikes(index, place, now)) continue;
      const manner = fault.kind === 'down' ? fault.manner : isDomestic ? 'black-hole' : 'crash';
      if (manner === 'crash') crash = this.blame(crash, index);
      else if (manner === 'refuse') refuse = this.blame(refuse, index);
      else blackHole = this.blame(blackHole, index);
    }
    if (this.#delayed.any)
      for (const component of place.closure) {
        const lost = this.#delayed.of(component);
        if (!lost.isDown) continue;
        crash = this.union(crash, lost.crash);
        blackHole = this.union(blackHole, lost.blackHole);
        refuse = this.union(refuse, lost.refuse);
      }
    if (crash === noCause && blackHole === noCause && refuse === noCause) return noOutage;
    return { isDown: true, crash, blackHole, refuse };
  }

  /** At which share of the ramps a place yields; the same in every system, since it is addressed by names. */
  #yieldsAt(index: FaultIndex, place: Place): number {
    const fault = this.fault(index);
    if (fault.rampUp === undefined && fault.rampDown === undefined) return 0;
    return this.#options.draw('fault-ramp', fault.id, place.name);
  }

  #refresh(now: Instant): void {
    const active: FaultIndex[] = [];
    let until: number = never;
    for (const index of this.timeline.faults.keys()) {
      if (this.timeline.holds(index, 0, now)) active.push(index);
      until = Math.min(until, this.#nextBoundary(index, undefined, now));
    }
    this.#active = active;
    this.#validUntil = until;
    this.#forget();
    this.#delayed.update(() => this.#outages.clear());
    this.#forget();
  }

  #forget(): void {
    this.#paths.clear();
    this.#outages.clear();
    this.#epoch++;
  }

  #register(place: Place): void {
    const routes = this.#routesOf(place);
    for (const [index, fault] of this.timeline.faults.entries()) {
      const concerned = (component: ComponentIndex): boolean => this.map.concerns(index, component);
      if (!place.components.some(concerned) && !routes.some(concerned)) continue;
      this.#placesOf[index]?.push(place);
      this.#concerned.add(place);
      const ramps = fault.rampUp !== undefined || fault.rampDown !== undefined;
      if (ramps && wholeKinds.has(fault.kind)) this.#scheduleNext(index, place, this.#options.scheduler.now);
    }
  }

  /** Routes that what comes from the place may take. */
  #routesOf(place: Place): readonly ComponentIndex[] {
    return this.routes.of(place).flatMap(({ components }) => components);
  }

  /** The next change of a fault at a place, or (none given) at places that yield first. */
  #nextBoundary(index: FaultIndex, place: Place | undefined, after: Instant): Instant {
    const fault = this.fault(index);
    const yieldsAt = place === undefined ? 0 : this.#yieldsAt(index, place);
    const change = this.timeline.nextChange(index, yieldsAt, after);
    return fault.kind === 'load-balancer-flap'
      ? flapChangesAfter(fault, this.timeline.endOf(index), after, change)
      : change;
  }

  #scheduleNext(index: FaultIndex, place: Place | undefined, after: Instant): void {
    const { scheduler } = this.#options;
    const at = this.#nextBoundary(index, place, after);
    const pending = present(this.#pending[index], 'changes to come of a fault');
    const before = pending.get(place);
    if (before !== undefined) scheduler.cancel(before);
    if (at !== never) pending.set(place, scheduler.schedule(at, this.#event, -1, place, index));
  }

  #changed(index: FaultIndex, place: Place | undefined): void {
    const { now } = this.#options.scheduler;
    this.#validUntil = -1;
    this.#scheduleNext(index, place, now);
    if (wholeKinds.has(this.fault(index).kind)) {
      this.active();
      this.#tell(index, place === undefined ? present(this.#placesOf[index], 'places of a fault') : [place]);
    }
    this.#tellDelayed();
    this.#tellWatchers();
  }

  /** A battery is empty, a check has failed for long enough, somebody else serves. */
  #due(): void {
    this.#validUntil = -1;
    this.active();
    this.#tellDelayed();
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #tellDelayed(): void {
    const changed = new Set(this.#delayed.takeChanged());
    if (changed.size === 0) return;
    const places = this.places
      .all()
      .filter(
        (place) =>
          [...place.closure].some((component) => changed.has(component)) ||
          this.#routesOf(place).some((route) =>
            this.graph.hardClosure(route).some((component) => changed.has(component)),
          ),
      );
    this.#tell(undefined, places);
  }

  #tell(index: FaultIndex | undefined, places: readonly Place[]): void {
    for (const listener of this.#listeners) listener(index, places);
  }
}
