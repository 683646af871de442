// Datagrams: each finds its own way or is lost, overtakes others and is overtaken. Nothing is sent again here.
import type { Address } from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Place } from '../faults/places.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import { datagramOverheadBytes } from './assumptions.ts';
import type { NetworkContext } from './context.ts';
import type { Port, Transit } from './medium.ts';
import type { Station } from './station.ts';

/** Addresses of datagrams: the node's name behind this. */
const scheme = 'udp:';

/** Whether something is sent as a datagram. */
export function isDatagramAddress(address: Address): boolean {
  return address.startsWith(scheme);
}

interface Datagram {
  readonly from: Port;
  readonly to: Port;
  readonly message: Message;
  readonly transit: Transit | undefined;
}

/** Carries datagrams between nodes. */
export class Datagrams {
  readonly #context: NetworkContext;
  #event: EventKind | undefined;
  #nowhere: Place | undefined;
  /** Datagrams that left for the same node at the same instant: each has a chance of its own. */
  #instant = -1 as Instant;
  readonly #ofInstant = new Map<number, number>();

  constructor(context: NetworkContext) {
    this.#context = context;
  }

  send(from: Port, address: Address, message: Message): void {
    const { host, stations, field, health, paths } = this.#context;
    const node = stations.called(address.slice(scheme.length));
    if (node === undefined) return;
    const { now } = host.scheduler;
    const sender = stations.of(from.node);
    const receiver = stations.of(node);
    const bytes = host.byteLength(message) + datagramOverheadBytes;
    if (isOffline(sender)) return;
    host.countBytes('internet', bytes);
    this.#nowhere ??= field.places.of();
    const state = field.path(sender.place, receiver.place, this.#nowhere);
    const stranded = field.union(health.strandedBy(from.node), health.strandedBy(node));
    if (state.deadToServer || state.refused || stranded !== noCause) {
      const cut = state.deadToServer ? state.deadCause : state.refused ? state.refusedCause : noCause;
      this.#lose(from, node, address, field.union(cut, stranded));
      return;
    }
    const propagation = paths.oneWay(sender, receiver, now);
    const hindrance = field.hindrance(state, propagation, bytes);
    field.countContact(hindrance.cause);
    const draw = this.#context.draw(
      'datagram',
      sender.name,
      receiver.name,
      now,
      this.#attempt(sender, receiver),
    );
    if (draw >= passing(sender, receiver)) return;
    if (draw >= passing(sender, receiver) * (1 - hindrance.lossProbability)) {
      this.#lose(from, node, address, hindrance.cause);
      return;
    }
    const legs: Transit['legs'][number][] = [];
    const up = sender.access?.up;
    const begin = up === undefined ? now : up.reserve(now, bytes);
    if (begin > now) legs.push({ until: begin, reason: 'link-queue', cause: noCause });
    let time = begin + (up?.serialisation(bytes) ?? 0) + propagation + hindrance.extraDelay;
    const down = receiver.access?.down;
    if (down !== undefined) {
      const there = down.reserve(time as Instant, bytes);
      if (there > time) {
        legs.push({ until: time as Instant, reason: 'in-flight', cause: hindrance.cause });
        legs.push({ until: there, reason: 'link-queue', cause: noCause });
      }
      time = there + down.serialisation(bytes);
    }
    legs.push({ until: time as Instant, reason: 'in-flight', cause: hindrance.cause });
    // Registered when first needed: a run without datagrams has the events, and the digest, that it had without these.
    this.#event ??= host.scheduler.register('datagram', (_node, payload) =>
      this.#arrive(payload as Datagram),
    );
    const datagram: Datagram = {
      from,
      to: { node, part: from.part },
      message: host.carry(message),
      transit: message.carries.length === 0 ? undefined : { from: from.node, sentAt: now, legs },
    };
    host.scheduler.schedule(time as Instant, this.#event, node, datagram, bytes);
  }

  #arrive({ from, to, message, transit }: Datagram): void {
    const { host, stations, field, health } = this.#context;
    const receiver = stations.of(to.node);
    if (isOffline(receiver)) return;
    const stranded = health.strandedBy(to.node);
    const gone = host.isUp(to.node) ? stranded : field.union(stranded, receiver.downCause);
    if (gone !== noCause || !host.isUp(to.node)) {
      this.#lose(from, to.node, addressOf(receiver), gone);
      return;
    }
    const address = addressOf(stations.of(from.node));
    host.deliver(to, { kind: 'message', from: address, message }, transit);
  }

  /**
   * Nobody tells a sender that a datagram is lost. But whom a fault keeps from getting through is so kept, and a device that
   * holds somebody's words may name the fault behind their wait: its host tells it, for the account of blame alone.
   */
  #lose(from: Port, to: NodeIndex, address: Address, cause: CauseToken): void {
    if (cause === noCause) return;
    const { host, field, stations } = this.#context;
    field.countContact(cause);
    host.hindered(to, cause);
    if (!stations.of(from.node).isDevice) return;
    const failure = { kind: 'timed-out', phase: 'response', definite: false, cause } as const;
    host.deliver(from, { kind: 'link-down', link: address, failure }, undefined);
  }

  #attempt(from: Station, to: Station): number {
    const { now } = this.#context.host.scheduler;
    if (now !== this.#instant) {
      this.#instant = now;
      this.#ofInstant.clear();
    }
    const pair = from.node * mostNodes + to.node;
    const attempt = this.#ofInstant.get(pair) ?? 0;
    this.#ofInstant.set(pair, attempt + 1);
    return attempt;
  }
}

/** Two nodes name a pair by one number below 2^53. */
const mostNodes = 67_108_864;

function addressOf({ name }: Station): Address {
  return `${scheme}${name}` as Address;
}

function isOffline({ isDevice, access }: Station): boolean {
  return isDevice && access === undefined;
}

/** Share of datagrams that both ends' access networks let through. */
function passing(sender: Station, receiver: Station): number {
  return (
    (1 - (sender.access?.profile.lossProbability ?? 0)) *
    (1 - (receiver.access?.profile.lossProbability ?? 0))
  );
}
