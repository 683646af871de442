// What distance and faults do to bytes between live nodes: the sender holds them back for as long as the simulator says that
// they take, or until a path that is cut is whole again. On loopback there is neither distance nor fault.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { Place } from '../faults/places.ts';
import type { PathState } from '../faults/verdict.ts';
import {
  initialRetransmission,
  leastRetransmissionSpread,
  nearResolverRoundTrip,
  tcpRoundTrips,
  tlsRoundTrips,
} from '../network/assumptions.ts';
import { nextTransmission, timeLost } from '../network/retransmission.ts';
import { drawLosses, mostLosses } from '../network/segment-loss.ts';
import type { Station } from '../network/station.ts';
import type { NetworkReason, NodeIndex } from '../observation.ts';
import type { LiveWorld } from './live-world.ts';

/** Two nodes, and which of them opens connections; `via`: what stands in front of the server. */
export interface Line {
  readonly client: NodeIndex;
  readonly server: NodeIndex;
  readonly via: Place;
}

/** Part of a way, as the sender knows it. */
export interface WayLeg {
  readonly until: Instant;
  readonly reason: NetworkReason;
  readonly cause: CauseToken;
}

/** Distances and cuts between the nodes of a run. */
export class Ways {
  readonly #world: LiveWorld;

  constructor(world: LiveWorld) {
    this.#world = world;
  }

  /** Whether a person's device has no network of its own now. */
  isOffline(node: NodeIndex): boolean {
    const station = this.#station(node);
    return station.isDevice && station.access === undefined;
  }

  /** Faults because of which nothing gets through in this direction; undefined when something does. */
  cutBy(line: Line, toServer: boolean): CauseToken | undefined {
    const { health } = this.#world.internet;
    const state = this.#state(line);
    if (toServer ? state.deadToServer : state.deadToClient) return state.deadCause;
    for (const node of [line.client, line.server]) {
      const stranded = health.strandedBy(node);
      if (stranded !== noCause) return stranded;
    }
    return undefined;
  }

  /** Faults because of which somebody on the path answers that nobody listens; undefined when nobody does. */
  refusedBy(line: Line): CauseToken | undefined {
    const { refused, refusedCause } = this.#state(line);
    return refused ? refusedCause : undefined;
  }

  /** When bytes that leave at `at` arrive on a path that is open, by parts; undefined when they are lost for good. */
  arrival(line: Line, toServer: boolean, bytes: number, at: Instant): readonly WayLeg[] | undefined {
    const { internet, deployment } = this.#world;
    const [sender, receiver] = this.#ends(line, toServer);
    const propagation = internet.paths.oneWay(sender, receiver, at);
    const hindrance = internet.field.hindrance(this.#state(line), propagation, bytes);
    if (hindrance.cause !== noCause) internet.field.countContact(hindrance.cause);
    const passes =
      (1 - hindrance.lossProbability) *
      (1 - (sender.access?.profile.lossProbability ?? 0)) *
      (1 - (receiver.access?.profile.lossProbability ?? 0));
    const losses = drawLosses(deployment.draw, bytes, passes, sender, receiver, at);
    if (losses.tail > mostLosses) return undefined;
    const legs: WayLeg[] = [];
    let time: number = at;
    const up = sender.access?.up;
    if (up !== undefined) {
      const begin = up.reserve(at, bytes);
      if (begin > at) legs.push({ until: begin, reason: 'link-queue', cause: noCause });
      time = begin + up.serialisation(bytes);
    }
    const lost = timeLost(losses.tail, this.timeout(line)) + losses.body * 2 * propagation;
    if (lost > 0)
      legs.push({ until: (time += lost) as Instant, reason: 'retransmitting', cause: hindrance.cause });
    time += propagation + hindrance.extraDelay + (receiver.access?.down.serialisation(bytes) ?? 0);
    legs.push({ until: time as Instant, reason: 'in-flight', cause: hindrance.cause });
    return legs;
  }

  /** First retransmission time-out on a line that is set up. */
  timeout(line: Line): Duration {
    return (this.#roundTrip(line) + leastRetransmissionSpread) as Duration;
  }

  /** From a wish to say something to a connection on which it can be said: name, TCP and TLS. */
  setUpTime(line: Line): Duration {
    const { internet, scheduler } = this.#world;
    const client = this.#station(line.client);
    const name = client.isDevice
      ? internet.stations.accessRoundTrip(client, scheduler.now)
      : nearResolverRoundTrip;
    return (name + (tcpRoundTrips + tlsRoundTrips) * this.#roundTrip(line)) as Duration;
  }

  /** What has waited for a path since then is sent again; `isSetUp`: on a connection, rather than to make one. */
  triesAgain(line: Line, since: Instant, isSetUp: boolean): Instant {
    const timeout = isSetUp ? this.timeout(line) : initialRetransmission;
    return nextTransmission(since, timeout, this.#world.scheduler.now);
  }

  /** A round trip later: when a refusal is heard of. */
  refusalAt(line: Line, asked: Instant): Instant {
    return (asked + this.#roundTrip(line)) as Instant;
  }

  /** Calls after every change of a fault. */
  onChange(listener: () => void): void {
    this.#world.internet.field.onAnyChange(listener);
  }

  #state({ client, server, via }: Line): PathState {
    return this.#world.internet.field.path(this.#station(client).place, this.#station(server).place, via);
  }

  #ends({ client, server }: Line, toServer: boolean): readonly [sender: Station, receiver: Station] {
    const ends = [this.#station(client), this.#station(server)] as const;
    return toServer ? ends : [ends[1], ends[0]];
  }

  #roundTrip(line: Line): number {
    const [client, server] = this.#ends(line, true);
    const { paths } = this.#world.internet;
    const { now } = this.#world.scheduler;
    return paths.roundTrip(client, server, now) + 2 * this.#extra(line, client, server, now);
  }

  #extra(line: Line, client: Station, server: Station, now: Instant): number {
    const { paths, field } = this.#world.internet;
    return field.hindrance(this.#state(line), paths.oneWay(client, server, now)).extraDelay;
  }

  /** Where a node stands now: people move, and each process follows them by the clock. */
  #station(node: NodeIndex): Station {
    const { stations } = this.#world.internet;
    const station = stations.of(node);
    if (station.isDevice && station.access?.profile !== this.#accessOf(node)) stations.accessChanged(node);
    return station;
  }

  #accessOf(node: NodeIndex): ReturnType<LiveWorld['accessOf']> {
    return this.#world.accessOf(node);
  }
}
