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
  readonly message: Message;
  readonly direct: RequestResult;
  /** Relays that have not answered yet. */
  waiting: number;
}

export class RelayClient {
  readonly #use: RelayUse;
  readonly #ports: RelayPorts;
  readonly #asked = new Map<string, { readonly to: NodeKey; readonly message: Message }>();
  /** Failures in a row of nodes that had something to be sent. */
  readonly #failures = new Map<NodeKey, number>();
  readonly #left = new Map<number, Left>();
  #lastLeft = 0;
  /** Relays that still have something, or have not been asked. */
  #toCollect = new Set<NodeKey>();
  readonly #previous = new Map<NodeKey, number>();
  #isCollecting = false;

  constructor(use: RelayUse, ports: RelayPorts) {
    this.#use = use;
    this.#ports = ports;
  }

  /** The application starts: every relay is to be asked. */
  started(): void {
    this.#toCollect = new Set(this.#use.own);
    this.#isCollecting = false;
  }

  /** There is somebody to talk to, or there is nobody any more. */
  peersChanged(count: number, turn: Turn): void {
    if (count === 0) {
      this.#isCollecting = false;
      turn.out.cancelTimer(relayTimer);
    } else if (!this.#isCollecting) this.collect(turn);
  }

  /** Asks every relay that has not been emptied yet, and again later what fails. */
  collect(turn: Turn): void {
    this.#isCollecting = this.#toCollect.size > 0;
    if (!this.#isCollecting) return;
    for (const relay of this.#toCollect) this.#collectFrom(relay, turn);
    turn.out.setTimer(relayTimer, after(turn.clock.now, relaying.collectAgain));
  }

  /** Takes note of a request of the application. */
  asked(name: string, to: NodeKey, message: Message): void {
    if (this.#use.isRelayable(message)) this.#asked.set(name, { to, message });
  }

  forget(name: string): void {
    this.#asked.delete(name);
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
    const isThere = result.ok || result.failure.kind === 'status';
    this.#failures.set(to, isThere ? 0 : (this.#failures.get(to) ?? 0) + 1);
    const relays = this.#use.relaysOf(to);
    if (isThere || relays.length === 0 || (this.#failures.get(to) ?? 0) <= relaying.retriesUntilOffline)
      return false;
    this.#leave({ name, message, direct: result, waiting: relays.length }, to, relays, turn);
    return true;
  }

  #leave(left: Left, recipient: NodeKey, relays: readonly NodeKey[], turn: Turn): void {
    const id = ++this.#lastLeft;
    this.#left.set(id, left);
    turn.out.observe({ kind: 'situation', name: 'p2p.left-with-relays' });
    const { message } = left;
    const deposit: Deposit = { kind: 'relay.deposit', recipient, message, carries: message.carries };
    for (const relay of relays)
      this.#ports.ask(`${relayPrefix}left/${id}/${relay}`, relay, deposit, relaying.timeout, turn);
  }

  #collectFrom(relay: NodeKey, turn: Turn): void {
    const previous = this.#previous.get(relay) ?? 0;
    const collect: Collect = { kind: 'relay.collect', previous, carries: carriesNothing };
    this.#ports.ask(`${relayPrefix}collect/${relay}`, relay, collect, relaying.timeout, turn);
  }

  #relayAnswered(name: string, result: RequestResult, turn: Turn): void {
    const [what, first, second] = name.split('/');
    if (what === 'left') this.#depositAnswered(Number(first), result, turn);
    else if (first !== undefined && second === undefined) this.#collected(first as NodeKey, result, turn);
  }

  /** Any relay that keeps it will do. */
  #depositAnswered(id: number, result: RequestResult, turn: Turn): void {
    const left = this.#left.get(id);
    if (left === undefined) return;
    left.waiting--;
    if (!result.ok && left.waiting > 0) return;
    this.#left.delete(id);
    const answer = this.#use.answerFor(left.message);
    this.#ports.ended(left.name, result.ok ? { ok: true, message: answer } : left.direct, turn);
  }

  /** A relay that has nothing more is not asked again until the application starts anew, as in Dendrite. */
  #collected(relay: NodeKey, result: RequestResult, turn: Turn): void {
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
