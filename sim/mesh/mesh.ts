// Nodes in contact exchanging copies: what begins and ends at one instant.
import { assert, present } from '../../protocol/assert.ts';
import type { Bundle } from '../../protocol/dtn/router.ts';
import { never, type Instant } from '../../protocol/time.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import { Expiry } from './expiry.ts';
import { transferTime, type MeshLimits } from './limits.ts';
import { Link, type MeshNode } from './mesh-node.ts';
import { Offers, type Offer } from './offers.ts';
import type { ReplayLog } from './replay-outcome.ts';
import { TurnOrder } from './turn-order.ts';

const turn = 0 as EventKind;

/**
 * The state of all nodes, and its changes. A change wakes the nodes that it concerns; they have their turns when the
 * caller lets them (`round`).
 */
export class Mesh {
  readonly #nodes: readonly MeshNode[];
  readonly #byTurn: readonly MeshNode[];
  readonly #bundles: readonly Bundle[];
  readonly #limits: MeshLimits;
  readonly #log: ReplayLog;
  readonly #turns: TurnOrder;
  readonly #later = new EventQueue();
  readonly #expiry: Expiry;
  readonly #offers: Offers;

  constructor(nodes: readonly MeshNode[], bundles: readonly Bundle[], limits: MeshLimits, log: ReplayLog) {
    this.#nodes = nodes;
    this.#byTurn = nodes.toSorted((left, right) => left.turn - right.turn);
    this.#bundles = bundles;
    this.#limits = limits;
    this.#log = log;
    this.#turns = new TurnOrder(nodes.length);
    this.#expiry = new Expiry(
      limits.lifetime,
      bundles,
      (node, position) => this.#drop(node, position),
      (node, at) => this.#later.push(at, turn, node.turn, undefined, 0),
    );
    this.#offers = new Offers(bundles, this.#expiry, limits.bufferBytes);
  }

  /** Whether a node waits for its turn now. */
  get isPending(): boolean {
    return this.#turns.isPending;
  }

  /** When the next transfer ends or the next copy dies; undefined when none will. */
  get nextChange(): Instant | undefined {
    return this.#later.peek();
  }

  /** A message is written. Its source holds it whatever it has to drop for that, as in The ONE. */
  create(message: number, now: Instant): void {
    const bundle = present(this.#bundles[message], 'a message of the list');
    const node = present(this.#nodes[bundle.source], 'the source of a message');
    const before = node.store.forgotten;
    this.#makeRoom(node, bundle.bytes);
    // Those in contact may have what was dropped, and may offer it again.
    if (node.store.forgotten !== before) this.#wakePeers(node);
    node.store.add(message, 0, bundle.bytes);
    present(this.#nodes[bundle.destination], 'the destination of a message').awaited.push(message);
    this.#expiry.added(node, bundle, now);
    node.router.creates?.(bundle);
    this.#log.created++;
    this.#turns.wake(node.turn);
    this.#wakeDestination(node, bundle);
  }

  /** Two nodes come into contact. */
  connect(left: number, right: number, now: Instant): void {
    const ends = [present(this.#nodes[left], 'a node'), present(this.#nodes[right], 'a node')] as const;
    const link = new Link(...ends);
    const before = ends.map(({ router }) => router.revision);
    const told = ends.map((node) => {
      node.links.push(link);
      return node.router.contactBegins?.(link.peerOf(node).index, now);
    });
    ends.forEach(({ router }, end) => router.learns?.(ends[1 - end]?.index ?? -1, told[1 - end], now));
    ends.forEach((node, end) => {
      this.#turns.wake(node.turn);
      if (node.router.revision !== before[end]) this.#wakePeers(node);
    });
    this.#log.contacts++;
  }

  /** A contact ends. A transfer that is complete by now has arrived; another is lost. */
  disconnect(left: number, right: number): void {
    const node = present(this.#nodes[left], 'a node');
    const link = node.links.find((each) => each.peerOf(node).index === right);
    assert(link !== undefined, 'a contact ends that has begun');
    link.isUp = false;
    for (const end of [link.left, link.right]) {
      end.links.splice(end.links.indexOf(link), 1);
      if (end.sending === link) this.#turns.wake(end.turn);
      if (end.receiving === link) {
        end.receiving = undefined;
        this.#released(end);
      }
    }
  }

  /** Every node that was woken has its turn, in order. */
  round(now: Instant): void {
    for (let due = this.#later.peek(); due !== undefined && due <= now; due = this.#later.peek()) {
      this.#later.pop();
      this.#turns.wake(this.#later.node);
    }
    this.#turns.beginRound();
    for (let place = this.#turns.next(); place >= 0; place = this.#turns.next())
      this.#turn(present(this.#byTurn[place], 'the node whose turn it is'), now);
  }

  #turn(node: MeshNode, now: Instant): void {
    const { sending } = node;
    if (sending !== undefined) {
      if (sending.doneAt <= now) this.#arrive(node, sending, now);
      else if (!sending.isUp) this.#abort(node, sending);
      else return;
      // A message written meanwhile may have filled the buffer beyond its size.
      if (node.store.occupied > this.#limits.bufferBytes) {
        this.#makeRoom(node, 0);
        this.#wakePeers(node);
      }
      this.#expiry.resume(node, now);
    } else this.#expiry.check(node, now);
    if (!node.isBusy) {
      const offer = this.#offers.next(node, now);
      if (offer !== undefined) this.#start(offer, now);
    }
    if (sending !== undefined && !node.isBusy) this.#wakeWaiting(node);
  }

  #start({ sender, link, position }: Offer, now: Instant): void {
    const { store } = sender;
    const message = store.at(position);
    const bundle = present(this.#bundles[message], 'an offered message');
    const receiver = link.peerOf(sender);
    const before = receiver.store.forgotten;
    this.#makeRoom(receiver, bundle.bytes);
    // Those in contact may have what was dropped, and may offer it again once the receiver is free.
    if (receiver.store.forgotten !== before)
      for (const each of receiver.links) each.cursorOf(each.peerOf(receiver)).waits = true;
    this.#expiry.pause(sender, now);
    sender.sending = link;
    receiver.receiving = link;
    link.message = message;
    link.hops = store.hopsAt(position) + 1;
    link.doneAt = Math.min(now + transferTime(this.#limits, bundle.bytes), never) as Instant;
    this.#later.push(link.doneAt, turn, sender.turn, undefined, 0);
    this.#log.started++;
  }

  #arrive(sender: MeshNode, link: Link, now: Instant): void {
    const bundle = present(this.#bundles[link.message], 'the message under way');
    const receiver = link.peerOf(sender);
    this.#log.relayed++;
    const note = sender.router.hands?.(bundle, receiver.index);
    if (!receiver.store.knows(bundle.index)) {
      if (bundle.destination === receiver.index) {
        receiver.store.markDelivered(bundle.index);
        receiver.awaited.splice(receiver.awaited.indexOf(bundle.index), 1);
        this.#log.deliver(bundle.index, now, link.hops);
      } else {
        receiver.store.add(bundle.index, link.hops, bundle.bytes);
        this.#expiry.added(receiver, bundle, now);
        receiver.router.receives?.(bundle, sender.index, note);
        this.#wakeDestination(receiver, bundle);
        // It is free already, and may have had its turn, where the contact has ended at this instant.
        this.#turns.wake(receiver.turn);
      }
    }
    this.#endTransfer(sender, link);
  }

  #abort(sender: MeshNode, link: Link): void {
    this.#log.aborted++;
    this.#endTransfer(sender, link);
  }

  #endTransfer(sender: MeshNode, link: Link): void {
    const receiver = link.peerOf(sender);
    sender.sending = undefined;
    link.message = -1;
    if (receiver.receiving !== link) return;
    receiver.receiving = undefined;
    this.#released(receiver);
  }

  /** A node takes part in no transfer any more: it and those who wait for it may begin one. */
  #released(node: MeshNode): void {
    this.#turns.wake(node.turn);
    this.#wakeWaiting(node);
  }

  #wakeWaiting(node: MeshNode): void {
    for (const link of node.links) {
      const peer = link.peerOf(node);
      const cursor = link.cursorOf(peer);
      if (!cursor.waits) continue;
      cursor.waits = false;
      this.#turns.wake(peer.turn);
    }
  }

  #wakePeers(node: MeshNode): void {
    for (const link of node.links) this.#turns.wake(link.peerOf(node).turn);
  }

  /** A destination in contact may ask for a new copy before its holder offers another one. */
  #wakeDestination(holder: MeshNode, { destination }: Bundle): void {
    for (const link of holder.links) {
      const peer = link.peerOf(holder);
      if (peer.index === destination) this.#turns.wake(peer.turn);
    }
  }

  /** Drops the copies received first, other than one that is being sent, until the bytes find room. */
  #makeRoom(node: MeshNode, bytes: number): void {
    const { bufferBytes } = this.#limits;
    const { store } = node;
    // What could never find room is not worth dropping anything for.
    if (bytes > bufferBytes) return;
    while (store.occupied + bytes > bufferBytes) {
      const oldest = store.oldest(node.sending?.message ?? -1);
      if (oldest < 0) return;
      this.#drop(node, oldest);
    }
  }

  #drop(node: MeshNode, position: number): void {
    const bundle = present(this.#bundles[node.store.at(position)], 'a copy to drop');
    node.store.remove(position, bundle.bytes);
    node.router.drops?.(bundle);
    this.#log.dropped++;
  }
}
