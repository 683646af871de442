// A host for tests: a handful of cores on a network with one latency, names that can be made to fail, and a clock.
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
} from '../../../protocol/core.ts';
import type { CauseToken, Failure } from '../../../protocol/failure.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Instant, WallTime } from '../../../protocol/time.ts';

const latency = 1_000;
/** 20 October 2025, 06:00 UTC. */
export const epochWallMs = 1_760_940_000_000;

interface TestNode {
  readonly name: string;
  readonly factory: CoreFactory;
  core: Core | undefined;
  readonly stored: Map<string, unknown>;
  readonly timers: Map<string, number>;
  readonly requests: Map<Tag, number>;
  life: number;
}

interface Link {
  readonly client: string;
  readonly server: string;
}

export interface RecordedFact {
  readonly at: number;
  readonly node: string;
  readonly fact: CoreFact;
}

export const unresolved: Failure = {
  kind: 'unresolved',
  answer: 'empty',
  definite: true,
  cause: 7 as CauseToken,
};
/** No answer, told at once. */
export const silence: Failure = {
  kind: 'timed-out',
  phase: 'response',
  definite: false,
  cause: 7 as CauseToken,
};
export const serverError: Failure = { kind: 'status', status: 503, definite: false, cause: 7 as CauseToken };

export class MiniNetwork {
  now = 0;
  readonly facts: RecordedFact[] = [];
  /** Every message that left a core, by sender. */
  readonly sent: {
    readonly at: number;
    readonly from: string;
    readonly to: string;
    readonly message: Message;
  }[] = [];
  readonly #nodes = new Map<string, TestNode>();
  readonly #events: { at: number; order: number; run: () => void }[] = [];
  readonly #failures = new Map<string, Failure>();
  readonly #links = new Map<string, Link>();
  readonly #answers = new Map<RequestId, { from: string; tag: Tag; life: number; number: number }>();
  #order = 0;
  #ids = 0;
  #steps = 0;
  /** Called after each step of a core. */
  afterStep: ((node: string, steps: number) => void) | undefined;

  add(name: string, factory: CoreFactory): void {
    const node: TestNode = {
      name,
      factory,
      core: factory(undefined),
      stored: new Map(),
      timers: new Map(),
      requests: new Map(),
      life: 0,
    };
    this.#nodes.set(name, node);
    this.input(name, { kind: 'start' });
  }

  inspect(name: string): unknown {
    return this.#node(name).core?.inspect();
  }

  /** Requests and connections to `name` fail from now on; its open connections break. Undefined heals. */
  fail(name: string, failure: Failure | undefined): void {
    if (failure === undefined) {
      this.#failures.delete(name);
      return;
    }
    this.#failures.set(name, failure);
    for (const [id, link] of this.#links) if (link.server === name) this.#break(id, failure);
  }

  /** Memory, timers and connections are gone; what was persisted is there again. */
  restart(name: string): void {
    const node = this.#node(name);
    node.life += 1;
    node.timers.clear();
    node.requests.clear();
    for (const [id, { client, server }] of this.#links) {
      if (client === name || server === name)
        this.#break(id, { kind: 'reset', definite: false, cause: 0 as CauseToken });
    }
    node.core = node.factory(new Map(node.stored));
    this.input(name, { kind: 'start' });
  }

  input(name: string, input: Input): void {
    const node = this.#node(name);
    this.#at(this.now, () => this.#step(node, input));
  }

  /** Handles everything up to this many seconds after the epoch. */
  runUntil(seconds: number): void {
    const end = seconds * 1_000_000;
    for (;;) {
      let next = -1;
      for (const [index, event] of this.#events.entries()) {
        const best = this.#events[next];
        if (best === undefined || event.at < best.at || (event.at === best.at && event.order < best.order))
          next = index;
      }
      const event = this.#events[next];
      if (event === undefined || event.at > end) break;
      this.#events.splice(next, 1);
      this.now = event.at;
      event.run();
    }
    this.now = end;
  }

  /** Facts of one kind about one user message. */
  factsOf<Kind extends CoreFact['kind']>(
    kind: Kind,
    message?: number,
  ): (RecordedFact & { fact: CoreFact })[] {
    return this.facts.filter(
      ({ fact }) =>
        fact.kind === kind &&
        (message === undefined || ('message' in fact && Number(fact.message) === message)),
    );
  }

  #step(node: TestNode, input: Input): void {
    const clock = { now: this.now as Instant, wall: Math.floor(epochWallMs + this.now / 1_000) as WallTime };
    node.core?.step(clock, input, this.#effects(node));
    this.#steps += 1;
    this.afterStep?.(node.name, this.#steps);
  }

  #effects(node: TestNode): Effects {
    return {
      persist: (key, value) => {
        if (value === undefined) node.stored.delete(key);
        else node.stored.set(key, value);
      },
      send: (to, message) => this.#send(node, to, message),
      request: (to, tag, message, options) => this.#request(node, to, tag, message, options),
      abandon: (tag) => void node.requests.delete(tag),
      respond: (id, message) => this.#respond(id, { ok: true, message }),
      refuse: (id, status, message, retryAfterMs) =>
        this.#respond(id, {
          ok: false,
          failure: {
            kind: 'status',
            status,
            definite: false,
            cause: 7 as CauseToken,
            ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
          },
          ...(message === undefined ? {} : { message }),
        }),
      connect: (to, tag) => this.#connect(node, to, tag),
      disconnect: (link, code) => this.#disconnect(link, code),
      setTimer: (timer, at) => this.#setTimer(node, timer, at),
      cancelTimer: (timer) => void node.timers.delete(timer),
      spend: () => undefined,
      observe: (fact) => void this.facts.push({ at: this.now, node: node.name, fact }),
    };
  }

  #send(node: TestNode, to: Address, message: Message): void {
    this.sent.push({ at: this.now, from: node.name, to, message });
    if (to.startsWith('push:')) {
      const device = to.slice(5);
      this.#at(this.now + latency, () => this.#deliver(device, { kind: 'push', payload: message }));
      return;
    }
    const link = this.#links.get(idOf(to));
    if (link === undefined) return;
    const [peer, side] = to.endsWith('/client') ? [link.server, 'server'] : [link.client, 'client'];
    const from = `${idOf(to)}/${side}` as Address;
    this.#at(this.now + latency, () => {
      if (this.#links.has(idOf(to))) this.#deliver(peer, { kind: 'message', from, message });
    });
  }

  #request(node: TestNode, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.sent.push({ at: this.now, from: node.name, to, message });
    this.#ids += 1;
    const number = this.#ids;
    const { life } = node;
    node.requests.set(tag, number);
    const answer = { from: node.name, tag, life, number };
    const id = number as RequestId;
    this.#answers.set(id, answer);
    this.#at(this.now + latency, () => {
      const failure = this.#failures.get(to);
      if (failure !== undefined) this.#respond(id, { ok: false, failure });
      else this.#deliver(to, { kind: 'request', id, from: node.name as Address, message });
    });
    if (options.renewEvery !== undefined) return;
    this.#at(this.now + options.timeout, () =>
      this.#respond(id, {
        ok: false,
        failure: { kind: 'timed-out', phase: 'response', definite: false, cause: 0 as CauseToken },
      }),
    );
  }

  #respond(id: RequestId, result: (Input & { kind: 'response' })['result']): void {
    const answer = this.#answers.get(id);
    if (answer === undefined) return;
    this.#answers.delete(id);
    const node = this.#node(answer.from);
    this.#at(this.now + latency, () => {
      if (node.life !== answer.life || node.requests.get(answer.tag) !== answer.number) return;
      node.requests.delete(answer.tag);
      this.#step(node, { kind: 'response', tag: answer.tag, result });
    });
  }

  #connect(node: TestNode, to: Address, tag: Tag): void {
    const { life } = node;
    this.#at(this.now + latency, () => {
      if (node.life !== life) return;
      const failure = this.#failures.get(to);
      if (failure !== undefined) {
        this.#step(node, { kind: 'link-down', tag, failure });
        return;
      }
      this.#ids += 1;
      const id = `link:${this.#ids}`;
      this.#links.set(id, { client: node.name, server: to });
      this.#deliver(to, { kind: 'link-up', link: `${id}/server` as Address, peer: node.name as Address });
      this.#step(node, { kind: 'link-up', link: `${id}/client` as Address, peer: to, tag });
    });
  }

  #disconnect(side: Address, code: number | undefined): void {
    const link = this.#links.get(idOf(side));
    if (link === undefined) return;
    this.#links.delete(idOf(side));
    const [peer, peerSide] = side.endsWith('/client') ? [link.server, 'server'] : [link.client, 'client'];
    const failure: Failure = {
      kind: 'closed',
      definite: false,
      cause: 7 as CauseToken,
      ...(code === undefined ? {} : { code }),
    };
    const closed = `${idOf(side)}/${peerSide}` as Address;
    this.#at(this.now + latency, () => this.#deliver(peer, { kind: 'link-down', link: closed, failure }));
  }

  #break(id: string, failure: Failure): void {
    const link = this.#links.get(id);
    this.#links.delete(id);
    if (link === undefined) return;
    this.#at(this.now, () => {
      this.#deliver(link.client, { kind: 'link-down', link: `${id}/client` as Address, failure });
      this.#deliver(link.server, { kind: 'link-down', link: `${id}/server` as Address, failure });
    });
  }

  #setTimer(node: TestNode, timer: string, at: number): void {
    this.#ids += 1;
    const number = this.#ids;
    const { life } = node;
    node.timers.set(timer, number);
    this.#at(Math.max(at, this.now), () => {
      if (node.life !== life || node.timers.get(timer) !== number) return;
      node.timers.delete(timer);
      this.#step(node, { kind: 'timer', timer });
    });
  }

  #deliver(name: string, input: Input): void {
    const node = this.#nodes.get(name);
    if (node !== undefined) this.#step(node, input);
  }

  #at(at: number, run: () => void): void {
    this.#order += 1;
    this.#events.push({ at, order: this.#order, run });
  }

  #node(name: string): TestNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }
}

const idOf = (side: string): string => side.slice(0, side.lastIndexOf('/'));
