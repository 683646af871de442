// A phone with relays: leaves with them what an absent node should get, and collects what others have left.
// Dendrite: federationapi/queue/destinationqueue.go and federationapi/internal/perform.go for leaving,
// relayapi/internal/perform.go and cmd/dendrite-demo-pinecone/relay/retriever.go for collecting.
import type { RequestResult } from '../core.ts';
import { carriesNothing, type Message } from '../message.ts';
import { after, type Duration } from '../time.ts';
import { relaying } from './constants.ts';
import type { NodeKey } from './node-key.ts';
import type { Turn } from './peers.ts';
import type { Collect, Collected, Deposit } from './relay-messages.ts';

/** How a phone uses relays. */
export interface RelayUse {
  /** Where the phone collects; empty without relays. */
  readonly own: readonly NodeKey[];
  /** Relays of another node, as far as they are known here. */
  relaysOf(node: NodeKey): readonly NodeKey[];
  /** Whether a request may be left with a relay instead of being answered. */
  isRelayable(message: Message): boolean;
  /** What the application hears in the place of an answer. */
  answerFor(message: Message): Message;
}

/** What it asks of its node. */
export interface RelayPorts {
  ask(name: string, to: NodeKey, message: Message, timeout: Duration, turn: Turn): void;
  /** A message out of a relay, as if its sender had sent it. The answer goes nowhere. */
  deliver(message: Message, turn: Turn): void;
  /** The end of a request of the application. */
  ended(name: string, result: RequestResult, turn: Turn): void;
}

/** Names of requests to relays begin with this. */
export const relayPrefix = 'relay/';
/** The timer of collecting. */
export const relayTimer = 'relay';

interface Left {
  readonly name: string;
  readonly to: NodeKey;
  readonly message: Message;
  readonly direct: RequestResult;
  /** Relays that have not been asked yet. */
  readonly waiting: NodeKey[];
  isKept: boolean;
}

export class RelayClient {
  readonly #use: RelayUse;
  readonly #ports: RelayPorts;
  readonly #asked = new Map<string, { readonly to: NodeKey; readonly message: Message }>();
  /** Failures in a row of nodes that had something to be sent and have not spoken since. */
  readonly #failures = new Map<NodeKey, number>();
  readonly #left = new Map<number, Left>();
  #lastLeft = 0;
  /** Relays that still have something, or have not been asked. */
  #toCollect = new Set<NodeKey>();
  readonly #previous = new Map<NodeKey, number>();
  /** Relays that are being asked. */
  readonly #asking = new Set<NodeKey>();
  #peers = 0;

  constructor(use: RelayUse, ports: RelayPorts) {
    this.#use = use;
    this.#ports = ports;
  }

  /** The application starts: every relay is to be asked. */
  started(): void {
    this.#toCollect = new Set(this.#use.own);
  }

  /** Each peer that comes is a reason to ask, whoever is there already (monolith.go, PeerAdded: nothing sets `running`). */
  peersChanged(count: number, turn: Turn): void {
    if (count === 0) turn.out.cancelTimer(relayTimer);
    else if (count > this.#peers) this.collect(turn);
    this.#peers = count;
  }

  /** Asks every relay that has not been emptied yet, and again later what fails. */
  collect(turn: Turn): void {
    if (this.#toCollect.size === 0) return;
    for (const relay of this.#toCollect) {
      if (this.#asking.has(relay)) continue;
      // Each time from the beginning: what was had and not told so comes once more.
      this.#previous.delete(relay);
      this.#collectFrom(relay, turn);
    }
    turn.out.setTimer(relayTimer, after(turn.clock.now, relaying.collectAgain));
  }

  /** Takes note of a request of the application. */
  asked(name: string, to: NodeKey, message: Message): void {
    if (this.#use.isRelayable(message)) this.#asked.set(name, { to, message });
  }

  forget(name: string): void {
    this.#asked.delete(name);
  }

  /** It has spoken, or its broadcast has been heard (federationapi/statistics/statistics.go, MarkServerAlive). */
  isThere(node: NodeKey): void {
    this.#failures.delete(node);
  }

  /** The end of a request to another node. False when the application is to hear of it as it is. */
  answered(name: string, result: RequestResult, turn: Turn): boolean {
    if (name.startsWith(relayPrefix)) {
      this.#relayAnswered(name.slice(relayPrefix.length), result, turn);
      return true;
    }
    const asked = this.#asked.get(name);
    this.#asked.delete(name);
    if (asked === undefined) return false;
    const { to, message } = asked;
    const failures = this.#failures.get(to) ?? 0;
    if (result.ok) this.#failures.delete(to);
    else this.#failures.set(to, failures + 1);
    // What was assumed before this attempt counts (destinationqueue.go, nextTransaction).
    const isAssumedOffline = failures > relaying.retriesUntilOffline;
    const waiting = [...this.#use.relaysOf(to)];
    if (result.ok || waiting.length === 0 || !isAssumedOffline) return false;
    turn.out.observe({ kind: 'situation', name: 'p2p.left-with-relays' });
    const id = ++this.#lastLeft;
    this.#left.set(id, { name, to, message, direct: result, waiting, isKept: false });
    this.#leaveWithNext(id, turn);
    return true;
  }

  /** All are asked, one after the other; any that keeps it will do. */
  #leaveWithNext(id: number, turn: Turn): void {
    const left = this.#left.get(id);
    if (left === undefined) return;
    const { name, to: recipient, message, direct, waiting, isKept } = left;
    const relay = waiting.shift();
    if (relay === undefined) {
      this.#left.delete(id);
      const kept: RequestResult = { ok: true, message: this.#use.answerFor(message) };
      return this.#ports.ended(name, isKept ? kept : direct, turn);
    }
    const deposit: Deposit = { kind: 'relay.deposit', recipient, message, carries: message.carries };
    this.#ports.ask(`${relayPrefix}left/${id}`, relay, deposit, relaying.timeout, turn);
  }

  #collectFrom(relay: NodeKey, turn: Turn): void {
    this.#asking.add(relay);
    const previous = this.#previous.get(relay) ?? 0;
    const collect: Collect = { kind: 'relay.collect', previous, carries: carriesNothing };
    this.#ports.ask(`${relayPrefix}collect/${relay}`, relay, collect, relaying.timeout, turn);
  }

  #relayAnswered(name: string, result: RequestResult, turn: Turn): void {
    const [what, which] = name.split('/');
    if (which === undefined) return;
    if (what === 'collect') return this.#collected(which as NodeKey, result, turn);
    const left = this.#left.get(Number(which));
    if (left !== undefined && result.ok) left.isKept = true;
    this.#leaveWithNext(Number(which), turn);
  }

  /** A relay that has nothing more is not asked again until the application starts anew, as in Dendrite. */
  #collected(relay: NodeKey, result: RequestResult, turn: Turn): void {
    this.#asking.delete(relay);
    if (!result.ok || result.message.kind !== 'relay.collected') return;
    const { entry, message } = result.message as Collected;
    if (entry === 0) {
      this.#toCollect.delete(relay);
      return;
    }
    this.#previous.set(relay, entry);
    if (message !== undefined) this.#ports.deliver(message, turn);
    // The next request also tells that this entry is had.
    this.#collectFrom(relay, turn);
  }
}
