// What the active faults do to the path between two places, through what stands in between.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Routes } from '../infrastructure/routes.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Fault } from './fault.ts';
import type { FaultMap, Footprint } from './fault-map.ts';
import type { Place } from './places.ts';
import type { FaultIndex } from './timeline.ts';
import { quietPath, type Outage, type PathState } from './verdict.ts';

/** What an assessment asks of the fault field. */
export interface AssessmentSource {
  readonly map: FaultMap;
  readonly routes: Routes;
  readonly draw: AddressedDraw;
  active(): readonly FaultIndex[];
  fault(index: FaultIndex): Fault;
  strikes(index: FaultIndex, place: Place, at: Instant): boolean;
  outage(place: Place): Outage;
  blame(cause: CauseToken, index: FaultIndex): CauseToken;
  union(left: CauseToken, right: CauseToken): CauseToken;
}

/** A path: from the side that opens connections to the side that answers. */
export interface PathEnds {
  readonly client: Place;
  readonly server: Place;
  /** Load balancer and services in front of the server. */
  readonly via: Place;
}

type Degrees = Record<'latency' | 'loss' | 'bandwidth' | 'errors', FaultIndex[]>;

/** The list in {@link PathState} that a fault of this kind goes into; undefined for kinds that are no matter of degree here. */
function degreeOf({ kind }: Fault): keyof Degrees | undefined {
  switch (kind) {
    case 'latency':
    case 'bandwidth':
    case 'loss':
      return kind;
    case 'corruption':
      return 'loss';
    case 'error-rate':
      return 'errors';
    default:
      return undefined;
  }
}

/** Looks at one path at one instant. */
class Assessment {
  readonly #source: AssessmentSource;
  readonly #ends: PathEnds;
  readonly #now: Instant;
  readonly #degrees: Degrees = { latency: [], loss: [], bandwidth: [], errors: [] };
  #toServer = false;
  #toClient = false;
  #deadCause: CauseToken = noCause;
  #refused = false;
  #refusedCause: CauseToken = noCause;

  constructor(source: AssessmentSource, ends: PathEnds, now: Instant) {
    this.#source = source;
    this.#ends = ends;
    this.#now = now;
  }

  state(): PathState {
    const { client, server, via } = this.#ends;
    for (const place of new Set([client, server, via])) this.#meet(this.#source.outage(place));
    const route = this.#route();
    for (const index of this.#source.active()) this.#apply(index, route);
    const { latency, loss, bandwidth, errors } = this.#degrees;
    const quiet = !this.#toServer && !this.#toClient && !this.#refused;
    if (quiet && latency.length + loss.length + bandwidth.length + errors.length === 0) return quietPath;
    return {
      deadToServer: this.#toServer,
      deadToClient: this.#toClient,
      deadCause: this.#deadCause,
      refused: this.#refused,
      refusedCause: this.#refusedCause,
      ...this.#degrees,
    };
  }

  #meet({ isDown, crash, blackHole, refuse }: Outage): void {
    if (!isDown) return;
    if (crash !== noCause) this.#die(crash);
    if (blackHole !== noCause) this.#die(blackHole);
    if (refuse !== noCause) this.#refuse(refuse);
  }

  #die(cause: CauseToken, toServer = true, toClient = true): void {
    this.#toServer ||= toServer;
    this.#toClient ||= toClient;
    this.#deadCause = this.#source.union(this.#deadCause, cause);
  }

  #refuse(cause: CauseToken): void {
    this.#refused = true;
    this.#refusedCause = this.#source.union(this.#refusedCause, cause);
  }

  /** The cable that the path takes; none left is a dead path. */
  #route(): Place | undefined {
    const { client, server } = this.#ends;
    const { routes } = this.#source;
    const all = routes.between(client, server);
    if (all.length === 0) return undefined;
    const working = all.filter((route) => !this.#source.outage(route).isDown);
    if (working.length > 0) return routes.choose(client, server, working, all);
    for (const route of all) {
      const { crash, blackHole, refuse } = this.#source.outage(route);
      for (const cause of [crash, blackHole, refuse]) if (cause !== noCause) this.#die(cause);
    }
    return undefined;
  }

  #apply(index: FaultIndex, route: Place | undefined): void {
    const fault = this.#source.fault(index);
    const degree = degreeOf(fault);
    if (degree !== undefined) {
      if (this.#isOnPath(index, route)) this.#degrees[degree].push(index);
      return;
    }
    const cause = (): CauseToken => this.#source.blame(noCause, index);
    if (fault.kind === 'partition') {
      const { toServer, toClient } = this.#cuts(index, fault);
      if (toServer || toClient) this.#die(cause(), toServer, toClient);
    } else if (fault.kind === 'bgp-withdrawal' || fault.kind === 'shutdown' || fault.kind === 'down') {
      if (this.#crossesClosedBorder(index, fault)) {
        if (fault.kind === 'down' && fault.manner === 'refuse') this.#refuse(cause());
        else this.#die(cause());
      }
    } else if (fault.kind === 'blocking' && this.#isBlocked(index)) {
      if (fault.manner === 'black-hole') this.#die(cause());
      else if (fault.manner === 'reset') this.#refuse(cause());
    }
  }

  /** Whether a path lies in a fault's reach: an end that it reaches altogether, or a border that it has to pass. */
  #isOnPath(index: FaultIndex, route: Place | undefined): boolean {
    const { map } = this.#source;
    const { client, server, via } = this.#ends;
    const target = map.target(index);
    const other = map.other(index);
    if (other !== undefined) {
      const between = (left: Place, right: Place): boolean =>
        strongest(target, left) > 0 && strongest(other, right) > 0;
      return between(client, server) || between(server, client);
    }
    if ([client, server, via].some((place) => strongest(target, place) === 2)) return true;
    if (route !== undefined && strongest(target, route) === 2) return true;
    return this.#crosses(target);
  }

  #crosses({ borders }: Footprint): boolean {
    const { client, server } = this.#ends;
    for (const border of borders) if (client.closure.has(border) !== server.closure.has(border)) return true;
    return false;
  }

  /** The border of a country, or of a network whose routes are withdrawn. */
  #crossesClosedBorder(index: FaultIndex, fault: Fault): boolean {
    const { map, draw } = this.#source;
    const { client, server } = this.#ends;
    const target = map.target(index);
    const inside = [client, server].filter((place) =>
      [...target.borders].some((border) => place.closure.has(border)),
    );
    if (inside.length === 0 || !this.#crosses(target)) return false;
    if (!inside.some((place) => this.#source.strikes(index, place, this.#now))) return false;
    if (fault.kind === 'bgp-withdrawal')
      return inside.some((place) => draw('bgp', fault.id, place.name) < fault.share);
    const letThrough = map.other(index);
    return letThrough === undefined || ![client, server].some((place) => strongest(letThrough, place) > 0);
  }

  /** Directions that a partition cuts: packets from its `from` side to its target, and back unless one-way. */
  #cuts(
    index: FaultIndex,
    fault: Extract<Fault, { readonly kind: 'partition' }>,
  ): { readonly toServer: boolean; readonly toClient: boolean } {
    const { map, draw } = this.#source;
    const { client, server } = this.#ends;
    const target = map.target(index);
    const source = map.other(index);
    if (source === undefined) return { toServer: false, toClient: false };
    const between = (from: Place, to: Place): boolean =>
      strongest(source, from) > 0 &&
      strongest(target, to) > 0 &&
      this.#source.strikes(index, to, this.#now) &&
      (fault.share === undefined || draw('partition', fault.id, from.name, to.name) < fault.share);
    const toServer = between(client, server);
    const toClient = between(server, client);
    if (fault.oneWay) return { toServer, toClient };
    return { toServer: toServer || toClient, toClient: toServer || toClient };
  }

  #isBlocked(index: FaultIndex): boolean {
    const { client, server, via } = this.#ends;
    const service = this.#source.map.other(index);
    if (service === undefined || !this.#source.strikes(index, client, this.#now)) return false;
    return strongest(service, server) > 0 || strongest(service, via) > 0;
  }
}

/** What holds on a path now. */
export function assessPath(source: AssessmentSource, ends: PathEnds, now: Instant): PathState {
  return new Assessment(source, ends, now).state();
}

/** How far a footprint reaches a place: as far as the component of it that is reached furthest. */
export function strongest({ reach }: Footprint, place: Place): number {
  let most = 0;
  for (const component of place.components) most = Math.max(most, reach[component] ?? 0);
  return most;
}
