// A second host of cores, as small as the contract allows: the real clock, loopback sockets, a map for a disk. It
// exists to show that a core cannot tell a simulator from a world.
import { connect as openSocket, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type {
  Address,
  ConnectOptions,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  Input,
  RequestId,
  RequestOptions,
  RequestResult,
  Tag,
  TimerName,
} from '../../protocol/core.ts';
import { noCause, type Failure } from '../../protocol/failure.ts';
import type { Codec, Message, UserMessageId } from '../../protocol/message.ts';
import type { Clock, Duration, Instant, WallTime } from '../../protocol/time.ts';
import { FrameReader, writeFrame, type Frame } from './socket-frames.ts';

/** Where a host name leads. */
export interface Destination {
  readonly port: number;
  readonly part: string;
}

/** What nodes share: the names of the small world, its codec and its clock. */
export interface SocketWorld {
  readonly codec: Codec;
  readonly names: Map<Address, Destination>;
  now(): Instant;
  /** Told of every fact. */
  observe(node: string, fact: CoreFact): void;
}

interface OpenLink {
  readonly socket: Socket;
  readonly part: string;
}

/** A failure without a known fault behind it: the real world gives no cause tokens. */
const failed = (kind: 'refused' | 'reset' | 'closed', definite: boolean): Failure => ({
  kind,
  definite,
  cause: noCause,
});
const unresolved: Failure = { kind: 'unresolved', answer: 'nxdomain', definite: true, cause: noCause };
const dialTimedOut: Failure = { kind: 'timed-out', phase: 'connect', definite: true, cause: noCause };
const timedOut: Failure = { kind: 'timed-out', phase: 'response', definite: false, cause: noCause };

/** One node: cores that share fate, clock and disk. */
export class SocketNode {
  readonly name: string;
  readonly #world: SocketWorld;
  readonly #factories: ReadonlyMap<string, CoreFactory>;
  readonly #disks = new Map<string, Map<string, unknown>>();
  readonly #cores = new Map<string, Core>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #links = new Map<Address, OpenLink>();
  readonly #sockets = new Set<Socket>();
  readonly #asked = new Map<RequestId, Socket>();
  readonly #asking = new Map<string, { socket: Socket | undefined; deadline: NodeJS.Timeout }>();
  readonly #waiting: { part: string; input: Input }[] = [];
  #server: Server | undefined;
  #port = 0;
  #busy = false;
  #life = 0;
  #nextId = 1;

  constructor(name: string, factories: Readonly<Record<string, CoreFactory>>, world: SocketWorld) {
    this.name = name;
    this.#world = world;
    this.#factories = new Map(Object.entries(factories));
    for (const part of this.#factories.keys()) this.#disks.set(part, new Map());
  }

  get port(): number {
    return this.#port;
  }

  /** Accepts connections; the cores do not run yet. */
  async listen(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Builds the cores from the disk and starts them. */
  begin(): void {
    for (const [part, factory] of this.#factories)
      this.#cores.set(part, factory(this.#life === 0 ? undefined : new Map(this.#disks.get(part))));
    for (const part of this.#factories.keys()) this.accept(part, { kind: 'start' });
  }

  async crash(): Promise<void> {
    this.#life++;
    this.#cores.clear();
    this.#waiting.length = 0;
    this.#busy = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const { deadline } of this.#asking.values()) clearTimeout(deadline);
    this.#timers.clear();
    this.#asking.clear();
    this.#links.clear();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    const server = this.#server;
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  inspect(part: string): unknown {
    return this.#cores.get(part)?.inspect();
  }

  /** Hands over an input, or queues it behind the node's work. */
  accept(part: string, input: Input): void {
    this.#waiting.push({ part, input });
    this.#drain();
  }

  #drain(): void {
    while (!this.#busy) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const core = this.#cores.get(next.part);
      if (core === undefined) continue;
      this.#busy = true;
      const effects = new LaterEffects();
      core.step(this.#clock(), next.input, effects);
      this.#perform(next.part, effects.list, this.#life);
    }
  }

  /** Carries out effects in order; work in between makes the rest wait, and the node's other inputs too. */
  #perform(part: string, effects: (Work | Action)[], life: number): void {
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      if (life !== this.#life) return;
      if (typeof effect === 'function') effect(this, part);
      else {
        setTimeout(
          () => {
            this.#perform(part, effects, life);
            if (life === this.#life) this.#drain();
          },
          Math.ceil(effect.cost / 1_000),
        );
        return;
      }
    }
    this.#busy = false;
  }

  #clock(): Clock {
    const now = this.#world.now();
    return { now, wall: Math.floor(now / 1_000) as WallTime };
  }

  // --- Effects ---

  persist(part: string, key: string, value: unknown): void {
    const disk = this.#disks.get(part);
    if (value === undefined) disk?.delete(key);
    else disk?.set(key, value);
  }

  send(part: string, to: Address, message: Message): void {
    if (to.startsWith('local:'))
      this.accept(to.slice(6), { kind: 'message', from: `local:${part}` as Address, message });
    else {
      const link = this.#links.get(to);
      if (link !== undefined) this.#write(link.socket, { kind: 'message' }, message);
    }
  }

  request(part: string, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    const key = `${part} ${tag}`;
    const end = (result: RequestResult): void => {
      // The tag may belong to a later request by now.
      if (this.#asking.get(key) !== asking) return;
      clearTimeout(asking.deadline);
      this.#asking.delete(key);
      asking.socket?.destroy();
      this.accept(part, { kind: 'response', tag, result });
    };
    const fail = (failure: Failure): void => end({ ok: false, failure });
    const destination = this.#world.names.get(to);
    const socket = destination === undefined ? undefined : this.#dial(destination.port, fail);
    const asking = { socket, deadline: setTimeout(() => fail(timedOut), options.timeout / 1_000) };
    this.#asking.set(key, asking);
    if (options.connectTimeout !== undefined) {
      socket?.setTimeout(options.connectTimeout / 1_000, () => fail(dialTimedOut));
      socket?.once('connect', () => socket.setTimeout(0));
    }
    if (socket === undefined || destination === undefined) return void setTimeout(() => fail(unresolved), 0);
    this.#read(socket, (frame) => {
      const answer = frame.length === 0 ? undefined : this.#decode(frame);
      if (frame.header.status === undefined) {
        if (answer !== undefined) end({ ok: true, message: answer });
        return;
      }
      const { status, retryAfterMs } = frame.header;
      const hint = retryAfterMs === undefined ? {} : { retryAfterMs };
      // 4xx and 503 say that nothing was done; other 5xx leave it open (RFC 9110 §15.5, §15.6).
      const definite = status < 500 || status === 503;
      const failure: Failure = { kind: 'status', status, ...hint, definite, cause: noCause };
      end({ ok: false, failure, ...(answer === undefined ? {} : { message: answer }) });
    });
    this.#write(socket, { kind: 'request', part: destination.part, from: this.name }, message);
  }

  abandon(part: string, tag: Tag): void {
    const entry = this.#asking.get(`${part} ${tag}`);
    if (entry === undefined) return;
    clearTimeout(entry.deadline);
    this.#asking.delete(`${part} ${tag}`);
    entry.socket?.destroy();
  }

  respond(request: RequestId, message: Message): void {
    const socket = this.#asked.get(request);
    this.#asked.delete(request);
    if (socket !== undefined) this.#write(socket, { kind: 'response' }, message);
  }

  refuse(
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
  ): void {
    const socket = this.#asked.get(request);
    this.#asked.delete(request);
    const hint = retryAfterMs === undefined ? {} : { retryAfterMs };
    if (socket !== undefined) this.#write(socket, { kind: 'response', status, ...hint }, message);
  }

  connect(part: string, to: Address, tag: Tag, options: ConnectOptions): void {
    const fail = (failure: Failure): void => this.accept(part, { kind: 'link-down', tag, failure });
    const destination = this.#world.names.get(to);
    if (destination === undefined) return void setTimeout(() => fail(unresolved), 0);
    let open = false;
    const socket = this.#dial(destination.port, (failure) => {
      if (!open) fail(failure);
    });
    socket.setTimeout(options.timeout / 1_000, () => {
      if (!open) socket.destroy();
    });
    socket.once('connect', () => {
      open = true;
      this.#write(socket, { kind: 'link', part: destination.part, from: this.name }, undefined);
      this.#openLink(socket, part, to, tag);
    });
  }

  disconnect(link: Address): void {
    const open = this.#links.get(link);
    this.#links.delete(link);
    open?.socket.end();
  }

  setTimer(part: string, timer: TimerName, at: Instant): void {
    this.cancelTimer(part, timer);
    const key = `${part} ${timer}`;
    // Node's timers may fire a millisecond early; a core's never do.
    const wait = Math.max(0, Math.ceil((at - this.#world.now()) / 1_000) + 1);
    const handle = setTimeout(() => {
      this.#timers.delete(key);
      this.accept(part, { kind: 'timer', timer });
    }, wait);
    this.#timers.set(key, handle);
  }

  cancelTimer(part: string, timer: TimerName): void {
    const key = `${part} ${timer}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const index = this.#waiting.findIndex(
      (each) => each.part === part && each.input.kind === 'timer' && each.input.timer === timer,
    );
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  observe(fact: CoreFact): void {
    this.#world.observe(this.name, fact);
  }

  // --- Sockets ---

  #serve(socket: Socket): void {
    this.#keep(socket);
    let peer: { link: Address } | undefined;
    this.#read(socket, (frame) => {
      const { header } = frame;
      if (header.kind === 'link')
        peer = { link: this.#openLink(socket, header.part ?? 'main', header.from as Address, undefined) };
      else if (header.kind === 'request' && peer === undefined) {
        const message = this.#decode(frame);
        if (message === undefined) return;
        const id = this.#nextId++ as RequestId;
        this.#asked.set(id, socket);
        this.accept(header.part ?? 'main', { kind: 'request', id, from: header.from as Address, message });
      }
    });
  }

  #openLink(socket: Socket, part: string, peer: Address, tag: Tag | undefined): Address {
    const link = `link:${this.name}/${this.#nextId++}` as Address;
    this.#links.set(link, { socket, part });
    let ending: Failure = failed('closed', false);
    socket.on('error', () => (ending = failed('reset', false)));
    socket.on('close', () => {
      if (this.#links.delete(link)) this.accept(part, { kind: 'link-down', link, failure: ending });
    });
    this.#read(socket, (frame) => {
      const message = frame.header.kind === 'message' ? this.#decode(frame) : undefined;
      if (message !== undefined && this.#links.has(link))
        this.accept(part, { kind: 'message', from: link, message });
    });
    this.accept(part, { kind: 'link-up', link, peer, ...(tag === undefined ? {} : { tag }) });
    return link;
  }

  #dial(port: number, onFailure: (failure: Failure) => void): Socket {
    const socket = openSocket({ port, host: '127.0.0.1' });
    let told = false;
    // An error is followed by a close; the first says more.
    const fail = (failure: Failure): void => {
      if (!told) onFailure(failure);
      told = true;
    };
    this.#keep(socket);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'ECONNREFUSED' ? failed('refused', true) : failed('reset', false)),
    );
    socket.on('close', () => fail(failed('reset', false)));
    return socket;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #read(socket: Socket, take: (frame: Frame) => void): void {
    const life = this.#life;
    FrameReader.of(socket).onFrame((frame) => {
      if (life === this.#life) take(frame);
    });
  }

  #write(socket: Socket, header: Frame['header'], message: Message | undefined): void {
    const bytes = message === undefined ? new Uint8Array(0) : this.#world.codec.encode(message);
    writeFrame(socket, { ...header, carries: message?.carries ?? [] }, bytes);
  }

  #decode(frame: Frame): Message | undefined {
    return this.#world.codec.decode(frame.body, (frame.header.carries ?? []) as readonly UserMessageId[]);
  }
}

type Action = (node: SocketNode, part: string) => void;
interface Work {
  readonly cost: Duration;
}

/** Writes effects down; the node carries them out when the step is over. */
class LaterEffects implements Effects {
  readonly list: (Work | Action)[] = [];

  persist(key: string, value: unknown): void {
    this.list.push((node, part) => node.persist(part, key, value));
  }
  send(to: Address, message: Message): void {
    this.list.push((node, part) => node.send(part, to, message));
  }
  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.list.push((node, part) => node.request(part, to, tag, message, options));
  }
  abandon(tag: Tag): void {
    this.list.push((node, part) => node.abandon(part, tag));
  }
  respond(request: RequestId, message: Message): void {
    this.list.push((node) => node.respond(request, message));
  }
  refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void {
    this.list.push((node) => node.refuse(request, status, message, retryAfterMs));
  }
  connect(to: Address, tag: Tag, options: ConnectOptions): void {
    this.list.push((node, part) => node.connect(part, to, tag, options));
  }
  disconnect(link: Address): void {
    this.list.push((node) => node.disconnect(link));
  }
  setTimer(timer: TimerName, at: Instant): void {
    this.list.push((node, part) => node.setTimer(part, timer, at));
  }
  cancelTimer(timer: TimerName): void {
    this.list.push((node, part) => node.cancelTimer(part, timer));
  }
  spend(cost: Duration): void {
    this.list.push({ cost });
  }
  observe(fact: CoreFact): void {
    this.list.push((node) => node.observe(fact));
  }
}
