// How packets leave a phone: its own ones, those it relays, and answers to one neighbour.
import type { Effects, TimerName } from '../core.ts';
import { noCause } from '../failure.ts';
import type { RandomStream } from '../random-stream.ts';
import { milliseconds, type Clock, type Duration } from '../time.ts';
import { fragments, type PlatformPolicy } from './constants.ts';
import { isDirected, selectLinks } from './fan-out.ts';
import { fragment, needsFragments } from './fragmentation.ts';
import type { Neighbourhood, NeighbourLink } from './neighbourhood.ts';
import type { Packet, PacketContent } from './packet.ts';
import { decideRelay } from './relay.ts';
import { TransmitQueue } from './transmit-queue.ts';

/** What a transmitter works with. */
export interface TransmitterOptions {
  readonly neighbourhood: Neighbourhood;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
  /** Hops of the phone's own packets. */
  readonly originTtl: number;
  /** See {@link PeerConfig.cancelsRelays}. */
  readonly cancelsRelays: boolean;
}

/** Everything that a phone puts on the air goes through here. */
export class Transmitter {
  readonly #options: TransmitterOptions;
  readonly #queue = new TransmitQueue();
  /** Relays made and relays cancelled since the last report. */
  #relayed = 0;
  #cancelled = 0;

  constructor(options: TransmitterOptions) {
    this.#options = options;
  }

  /** Sends the phone's own packet into the mesh, cut into fragments when it is too long for one write. */
  originate(content: PacketContent, clock: Clock, out: Effects): void {
    if (!needsFragments(content)) {
      this.#transmit(content.withTtl(this.#options.originTtl), undefined, out);
      return;
    }
    const spacing = isDirected(content) ? fragments.directedSpacing : fragments.spacing;
    const pieces = fragment(content, this.#options.random.bytes(8));
    for (const [index, piece] of pieces.entries()) {
      const packet = piece.withTtl(this.#options.originTtl);
      if (index === 0) this.#transmit(packet, undefined, out);
      else {
        const delay = (spacing * index) as Duration;
        this.#queue.schedule({ packet, ingress: undefined, key: undefined }, clock.now, delay, out);
      }
    }
  }

  /** Sends to one neighbour and no further. Fragments follow each other without spacing: the link is a stream. */
  sendOn(link: NeighbourLink, content: PacketContent, answersSync: boolean, out: Effects): void {
    if (needsFragments(content)) {
      for (const piece of fragment(content, this.#options.random.bytes(8)))
        out.send(link.address, piece.withTtl(0, answersSync));
    } else out.send(link.address, content.withTtl(0, answersSync));
  }

  /** Passes a packet on as the platform's policy says. */
  relay(packet: Packet, from: NeighbourLink, clock: Clock, out: Effects): void {
    const { neighbourhood, policy, random, cancelsRelays } = this.#options;
    const { content, ttl } = packet;
    const { degree, knownPeers: networkSize } = neighbourhood;
    const question = { type: content.type, ttl, isDirected: isDirected(content), degree, networkSize };
    const decision = decideRelay(policy, question, random);
    const ingress = from.address;
    if (decision === undefined) {
      this.#hold(content, 'no-route', out);
      return;
    }
    const copy = content.withTtl(decision.ttl);
    if (decision.mostDelayMs === 0) {
      this.#relayNow(copy, ingress, out);
      return;
    }
    this.#hold(content, 'radio-jitter', out);
    const delay = milliseconds(random.integer(decision.leastDelayMs, decision.mostDelayMs));
    const key = cancelsRelays ? content.key : undefined;
    this.#queue.schedule({ packet: copy, ingress, key }, clock.now, delay, out);
  }

  /** Somebody else was faster: the relay of this content is not needed. */
  cancelRelay(content: PacketContent, out: Effects): void {
    if (this.#queue.cancel(content.key, out) === undefined) return;
    this.#cancelled++;
    this.#hold(content, 'no-route', out);
  }

  /** A timer of the queue is due. */
  due(timer: TimerName, out: Effects): void {
    const transmission = this.#queue.due(timer);
    if (transmission === undefined) return;
    const { packet, ingress } = transmission;
    if (ingress === undefined) this.#transmit(packet, undefined, out);
    else this.#relayNow(packet, ingress, out);
  }

  /** Nothing that waits will be sent. Reports what was counted. */
  stop(out: Effects): void {
    for (const { packet } of this.#queue.clear(out)) this.#hold(packet.content, 'no-route', out);
    if (this.#relayed > 0) out.observe({ kind: 'counter', name: 'bitchat.relays', by: this.#relayed });
    if (this.#cancelled > 0)
      out.observe({ kind: 'counter', name: 'bitchat.relays-cancelled', by: this.#cancelled });
    this.#relayed = 0;
    this.#cancelled = 0;
  }

  #relayNow(packet: Packet, ingress: NeighbourLink['address'], out: Effects): void {
    this.#relayed++;
    this.#transmit(packet, ingress, out);
    // What stays here is a copy that nobody is known to want.
    this.#hold(packet.content, 'no-route', out);
  }

  #transmit(packet: Packet, ingress: NeighbourLink['address'] | undefined, out: Effects): void {
    const { neighbourhood, policy } = this.#options;
    for (const { address } of selectLinks(policy, neighbourhood.links(), packet.content, ingress))
      out.send(address, packet);
  }

  #hold(content: PacketContent, reason: 'no-route' | 'radio-jitter', out: Effects): void {
    if (content.carries.length > 0)
      out.observe({ kind: 'hold', messages: content.carries, reason, cause: noCause });
  }
}
