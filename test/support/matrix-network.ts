// Machines for tests of Matrix cores: a virtual clock, cables that can be cut in either direction, crashes, and disks to come
// back from. What happens is written down line by line.
import type {
  Address,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  Input,
  RequestId,
  RequestOptions,
  Tag,
} from '../../protocol/core.ts';
import { noCause, type Failure } from '../../protocol/failure.ts';
import type { SyncAnswer } from '../../protocol/matrix/client-messages.ts';
import type { Transaction } from '../../protocol/matrix/federation/messages.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { asMatrix } from '../../protocol/matrix/messages.ts';
import type { Message } from '../../protocol/message.ts';
import { milliseconds, type Clock, type Duration, type Instant, type WallTime } from '../../protocol/time.ts';

/** A machine: its cores, its disk, its timers. */
export interface Node {
  readonly name: string;
  readonly factory: CoreFactory;
  core: Core | undefined;
  readonly disk: Map<string, unknown>;
  readonly timers: Map<string, number>;
  life: number;
  skewMs: number;
}

interface Exchange {
  readonly id: RequestId;
  readonly from: Node;
  readonly fromLife: number;
  readonly to: Node;
  readonly tag: Tag;
  over: boolean;
  losesAnswer: boolean;
  altersAnswer: ((answer: Message) => Message) | undefined;
}

/** What the network does to one exchange. */
export interface ExchangeFate {
  readonly losesRequest?: boolean;
  readonly losesAnswer?: boolean;
  /** What the asked server says instead of what it would by the rules. */
  readonly altersAnswer?: (answer: Message) => Message;
  /** On top of the ordinary latency: lets a later request overtake. */
  readonly delay?: Duration;
  /** The request arrives once more, so much later. */
  readonly duplicateAfter?: Duration;
}

interface Due {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

const latency = milliseconds(50);
export const epochWallMs = Date.UTC(2025, 9, 20);

/** Questions between servers that are worth a line, and how they are called there. */
const told: Readonly<Record<string, string>> = {
  'matrix.transaction': 'transaction',
  'matrix.get-missing-events': 'get_missing_events',
  'matrix.get-state-ids': 'state_ids',
  'matrix.get-state': 'state',
  'matrix.get-event': 'event',
  'matrix.get-backfill': 'backfill',
  'matrix.make-membership': 'make',
  'matrix.send-membership': 'send',
  'matrix.invite': 'invite',
  'matrix.query-directory': 'directory',
  'matrix.query-keys': 'keys of others',
  'matrix.get-server-keys': 'keys',
  'matrix.claim-user-keys': 'claim',
  'matrix.get-user-devices': 'devices',
  'matrix.get-well-known': 'well-known',
};

export abstract class MatrixNetwork {
  readonly log: string[] = [];
  readonly facts: { readonly node: string; readonly at: Instant; readonly fact: CoreFact }[] = [];
  readonly requests: {
    readonly from: string;
    readonly to: string;
    readonly at: Instant;
    readonly message: Message;
  }[] = [];
  /** What clients asked of their servers, long polls apart. */
  readonly clientRequests: { readonly from: string; readonly message: Message }[] = [];
  /** To-device messages in answers that reached a client, by client. */
  readonly #toDeviceShown = new Map<string, string[]>();
  readonly #syncAnswers = new Map<string, readonly SyncAnswer[]>();
  /** Called before each effect; true crashes the node instead. */
  crashBefore: ((node: string, effect: string) => boolean) | undefined;
  /** Asked about each request of one server to another. */
  weather:
    ((from: string, to: string, message: Message, options: RequestOptions) => ExchangeFate) | undefined;
  /** Events that a server said to a client it had taken, by server. */
  readonly acknowledged: { readonly server: string; readonly eventId: EventId }[] = [];
  /** How users' changes of membership ended: `@u:hs join of @u:hs: 200`. */
  readonly outcomes: string[] = [];

  /** Servers that are not where their names are, and how long others may keep the file that says where, in seconds. */
  readonly delegated = new Map<string, { readonly maxAgeSeconds?: number }>();

  now = 0 as Instant;
  protected readonly nodes = new Map<string, Node>();
  readonly #cut = new Set<string>();
  readonly #exchanges = new Map<RequestId, Exchange>();
  #queue: Due[] = [];
  protected sequence = 0;

  protected add(name: string, factory: CoreFactory): void {
    this.nodes.set(name, {
      name,
      factory,
      core: undefined,
      disk: new Map(),
      timers: new Map(),
      life: 0,
      skewMs: 0,
    });
  }

  crash(name: string): void {
    const node = this.nodes.get(name)!;
    node.core = undefined;
    node.life++;
    node.timers.clear();
    for (const exchange of this.#exchanges.values()) {
      if (exchange.over || exchange.to !== node) continue;
      exchange.over = true;
      this.#after(latency, () => this.#end(exchange, { kind: 'reset', definite: false, cause: noCause }));
    }
  }

  restart(name: string): void {
    this.boot(this.nodes.get(name)!);
  }

  /** What is on the disk now: a backup. */
  backUp(name: string): ReadonlyMap<string, unknown> {
    return new Map(this.nodes.get(name)!.disk);
  }

  /** Replaces what is on the disk of a node that is down; an empty map: the disk is new. */
  restore(name: string, backup: ReadonlyMap<string, unknown>): void {
    const { disk } = this.nodes.get(name)!;
    disk.clear();
    for (const [key, value] of backup) disk.set(key, value);
  }

  /** From now on the node shows a time that is off by so much. */
  skewClock(name: string, byMs: number): void {
    this.nodes.get(name)!.skewMs = byMs;
  }

  /** Cuts the way from one to the other; `bothWays` also back. */
  cut(from: string, to: string, bothWays = true): void {
    this.#cut.add(`${from}>${to}`);
    if (bothWays) this.#cut.add(`${to}>${from}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  run(duration: Duration): void {
    const until = this.now + duration;
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.at > until) break;
      this.#queue.shift();
      this.now = next.at as Instant;
      next.run();
    }
    this.now = until as Instant;
  }

  isUp(name: string): boolean {
    return this.nodes.get(name)?.core !== undefined;
  }

  clock(): Clock {
    return this.#clock();
  }

  inspect(name: string): unknown {
    return this.nodes.get(name)?.core?.inspect();
  }

  /** To-device messages that a user's client was given and took, each by its text. */
  toDeviceShown(user: string): readonly string[] {
    return this.#toDeviceShown.get(user) ?? [];
  }

  /** Answers to a user's syncs that reached the client. */
  syncAnswers(user: string): readonly SyncAnswer[] {
    return this.#syncAnswers.get(user) ?? [];
  }

  /** How often each situation was met, at one node or at all. */
  situations(name?: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { node, fact } of this.facts)
      if (fact.kind === 'situation' && (name === undefined || node === name))
        counts.set(fact.name, (counts.get(fact.name) ?? 0) + 1);
    return counts;
  }

  input(name: string, input: Input): void {
    const node = this.nodes.get(name)!;
    if (node.core === undefined) return;
    try {
      node.core.step(this.#clock(node.skewMs), input, this.#effects(node, node.life));
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
      this.crash(name);
    }
  }

  protected boot(node: Node): void {
    node.core = node.factory(node.life === 0 ? undefined : new Map(node.disk));
    this.input(node.name, { kind: 'start' });
  }

  #clock(skewMs = 0): Clock {
    return { now: this.now, wall: Math.floor(epochWallMs + this.now / 1_000 + skewMs) as WallTime };
  }

  #after(delay: number, run: () => void): void {
    const due: Due = { at: this.now + delay, sequence: this.sequence++, run };
    let index = this.#queue.length;
    while (index > 0 && this.#queue[index - 1]!.at > due.at) index--;
    this.#queue.splice(index, 0, due);
  }

  #line(text: string): void {
    this.log.push(`${(this.now / 1_000_000).toFixed(3).padStart(9)} ${text}`);
  }

  #effects(node: Node, life: number): Effects {
    const check = (effect: string): void => {
      if (this.crashBefore?.(node.name, effect) === true) throw new Crashed();
    };
    return {
      persist: (key, value) => {
        check(`persist ${key}`);
        if (value === undefined) node.disk.delete(key);
        else node.disk.set(key, value);
      },
      request: (to, tag, message, options) => {
        check(`request ${message.kind}`);
        this.#request(node, to, tag, message, options);
      },
      respond: (request, message) => {
        check(`respond ${message.kind}`);
        const answer = asMatrix(message);
        if (answer?.kind === 'matrix.event-sent')
          this.acknowledged.push({ server: node.name, eventId: answer.eventId });
        this.#respond(node, request, { kind: 'ok', message });
      },
      refuse: (request, status, message) => {
        this.#respond(node, request, { kind: 'status', status, message });
      },
      abandon: (tag) => {
        for (const exchange of this.#exchanges.values())
          if (exchange.from === node && exchange.tag === tag) exchange.over = true;
      },
      setTimer: (timer, at) => {
        const token = this.sequence;
        node.timers.set(timer, token);
        this.#after(Math.max(0, at - this.now), () => {
          if (node.life !== life || node.timers.get(timer) !== token) return;
          node.timers.delete(timer);
          this.input(node.name, { kind: 'timer', timer });
        });
      },
      cancelTimer: (timer) => void node.timers.delete(timer),
      observe: (fact) => this.#observe(node, fact),
      spend: () => undefined,
      send: () => undefined,
      connect: () => undefined,
      disconnect: () => undefined,
    };
  }

  #observe(node: Node, fact: CoreFact): void {
    this.facts.push({ node: node.name, at: this.now, fact });
    if (fact.kind === 'delivered') this.#line(`${node.name} reads m${fact.message}`);
    if (fact.kind === 'failed') this.#line(`${node.name} sees m${fact.message} as failed`);
    if (fact.kind === 'situation') this.#line(`${node.name} ${fact.name}`);
  }

  #request(from: Node, to: string, tag: Tag, message: Message, options: RequestOptions): void {
    const kind = asMatrix(message)?.kind;
    if (kind !== 'matrix.sync' && from.name.startsWith('@'))
      this.clientRequests.push({ from: from.name, message });
    const name = told[message.kind];
    const words = message.carries.map((each) => ` m${each}`).join('');
    if (name !== undefined) {
      const transaction = asMatrix(message);
      const count = transaction?.kind === 'matrix.transaction' ? inWords(transaction) : '';
      this.#line(`${from.name} -> ${to} ${name}${count}${words}`);
      this.requests.push({ from: from.name, to, at: this.now, message });
    }
    const target = this.#targetOf(from, to);
    if (target === undefined) return this.#noSuchName(from, tag);
    const exchange: Exchange = {
      id: this.sequence as RequestId,
      from,
      fromLife: from.life,
      to: target,
      tag,
      over: false,
      losesAnswer: false,
      altersAnswer: undefined,
    };
    this.#exchanges.set(exchange.id, exchange);
    if (options.renewEvery === undefined)
      this.#after(options.timeout, () =>
        this.#end(exchange, { kind: 'timed-out', phase: 'response', definite: false, cause: noCause }),
      );
    if (this.#cut.has(`${from.name}>${target.name}`)) return this.#dialInVain(exchange, options);
    const isFederation = this.isServer(from.name) && this.isServer(to);
    const fate = (isFederation ? this.weather?.(from.name, to, message, options) : undefined) ?? {};
    exchange.losesAnswer = fate.losesAnswer === true;
    exchange.altersAnswer = fate.altersAnswer;
    if (fate.losesRequest === true) return;
    const arrive = (): void => {
      if (exchange.over) return;
      if (target.core === undefined) {
        this.#after(latency, () => this.#end(exchange, { kind: 'refused', definite: true, cause: noCause }));
        return;
      }
      this.input(target.name, { kind: 'request', id: exchange.id, from: from.name as Address, message });
    };
    this.#after(latency + (fate.delay ?? 0), arrive);
    if (fate.duplicateAfter !== undefined) this.#after(latency + fate.duplicateAfter, arrive);
  }

  /** Connections are not kept here: what is cut off is dialled. */
  #dialInVain(exchange: Exchange, { connectTimeout, timeout }: RequestOptions): void {
    if (connectTimeout === undefined || connectTimeout >= timeout) return;
    this.#after(connectTimeout, () =>
      this.#end(exchange, { kind: 'timed-out', phase: 'connect', definite: true, cause: noCause }),
    );
  }

  /** Clients know their server; other servers reach one that is elsewhere only where its file leads. */
  #targetOf(from: Node, to: string): Node | undefined {
    const host = /^synapse\.(.*):443$/.exec(to)?.[1];
    if (host !== undefined) return this.nodes.get(host);
    return this.delegated.has(to) && !from.name.startsWith('@') ? undefined : this.nodes.get(to);
  }

  #noSuchName({ name, life }: Node, tag: Tag): void {
    const failure = { kind: 'unresolved', answer: 'nxdomain', definite: true, cause: noCause } as const;
    this.#after(latency, () => {
      if (this.nodes.get(name)?.life === life)
        this.input(name, { kind: 'response', tag, result: { ok: false, failure } });
    });
  }

  #respond(
    node: Node,
    id: RequestId,
    answer:
      { kind: 'ok'; message: Message } | { kind: 'status'; status: number; message: Message | undefined },
  ): void {
    const exchange = this.#exchanges.get(id);
    if (
      exchange === undefined ||
      exchange.over ||
      exchange.losesAnswer ||
      this.#cut.has(`${node.name}>${exchange.from.name}`)
    )
      return;
    this.#after(latency, () => {
      const status = answer.kind === 'ok' ? 200 : answer.status;
      if (/^(join|leave|knock|invite|raw) of /.test(exchange.tag))
        this.outcomes.push(`${exchange.from.name} ${exchange.tag}: ${status}`);
      if (answer.kind === 'status')
        return this.#end(
          exchange,
          { kind: 'status', status, definite: false, cause: noCause },
          answer.message,
        );
      if (exchange.over || exchange.from.life !== exchange.fromLife) return;
      exchange.over = true;
      this.#exchanges.delete(id);
      const message = exchange.altersAnswer?.(answer.message) ?? answer.message;
      this.#noteToDevice(exchange.from.name, message);
      this.input(exchange.from.name, {
        kind: 'response',
        tag: exchange.tag,
        result: { ok: true, message },
      });
    });
  }

  #noteToDevice(client: string, message: Message): void {
    const answer = asMatrix(message);
    if (answer?.kind !== 'matrix.sync-answer') return;
    this.#syncAnswers.set(client, [...(this.#syncAnswers.get(client) ?? []), answer]);
    const shown = this.#toDeviceShown.get(client) ?? [];
    this.#toDeviceShown.set(client, shown);
    for (const { sender, content } of answer.toDevice) shown.push(JSON.stringify([sender, content]));
  }

  #end(exchange: Exchange, failure: Failure, message?: Message): void {
    if (!this.#exchanges.delete(exchange.id)) return;
    if (exchange.over && failure.kind !== 'reset') return;
    exchange.over = true;
    if (exchange.from.life !== exchange.fromLife) return;
    if (exchange.from.name.startsWith('hs'))
      this.#line(`${exchange.from.name} x> ${exchange.to.name} ${failure.kind}`);
    this.input(exchange.from.name, {
      kind: 'response',
      tag: exchange.tag,
      result: { ok: false, failure, ...(message === undefined ? {} : { message }) },
    });
  }

  /** A request that a machine makes of its own accord. */
  protected requestAs(node: Node, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#effects(node, node.life).request(to, tag, message, options);
  }

  /** Whether this is the name of a homeserver: the weather is that between servers. */
  protected abstract isServer(name: string): boolean;
}

/** How many events a transaction has, and what else it has. */
function inWords({ pdus, edus }: Transaction): string {
  const kinds = edus.map(({ eduType }) => ` + ${eduType}`).join('');
  return ` of ${pdus.length}${kinds}`;
}

/** A node stops in the middle of its effects. */
class Crashed extends Error {}
