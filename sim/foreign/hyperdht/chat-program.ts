// A plain chat application on Hyperswarm. It joins a topic for each conversation, writes to whoever of its members it has a
// connection to, and keeps what is not acknowledged for the next connection. Nobody stores anything for anybody else.
import { assert } from '../../../protocol/assert.ts';
import type { Address, Input, UserAction } from '../../../protocol/core.ts';
import { noCause, type CauseToken } from '../../../protocol/failure.ts';
import {
  carriesNothing,
  type ConversationId,
  type PersonId,
  type UserMessageId,
} from '../../../protocol/message.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import type { PeerMachine } from '../../systems/hyperswarm-machines.ts';
import { decodeFrame, encodeFrame, type ChatFrame } from './chat-frames.ts';
import { describeDht } from './dht-program.ts';
import type { Program, ProgramEffect } from './foreign-core.ts';
import type { Connection, Dht, Library, Swarm } from './library.ts';
import type { Machine } from './machine.ts';
import type { Udx } from './udx.ts';

/** Something said that not all its readers have acknowledged. */
interface Unacknowledged {
  readonly conversation: ConversationId;
  readonly text: string;
  readonly missing: readonly PersonId[];
}

/**
 * Faults that lost a packet may keep a peer away for as long as the library does not look again: hyperswarm looks for a
 * topic every 10 minutes and up to 2 more (lib/peer-discovery.js).
 */
const causeLasts = minutes(12);

/**
 * Connections that last for less than this may never have been: one side keeps one that the other gave up until its keep-alive,
 * after 5 s (hyperdht/index.js), has timed out, 13 s later (udx-stream.ts). Rounded up.
 */
const briefly = seconds(20);

const outKey = (id: UserMessageId): string => `out/${id}`;
const inKey = (id: UserMessageId): string => `in/${id}`;

/** What a chat program is made of. */
export interface ChatOptions {
  readonly library: Library;
  readonly udx: Udx;
  readonly machine: Machine;
  readonly of: PeerMachine;
  /** What an earlier life has written down. */
  readonly stored: ReadonlyMap<string, unknown> | undefined;
}

export class ChatProgram implements Program {
  readonly #options: ChatOptions;
  /** Everybody whom the person talks with. */
  readonly #others: ReadonlySet<PersonId>;
  readonly #outbox = new Map<UserMessageId, Unacknowledged>();
  readonly #read = new Set<UserMessageId>();
  readonly #connections = new Map<PersonId, Connection>();
  readonly #lost = new Map<Address, { readonly cause: CauseToken; readonly at: Instant }>();
  /** Why somebody is not there, from the fault that was in the way until they are back. */
  readonly #absent = new Map<PersonId, CauseToken>();
  #effects: ProgramEffect[] = [];
  #suspension: Promise<unknown>;
  #dht: Dht | undefined;
  #swarm: Swarm | undefined;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#others = new Set([...options.of.conversations.values()].flatMap(({ others }) => others));
    this.#suspension = options.library.Promise.resolve();
    for (const [key, value] of options.stored ?? []) {
      const id = Number(key.slice(key.indexOf('/') + 1)) as UserMessageId;
      if (key.startsWith('out/')) this.#outbox.set(id, value as Unacknowledged);
      else this.#read.add(id);
    }
  }

  start(): void {
    const { library, udx, of, machine } = this.#options;
    const dht = library.createDht({ udx, bootstrap: of.bootstrap });
    const swarm = library.createSwarm({ dht, seed: Buffer.from(of.seed) });
    this.#dht = dht;
    this.#swarm = swarm;
    swarm.on('connection', (connection) => this.#connected(connection));
    if (this.#options.stored === undefined)
      machine.timers.set(() => this.#join(), of.joinsAfter / 1_000, false);
    else this.#join();
    if (!of.runsInBackground) this.#inOrder((running) => running.suspend());
    for (const id of this.#outbox.keys()) this.#tellWait(id);
  }

  #join(): void {
    for (const { topic } of this.#options.of.conversations.values()) this.#swarm?.join(Buffer.from(topic));
  }

  take(input: Input): void {
    if (input.kind === 'user') this.#act(input.action);
  }

  lost(to: Address, cause: CauseToken): void {
    const before = this.#lost.get(to)?.cause;
    this.#lost.delete(to);
    this.#lost.set(to, { cause, at: this.#now });
    for (const person of this.#others) if (!this.#connections.has(person)) this.#absent.set(person, cause);
    if (cause === before) return;
    for (const id of this.#outbox.keys()) this.#tellWait(id);
  }

  heard(from: Address): void {
    this.#lost.delete(from);
  }

  takeEffects(): readonly ProgramEffect[] {
    if (this.#effects.length === 0) return none;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  inspect(): unknown {
    const dht = this.#dht;
    return {
      connected: [...this.#connections.keys()],
      connecting: this.#swarm?.connecting ?? 0,
      unacknowledged: [...this.#outbox.keys()],
      read: this.#read.size,
      dht: dht === undefined ? null : describeDht(dht),
    };
  }

  /** Suspending and resuming take a while: one waits for the other. */
  #inOrder(change: (swarm: Swarm) => Promise<void>): void {
    const swarm = this.#swarm;
    if (swarm !== undefined)
      this.#suspension = this.#options.library.then(this.#suspension, () => change(swarm));
  }

  // --- What its person does ---

  #act(action: UserAction): void {
    switch (action.kind) {
      case 'send': {
        const { message: id, conversation, text } = action;
        const missing = this.#options.of.conversations.get(conversation)?.others ?? [];
        if (missing.length > 0) this.#keep(id, { conversation, text, missing });
        for (const person of missing) this.#write(person, { kind: 'text', id, conversation, text });
        this.#tellWait(id);
        return;
      }
      case 'open-app':
        if (!this.#options.of.runsInBackground) this.#inOrder((swarm) => swarm.resume());
        return;
      case 'close-app':
        if (!this.#options.of.runsInBackground) this.#inOrder((swarm) => swarm.suspend());
        return;
      default:
    }
  }

  // --- Connections ---

  #connected(connection: Connection): void {
    const person = this.#options.of.personWith(connection.remotePublicKey);
    connection.on('error', () => undefined);
    if (person === undefined) return;
    this.#connections.set(person, connection);
    const absentBefore = this.#absent.get(person);
    this.#absent.delete(person);
    const since = this.#now;
    connection.on('data', (data) => this.#heard(person, connection, decodeFrame(data)));
    connection.on('close', () => {
      if (this.#connections.get(person) !== connection) return;
      this.#connections.delete(person);
      // Whoever was away was not back.
      if (absentBefore !== undefined && this.#now - since < briefly) this.#absent.set(person, absentBefore);
      for (const [id, { missing }] of this.#outbox) if (missing.includes(person)) this.#tellWait(id);
    });
    for (const [id, { conversation, text, missing }] of this.#outbox) {
      if (!missing.includes(person)) continue;
      this.#write(person, { kind: 'text', id, conversation, text });
      this.#tellWait(id);
    }
  }

  #heard(person: PersonId, connection: Connection, frame: ChatFrame): void {
    const { id } = frame;
    if (frame.kind === 'received') {
      const kept = this.#outbox.get(id);
      if (kept === undefined) return;
      const missing = kept.missing.filter((member) => member !== person);
      if (missing.length > 0) this.#keep(id, { ...kept, missing });
      else {
        this.#outbox.delete(id);
        this.#effects.push({ kind: 'persist', key: outKey(id), value: undefined });
      }
      return;
    }
    if (!this.#read.has(id)) {
      this.#read.add(id);
      this.#effects.push({ kind: 'persist', key: inKey(id), value: true });
      const fact = { kind: 'delivered', message: id, person: this.#options.of.person } as const;
      this.#effects.push({ kind: 'observe', fact });
    }
    this.#writeTo(connection, { kind: 'received', id });
  }

  #write(person: PersonId, frame: ChatFrame): void {
    const connection = this.#connections.get(person);
    if (connection !== undefined) this.#writeTo(connection, frame);
  }

  #writeTo(connection: Connection, frame: ChatFrame): void {
    if (connection.destroying) return;
    const bytes = encodeFrame(frame);
    const carries = frame.kind === 'text' ? [frame.id] : carriesNothing;
    connection.rawStream?.willCarry(bytes.byteLength + frameOverheadBytes, carries);
    connection.write(bytes);
  }

  #keep(id: UserMessageId, value: Unacknowledged): void {
    this.#outbox.set(id, value);
    this.#effects.push({ kind: 'persist', key: outKey(id), value });
  }

  // --- Why something waits ---

  get #now(): Instant {
    return this.#options.machine.timers.now;
  }

  /** What a message waits for: an answer of those who are there, or the next attempt to reach the first who is not. */
  #tellWait(id: UserMessageId): void {
    const missing = this.#outbox.get(id)?.missing ?? [];
    if (missing.length === 0) return;
    const away = missing.find((person) => !this.#connections.has(person));
    const reason = away === undefined ? 'awaiting-answer' : 'backoff';
    const cause = this.#causeOfAbsence(away ?? missing[0]);
    this.#effects.push({ kind: 'observe', fact: { kind: 'hold', messages: [id], reason, cause } });
  }

  #causeOfAbsence(person: PersonId | undefined): CauseToken {
    assert(person !== undefined, 'somebody has yet to read what waits');
    const own = this.#valid(this.#lost.get(`udp:phone/${person}` as Address));
    if (own !== noCause || this.#connections.has(person)) return own;
    // Not reached at all: what kept the library from those who might have known is behind it.
    const latest = this.#valid([...this.#lost.values()].at(-1));
    if (latest !== noCause) this.#absent.set(person, latest);
    return this.#absent.get(person) ?? noCause;
  }

  #valid(loss: { readonly cause: CauseToken; readonly at: Instant } | undefined): CauseToken {
    return loss === undefined || this.#now - loss.at > causeLasts ? noCause : loss.cause;
  }
}

const none: readonly ProgramEffect[] = [];

/** What the library adds to a frame: three bytes of length and 17 of secretstream (@hyperswarm/secret-stream, index.js). */
const frameOverheadBytes = 20;
