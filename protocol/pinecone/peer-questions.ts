// One question to all direct peers at once, and one answer made of theirs. Dendrite: cmd/dendrite-demo-pinecone/rooms/rooms.go.
import type { Address, RequestResult } from '../core.ts';
import type { Message } from '../message.ts';
import type { Duration } from '../time.ts';
import type { NodeKey } from './node-key.ts';
import type { Turn } from './peers.ts';

/** Stands for every direct peer in a request of an application. */
export const everyPeer = 'overlay:peers' as Address;

/** What the application's protocol has to say about it. */
export interface PeerAnswers {
  /** The question as it is put to one of them. */
  addressed(question: Message, to: NodeKey): Message;
  /** What several answers come to; there may be none. */
  merged(answers: readonly Message[]): Message;
}

/** What it asks of its node. */
export interface PeerQuestionPorts {
  ask(name: string, to: NodeKey, message: Message, timeout: Duration, turn: Turn): void;
  abandon(name: string): void;
  /** The end of the application's request. */
  ended(name: string, result: RequestResult, turn: Turn): void;
}

interface Round {
  readonly name: string;
  readonly answers: Message[];
  /** Names of the requests that have not ended. */
  readonly waiting: Set<string>;
}

const prefix = 'peers/';

export class PeerQuestions {
  readonly #answers: PeerAnswers;
  readonly #ports: PeerQuestionPorts;
  readonly #rounds = new Map<string, Round>();
  #asked = 0;

  constructor(answers: PeerAnswers, ports: PeerQuestionPorts) {
    this.#answers = answers;
    this.#ports = ports;
  }

  /** A node with several links is asked once. Whoever is silent is not waited for beyond the time-out. */
  ask(name: string, peers: readonly NodeKey[], question: Message, timeout: Duration, turn: Turn): void {
    const round: Round = { name, answers: [], waiting: new Set() };
    const requests = [...new Set(peers)].map((peer) => [`${prefix}${++this.#asked}`, peer] as const);
    for (const [request] of requests) {
      round.waiting.add(request);
      this.#rounds.set(request, round);
    }
    for (const [request, peer] of requests)
      this.#ports.ask(request, peer, this.#answers.addressed(question, peer), timeout, turn);
    if (requests.length === 0) this.#end(round, turn);
  }

  /** True when the answer was to one of its questions. */
  answered(request: string, result: RequestResult, turn: Turn): boolean {
    const round = this.#rounds.get(request);
    if (round === undefined) return false;
    this.#rounds.delete(request);
    round.waiting.delete(request);
    if (result.ok) round.answers.push(result.message);
    if (round.waiting.size === 0) this.#end(round, turn);
    return true;
  }

  /** The application no longer wants it. */
  forget(name: string): void {
    for (const [request, round] of this.#rounds) {
      if (round.name !== name) continue;
      this.#rounds.delete(request);
      this.#ports.abandon(request);
    }
  }

  #end({ name, answers }: Round, turn: Turn): void {
    this.#ports.ended(name, { ok: true, message: this.#answers.merged(answers) }, turn);
  }
}
