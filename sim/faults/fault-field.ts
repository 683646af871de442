// The faults of a run over its places: what holds where, now. Computed from the set of active faults, never toggled.
import { present } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { CauseTable } from '../causes.ts';
import type { DependencyGraph } from '../infrastructure/dependency-graph.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Fault, FaultKind } from './fault.ts';
import { FaultMap, type Reach } from './fault-map.ts';
import { flapChangesAfter } from './load-balancer-flap.ts';
import { pathKey, Places, type Place } from './places.ts';
import type { FaultIndex, FaultTimeline } from './timeline.ts';
import { quietPath, unhindered, type Hindrance, type PathState } from './verdict.ts';

/** What a fault field is made of. */
export interface FaultFieldOptions {
  readonly scheduler: Scheduler;
  readonly graph: DependencyGraph;
  readonly timeline: FaultTimeline;
  readonly causes: CauseTable;
  readonly draw: AddressedDraw;
}

/** Told after a fault began or ended to hold at places. */
export type FaultListener = (fault: FaultIndex, places: readonly Place[]) => void;

/** Kinds that hold or do not; the others are matters of degree, asked when something happens. */
const wholeKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'down',
  'partition',
  'load-balancer-flap',
  'no-new-instances',
  'dns',
  'certificate-expired',
]);

/** All faults of a run, where they strike, and since when. Kernel events happen at changes only. */
export class FaultField {
  readonly graph: DependencyGraph;
  readonly timeline: FaultTimeline;
  readonly map: FaultMap;
  readonly places: Places;
  readonly #options: FaultFieldOptions;
  readonly #event: EventKind;
  readonly #listeners: FaultListener[] = [];
  readonly #placesOf: Place[][];
  readonly #concerned = new Set<Place>();
  readonly #contacts: Float64Array;
  readonly #paths = new Map<number, PathState>();
  readonly #single: CauseToken[];
  /** Faults behind each cause that was ever counted. */
  readonly #behind = new Map<CauseToken, readonly FaultIndex[]>();
  #active: readonly FaultIndex[] = [];
  /** What `#active` and `#paths` say is true before this instant. */
  #validUntil = -1;
  #epoch = 0;

  constructor(options: FaultFieldOptions) {
    const { scheduler, graph, timeline, causes } = options;
    this.#options = options;
    this.graph = graph;
    this.timeline = timeline;
    this.map = new FaultMap(graph, timeline);
    this.places = new Places(graph);
    this.#placesOf = timeline.faults.map(() => []);
    this.#contacts = new Float64Array(timeline.faults.length);
    this.#single = timeline.faults.map(({ id }) => causes.intern([id]));
    this.places.onNew((place) => this.#register(place));
    this.#event = scheduler.register('fault', (_node, place, fault) =>
      this.#changed(fault, place as Place | undefined),
    );
    for (const index of timeline.faults.keys()) this.#scheduleNext(index, undefined, -1 as Instant);
    // Those who listen to health hear of every component that a fault concerns, whoever has asked about it before.
    for (const [component, { id }] of graph.components.entries())
      if (timeline.faults.some((_fault, index) => this.map.concerns(index, component))) this.places.of(id);
  }

  onChange(listener: FaultListener): void {
    this.#listeners.push(listener);
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

  fault(index: FaultIndex): Fault {
    return this.timeline.fault(index);
  }

  /** How a fault reaches a place, whether or not it holds now. */
  reach(index: FaultIndex, place: Place): Reach {
    return strongest(this.map.target(index).reach, place);
  }

  /** Whether any fault of the run can ever concern the place. */
  concerns(place: Place): boolean {
    return this.#concerned.has(place);
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

  /** What holds on the path between two places, through what stands in between. */
  path(client: Place, server: Place, via: Place): PathState {
    if (this.active().length === 0) return quietPath;
    const key = pathKey(client, server, via);
    let state = this.#paths.get(key);
    if (state === undefined) {
      state = this.#assess(client, server, via);
      this.#paths.set(key, state);
    }
    return state;
  }

  /** Delay and loss that a message of this propagation time meets on a path now. */
  hindrance(state: PathState, propagation: number): Hindrance {
    if (state.latency.length === 0 && state.loss.length === 0) return unhindered;
    const { now } = this.#options.scheduler;
    let cause = noCause;
    let delay = propagation;
    for (const index of state.latency) {
      const fault = this.fault(index);
      if (fault.kind !== 'latency') continue;
      const severity = this.timeline.severity(index, now);
      delay = delay * (1 + (fault.multiply - 1) * severity) + fault.addMs * 1_000 * severity;
      if (severity > 0) cause = this.blame(cause, index);
    }
    let passes = 1;
    for (const index of state.loss) {
      const fault = this.fault(index);
      if (fault.kind !== 'loss') continue;
      const severity = this.timeline.severity(index, now);
      passes *= 1 - fault.probability * severity;
      if (severity > 0) cause = this.blame(cause, index);
    }
    return { extraDelay: Math.max(0, Math.round(delay - propagation)), lossProbability: 1 - passes, cause };
  }

  /** The faults behind either cause. */
  union(left: CauseToken, right: CauseToken): CauseToken {
    return this.#options.causes.union(left, right);
  }

  /** The union of a cause and one fault. */
  blame(cause: CauseToken, index: FaultIndex): CauseToken {
    return this.#options.causes.union(cause, present(this.#single[index], `cause of fault ${index}`));
  }

  /** Counts that every fault behind the cause changed what happened, once. */
  countContact(cause: CauseToken): void {
    if (cause === noCause) return;
    for (const index of this.#faultsBehind(cause)) this.#contacts[index] = (this.#contacts[index] ?? 0) + 1;
  }

  #faultsBehind(cause: CauseToken): readonly FaultIndex[] {
    let behind = this.#behind.get(cause);
    if (behind === undefined) {
      const { causes } = this.#options;
      behind = [...this.timeline.faults.keys()].filter((index) => {
        const token = this.#single[index];
        return token !== undefined && causes.union(cause, token) === cause;
      });
      this.#behind.set(cause, behind);
    }
    return behind;
  }

  /** Per fault, how often it changed what happened. */
  contacts(): ReadonlyMap<string, number> {
    return new Map(this.timeline.faults.map(({ id }, index) => [id, this.#contacts[index] ?? 0]));
  }

  #assess(client: Place, server: Place, via: Place): PathState {
    const { now } = this.#options.scheduler;
    const state = {
      deadToServer: false,
      deadToClient: false,
      deadCause: noCause,
      refused: false,
      refusedCause: noCause,
    };
    const latency: FaultIndex[] = [];
    const loss: FaultIndex[] = [];
    const errors: FaultIndex[] = [];
    for (const index of this.#active) {
      const fault = this.fault(index);
      if (fault.kind === 'partition') {
        const cut = this.#cuts(index, fault.oneWay, client, server, now);
        if (!cut.toServer && !cut.toClient) continue;
        state.deadToServer ||= cut.toServer;
        state.deadToClient ||= cut.toClient;
        state.deadCause = this.blame(state.deadCause, index);
        continue;
      }
      if (!this.#onPath(index, client, server, via)) continue;
      if (fault.kind === 'latency') latency.push(index);
      else if (fault.kind === 'loss') loss.push(index);
      else if (fault.kind === 'error-rate') errors.push(index);
      else if (fault.kind === 'down' && this.#strikesAny(index, [client, server, via], now)) {
        if (fault.manner === 'refuse') {
          state.refused = true;
          state.refusedCause = this.blame(state.refusedCause, index);
        } else {
          state.deadToServer = state.deadToClient = true;
          state.deadCause = this.blame(state.deadCause, index);
        }
      }
    }
    const quiet = !state.deadToServer && !state.deadToClient && !state.refused;
    if (quiet && latency.length + loss.length + errors.length === 0) return quietPath;
    return { ...state, latency, loss, errors };
  }

  #strikesAny(index: FaultIndex, places: readonly Place[], at: Instant): boolean {
    return places.some((place) => this.strikes(index, place, at));
  }

  /** Whether a path lies in a fault's reach: an end that it reaches altogether, or a gateway that it has to pass. */
  #onPath(index: FaultIndex, client: Place, server: Place, via: Place): boolean {
    const ends = [this.reach(index, client), this.reach(index, server), this.reach(index, via)];
    if (ends.includes(2)) return true;
    if (!ends.includes(1)) return false;
    for (const gateway of this.map.target(index).gateways)
      if (client.closure.has(gateway) !== server.closure.has(gateway)) return true;
    return false;
  }

  /** Directions that a partition cuts: packets from its `from` side to its target, and back unless one-way. */
  #cuts(
    index: FaultIndex,
    oneWay: boolean,
    client: Place,
    server: Place,
    now: Instant,
  ): { readonly toServer: boolean; readonly toClient: boolean } {
    const target = this.map.target(index).reach;
    const source = this.map.source(index).reach;
    const between = (from: Place, to: Place): boolean =>
      strongest(source, from) > 0 &&
      strongest(target, to) > 0 &&
      this.timeline.holds(index, this.#yieldsAt(index, to), now);
    const toServer = between(client, server);
    const toClient = between(server, client);
    return oneWay
      ? { toServer, toClient }
      : { toServer: toServer || toClient, toClient: toServer || toClient };
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
    this.#paths.clear();
    this.#epoch++;
  }

  #register(place: Place): void {
    for (const [index, fault] of this.timeline.faults.entries()) {
      if (!place.components.some((component) => this.map.concerns(index, component))) continue;
      this.#placesOf[index]?.push(place);
      this.#concerned.add(place);
      const ramps = fault.rampUp !== undefined || fault.rampDown !== undefined;
      if (ramps && wholeKinds.has(fault.kind)) this.#scheduleNext(index, place, this.#options.scheduler.now);
    }
  }

  /** The next change of a fault at a place, or (none given) at places that yield first. */
  #nextBoundary(index: FaultIndex, place: Place | undefined, after: Instant): Instant {
    const fault = this.fault(index);
    const yieldsAt = place === undefined ? 0 : this.#yieldsAt(index, place);
    const change = this.timeline.nextChange(index, yieldsAt, after);
    return fault.kind === 'load-balancer-flap' ? flapChangesAfter(fault, after, change) : change;
  }

  #scheduleNext(index: FaultIndex, place: Place | undefined, after: Instant): void {
    const at = this.#nextBoundary(index, place, after);
    if (at !== never) this.#options.scheduler.schedule(at, this.#event, -1, place, index);
  }

  #changed(index: FaultIndex, place: Place | undefined): void {
    const { now } = this.#options.scheduler;
    this.#validUntil = -1;
    this.#scheduleNext(index, place, now);
    if (!wholeKinds.has(this.fault(index).kind)) return;
    const places = place === undefined ? present(this.#placesOf[index], 'places of a fault') : [place];
    for (const listener of this.#listeners) listener(index, places);
  }
}

function strongest(reach: Uint8Array, place: Place): Reach {
  let most = 0;
  for (const component of place.components) most = Math.max(most, reach[component] ?? 0);
  return most as Reach;
}
