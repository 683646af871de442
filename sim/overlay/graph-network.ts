// Cores on a graph whose links one can cut and join: a host for studies of overlays, outside a scenario's run.
import { present } from '../../protocol/assert.ts';
import type { Address, Core, CoreFact, Effects, Input, TimerName } from '../../protocol/core.ts';
import { noCause } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { milliseconds, type Clock, type Duration, type Instant, type WallTime } from '../../protocol/time.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';

/** How a network is made. */
export interface GraphNetworkOptions {
  readonly size: number;
  create(node: number): Core;
  /** From one end of a link to the other. */
  delay(left: number, right: number): Duration;
  /** What arrives of what was sent; the same when left out. */
  onTheWire?(message: Message): Message;
  /** Told of everything that goes over a link. */
  onSend?(from: number, to: number, message: Message): void;
  onFact?(node: number, fact: CoreFact): void;
}

/** A link: cut, silent (what is sent is lost and nobody is told), or in order. */
interface Link {
  readonly delay: Duration;
  readonly number: number;
  isSilent: boolean;
}

interface Arrival {
  readonly from: number;
  readonly link: Link;
  readonly message: Message;
}

/** What a node's clock shows when the network begins: 2026-01-01. Only differences matter. */
const wallAtStart = 1_767_225_600_000;
const closed = { kind: 'closed', definite: false, cause: noCause } as const;

/** The link to another node, as a core knows it. */
export function linkTo(node: number): Address {
  return `link:node/${node}` as Address;
}

export class GraphNetwork {
  readonly #options: GraphNetworkOptions;
  readonly #kernel = new Kernel({
    horizon: Number.MAX_SAFE_INTEGER as Instant,
    limits: { events: Infinity, eventsPerInstant: Infinity },
  });
  readonly #nodes: (GraphNode | undefined)[];
  readonly #links: Map<number, Link>[];
  readonly #arrives: EventKind;
  readonly #timerFires: EventKind;
  #linksMade = 0;

  constructor(options: GraphNetworkOptions) {
    this.#options = options;
    this.#nodes = new Array<GraphNode | undefined>(options.size).fill(undefined);
    this.#links = this.#nodes.map(() => new Map<number, Link>());
    this.#arrives = this.#kernel.register('arrives', (to, payload) => {
      const { from, link, message } = payload as Arrival;
      // What was under way when the link was cut is lost, and so is what was sent over an earlier link of the two.
      if (this.#links[to]?.get(from) !== link || link.isSilent) return;
      this.step(to, { kind: 'message', from: linkTo(from), message });
    });
    this.#timerFires = this.#kernel.register('timer', (node, payload) =>
      this.#nodes[node]?.fire(payload as PendingTimer),
    );
  }

  get now(): Instant {
    return this.#kernel.now;
  }

  get events(): number {
    return this.#kernel.events;
  }

  start(node: number): void {
    this.#nodes[node] = new GraphNode(this, node, this.#options.create(node));
    this.step(node, { kind: 'start' });
  }

  /** The node is gone; its neighbours hear that their links are down. */
  stop(node: number): void {
    for (const other of [...(this.#links[node]?.keys() ?? [])]) this.cut(node, other);
    this.#nodes[node]?.stop();
    this.#nodes[node] = undefined;
  }

  isUp(node: number): boolean {
    return this.#nodes[node] !== undefined;
  }

  core(node: number): Core | undefined {
    return this.#nodes[node]?.core;
  }

  /** Links two nodes that are up; the first is the one that asked. */
  join(left: number, right: number): void {
    if (!this.isUp(left) || !this.isUp(right) || this.#links[left]?.has(right) === true) return;
    const link: Link = {
      delay: this.#options.delay(left, right),
      number: this.#linksMade++,
      isSilent: false,
    };
    this.#links[left]?.set(right, link);
    this.#links[right]?.set(left, link);
    this.step(left, { kind: 'link-up', link: linkTo(right), peer: linkTo(right), tag: 'asked' });
    this.step(right, { kind: 'link-up', link: linkTo(left), peer: linkTo(left) });
  }

  /** Cuts a link; both ends are told. */
  cut(left: number, right: number): void {
    if (this.#links[left]?.delete(right) !== true) return;
    this.#links[right]?.delete(left);
    this.step(left, { kind: 'link-down', link: linkTo(right), failure: closed });
    this.step(right, { kind: 'link-down', link: linkTo(left), failure: closed });
  }

  /** A link that swallows everything from now on. */
  silence(left: number, right: number): void {
    const link = this.#links[left]?.get(right);
    if (link !== undefined) link.isSilent = true;
  }

  neighbours(node: number): readonly number[] {
    return [...(this.#links[node]?.keys() ?? [])];
  }

  /** Lets time pass. */
  run(duration: Duration): void {
    this.runUntil((this.now + duration) as Instant);
  }

  runUntil(instant: Instant): void {
    while ((this.#kernel.next ?? Infinity) <= instant) this.#kernel.step();
    this.#kernel.advanceTo(instant);
  }

  step(node: number, input: Input): void {
    this.#nodes[node]?.step(input);
  }

  /** Lets somebody from outside make a node's core do something. */
  call(
    node: number,
    act: (core: Core, turn: { readonly clock: Clock; readonly out: Effects }) => void,
  ): void {
    this.#nodes[node]?.call(act);
  }

  // --- What nodes ask ---

  send(from: number, address: Address, message: Message): void {
    const to = Number(address.slice(linkTo(0).length - 1));
    const link = this.#links[from]?.get(to);
    if (link === undefined) return;
    this.#options.onSend?.(from, to, message);
    const arrival: Arrival = { from, link, message: this.#options.onTheWire?.(message) ?? message };
    this.#kernel.schedule((this.now + link.delay) as Instant, this.#arrives, to, arrival);
  }

  /** A node closes a link itself: the other end is told, a delay later at the earliest by what it sends. */
  close(node: number, address: Address): void {
    const other = Number(address.slice(linkTo(0).length - 1));
    if (this.#links[node]?.delete(other) !== true) return;
    this.#links[other]?.delete(node);
    this.step(other, { kind: 'link-down', link: linkTo(node), failure: closed });
  }

  schedule(node: number, timer: PendingTimer, at: Instant): EventHandle {
    return this.#kernel.schedule(Math.max(at, this.now) as Instant, this.#timerFires, node, timer);
  }

  unschedule(handle: EventHandle): void {
    this.#kernel.cancel(handle);
  }

  observe(node: number, fact: CoreFact): void {
    this.#options.onFact?.(node, fact);
  }
}

interface PendingTimer {
  readonly name: TimerName;
  handle: EventHandle | undefined;
}

/** One node and its effects. */
class GraphNode implements Effects {
  readonly core: Core;
  readonly #network: GraphNetwork;
  readonly #index: number;
  readonly #timers = new Map<TimerName, PendingTimer>();
  readonly #inputs: Input[] = [];
  #isAtWork = false;

  constructor(network: GraphNetwork, index: number, core: Core) {
    this.#network = network;
    this.#index = index;
    this.core = core;
  }

  call(act: (core: Core, turn: { readonly clock: Clock; readonly out: Effects }) => void): void {
    act(this.core, { clock: this.#clock, out: this });
  }

  /** A core is never entered while it is at work. */
  step(input: Input): void {
    this.#inputs.push(input);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      this.core.step(this.#clock, next, this);
    }
    this.#isAtWork = false;
  }

  get #clock(): Clock {
    const { now } = this.#network;
    return { now, wall: (wallAtStart + Math.floor(now / milliseconds(1))) as WallTime };
  }

  fire(timer: PendingTimer): void {
    if (this.#timers.get(timer.name) !== timer) return;
    this.#timers.delete(timer.name);
    this.step({ kind: 'timer', timer: timer.name });
  }

  stop(): void {
    for (const name of [...this.#timers.keys()]) this.cancelTimer(name);
  }

  send(to: Address, message: Message): void {
    this.#network.send(this.#index, to, message);
  }

  disconnect(link: Address): void {
    this.#network.close(this.#index, link);
  }

  setTimer(name: TimerName, at: Instant): void {
    this.cancelTimer(name);
    const timer: PendingTimer = { name, handle: undefined };
    timer.handle = this.#network.schedule(this.#index, timer, at);
    this.#timers.set(name, timer);
  }

  cancelTimer(name: TimerName): void {
    const timer = this.#timers.get(name);
    if (timer === undefined) return;
    this.#timers.delete(name);
    this.#network.unschedule(present(timer.handle, 'a timer that is set'));
  }

  observe(fact: CoreFact): void {
    this.#network.observe(this.#index, fact);
  }

  persist(): void {}
  spend(): void {}
  request(): void {
    throw new Error('nodes of a graph have links and nothing else');
  }
  abandon(): void {
    throw new Error('nodes of a graph have links and nothing else');
  }
  respond(): void {
    throw new Error('nodes of a graph have links and nothing else');
  }
  refuse(): void {
    throw new Error('nodes of a graph have links and nothing else');
  }
  connect(): void {
    throw new Error('nodes of a graph have links and nothing else');
  }
}
