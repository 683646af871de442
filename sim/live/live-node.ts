// One live node: its cores, each stepped with one input at a time, and the effects carried out in order.
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
  Tag,
  TimerName,
} from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message, UserMessageId } from '../../protocol/message.ts';
import type { Duration, Instant, WallTime } from '../../protocol/time.ts';
import { ColdCache } from '../host/cold-cache.ts';
import { carriedBy, failureOf, messageOf } from '../host/input-content.ts';
import type { NodeClock } from '../host/node-clock.ts';
import type { EventHandle, EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { Transit } from '../network/medium.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { Disk } from './disk.ts';
import type { LiveInternet } from './live-internet.ts';

/** Told what the cores say and what has come to the node. */
export interface NodeListener {
  fact(at: Instant, fact: CoreFact): void;
  /** User messages that have come from another node. */
  arrived(
    at: Instant,
    messages: readonly UserMessageId[],
    transit: Transit,
    passedOn: boolean | undefined,
  ): void;
  /** The node is at work on them. */
  computing(at: Instant, messages: readonly UserMessageId[]): void;
  /** To a device behind its push service, or to a machine's power switch. */
  outside(at: Instant, to: Address, message: Message): void;
}

/** What a node is made of. */
export interface LiveNodeOptions {
  readonly spec: Pick<NodeSpec, 'name' | 'parts' | 'processors' | 'queue' | 'cache'>;
  readonly scheduler: Scheduler;
  readonly clock: NodeClock;
  readonly disks: ReadonlyMap<string, Disk>;
  readonly internet: LiveInternet;
  readonly listener: NodeListener;
  /** How many times as long work takes now. */
  readonly workFactor: () => number;
}

/** Something that waits for the node's processor. */
interface Waiting {
  readonly part: string;
  readonly input: Input;
  readonly transit: Transit | undefined;
  readonly arrivedAt: Instant;
  /** What the clock on the wall shows for this input, where a person acts at a stated time. */
  readonly wall: WallTime | undefined;
}

type Action = (node: LiveNode, part: string, cause: CauseToken) => void;
interface Work {
  readonly cost: Duration;
}

/** Service Unavailable, as in the simulator's host. */
const overloaded = 503;

/** Runs the cores of one node. */
export class LiveNode {
  readonly #options: LiveNodeOptions;
  readonly #factories: ReadonlyMap<string, CoreFactory>;
  readonly #cores = new Map<string, Core>();
  readonly #timers = new Map<string, EventHandle>();
  readonly #waiting: Waiting[] = [];
  readonly #cache: ColdCache | undefined;
  readonly #timerEvent: EventKind;
  readonly #workEvent: EventKind;
  readonly #drainEvent: EventKind;
  #busy = 0;
  #stepping = false;

  constructor(options: LiveNodeOptions) {
    const { spec, scheduler } = options;
    this.#options = options;
    this.#factories = new Map(Object.entries(spec.parts));
    this.#cache = spec.cache === undefined ? undefined : new ColdCache(spec.cache);
    this.#timerEvent = scheduler.register('live-timer', (_node, payload) => {
      const [part, timer] = payload as [string, TimerName];
      this.#timers.delete(`${part} ${timer}`);
      this.accept(part, { kind: 'timer', timer }, undefined);
    });
    this.#workEvent = scheduler.register('live-work', (_node, payload) => (payload as () => void)());
    this.#drainEvent = scheduler.register('live-drain', () => this.#drain());
  }

  /** Builds the cores, afresh or from what is on the disk; they answer from now on. */
  build(isRestart: boolean): void {
    if (isRestart) this.#cache?.chill(noCause);
    for (const [part, factory] of this.#factories) {
      const disk = this.#options.disks.get(part);
      disk?.open();
      this.#cores.set(part, factory(isRestart ? disk?.stored() : undefined));
    }
  }

  /** The first input of each core. */
  begin(): void {
    for (const part of this.#factories.keys()) this.accept(part, { kind: 'start' }, undefined);
  }

  /** Memory, timers and work are gone. */
  clear(): void {
    const { scheduler, disks } = this.#options;
    for (const handle of this.#timers.values()) scheduler.cancel(handle);
    this.#timers.clear();
    this.#waiting.length = 0;
    this.#cores.clear();
    this.#busy = 0;
    for (const disk of disks.values()) disk.close();
  }

  inspect(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#cores].map(([part, core]) => [part, core.inspect()]));
  }

  cores(): readonly Core[] {
    return [...this.#cores.values()];
  }

  /** Hands over an input, or queues it behind the node's work. */
  accept(part: string, input: Input, transit: Transit | undefined, wall?: WallTime): void {
    const { spec, scheduler, internet } = this.#options;
    if (!this.#cores.has(part)) return;
    const { limit = Infinity } = spec.queue ?? {};
    if (input.kind === 'request' && this.#requestsWaiting() >= limit) {
      internet.refuse(input.id, overloaded, undefined, undefined, noCause);
      return;
    }
    this.#waiting.push({ part, input, transit, arrivedAt: scheduler.now, wall });
    // A core is never entered while a core is at work: what an effect brings about comes right after.
    if (this.#stepping) scheduler.schedule(scheduler.now, this.#drainEvent);
    else this.#drain();
  }

  #requestsWaiting(): number {
    return this.#waiting.reduce((count, { input }) => (input.kind === 'request' ? count + 1 : count), 0);
  }

  #drain(): void {
    const { processors = 1 } = this.#options.spec;
    while (!this.#stepping && this.#busy < processors) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#step(next);
    }
  }

  #step({ part, input, transit, arrivedAt, wall }: Waiting): void {
    const { scheduler, clock, listener } = this.#options;
    const core = this.#cores.get(part);
    if (core === undefined) return;
    const begun = scheduler.now;
    const carried = carriedBy(input);
    if (input.kind === 'request') this.#cache?.served();
    if (transit !== undefined && carried.length > 0)
      listener.arrived(begun, carried, withWait(transit, arrivedAt, begun), messageOf(input)?.passedOn);
    clock.set(begun);
    if (wall !== undefined) clock.show(wall);
    const effects = new LaterEffects();
    this.#stepping = true;
    core.step(clock, input, effects);
    const cause = failureOf(input)?.cause ?? noCause;
    const works = effects.list.some((effect) => typeof effect !== 'function');
    if (works && carried.length > 0) listener.computing(begun, carried);
    this.#busy++;
    this.#perform(part, effects.list, cause, begun);
    this.#stepping = false;
  }

  /** Carries out effects in order; work in between makes the rest wait, and the node's other inputs too. */
  #perform(part: string, effects: (Work | Action)[], cause: CauseToken, begun: Instant): void {
    const { scheduler, workFactor } = this.#options;
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      if (typeof effect === 'function') {
        effect(this, part, cause);
        continue;
      }
      // What the step really takes is part of the work.
      const factor = workFactor() * (this.#cache?.factor ?? 1);
      const ends = (begun + Math.round(effect.cost * factor)) as Instant;
      scheduler.schedule(ends, this.#workEvent, -1, () => {
        this.#stepping = true;
        this.#perform(part, effects, cause, ends);
        this.#stepping = false;
        this.#drain();
      });
      return;
    }
    this.#busy--;
  }

  // --- Effects ---

  persist(part: string, key: string, value: unknown): void {
    this.#options.disks.get(part)?.persist(key, value);
  }

  send(part: string, to: Address, message: Message): void {
    const { internet, listener, scheduler } = this.#options;
    if (to.startsWith('local:'))
      this.accept(to.slice(6), { kind: 'message', from: `local:${part}` as Address, message }, undefined);
    else if (to.startsWith('link:')) internet.send(to, message);
    else listener.outside(scheduler.now, to, message);
  }

  request(part: string, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#options.internet.request(part, to, tag, message, options);
  }

  abandon(part: string, tag: Tag): void {
    this.#options.internet.abandon(part, tag);
    this.#dropWaiting(part, (input) => input.kind === 'response' && input.tag === tag);
  }

  respond(request: RequestId, message: Message): void {
    this.#options.internet.respond(request, message);
  }

  refuse(
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
    cause: CauseToken,
  ): void {
    this.#options.internet.refuse(request, status, message, retryAfterMs, cause);
  }

  connect(part: string, to: Address, tag: Tag, options: ConnectOptions): void {
    this.#options.internet.connect(part, to, tag, options);
  }

  disconnect(part: string, link: Address, code: number | undefined): void {
    this.#options.internet.disconnect(link, code);
    this.#dropWaiting(
      part,
      (input) =>
        (input.kind === 'message' && input.from === link) ||
        (input.kind === 'link-down' && input.link === link),
    );
  }

  setTimer(part: string, timer: TimerName, at: Instant): void {
    this.cancelTimer(part, timer);
    const { scheduler, clock } = this.#options;
    const due = clock.instantOf(at);
    const handle = scheduler.schedule(due, this.#timerEvent, -1, [part, timer]);
    this.#timers.set(`${part} ${timer}`, handle);
  }

  cancelTimer(part: string, timer: TimerName): void {
    const key = `${part} ${timer}`;
    const handle = this.#timers.get(key);
    if (handle !== undefined) this.#options.scheduler.cancel(handle);
    this.#timers.delete(key);
    this.#dropWaiting(part, (input) => input.kind === 'timer' && input.timer === timer);
  }

  observe(fact: CoreFact): void {
    const { listener, scheduler } = this.#options;
    listener.fact(scheduler.now, fact);
  }

  #dropWaiting(part: string, unwanted: (input: Input) => boolean): void {
    const kept = this.#waiting.filter((each) => each.part !== part || !unwanted(each.input));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }
}

/** The wait for the processor belongs to the way. */
function withWait(transit: Transit, arrivedAt: Instant, now: Instant): Transit {
  if (arrivedAt >= now) return transit;
  return { ...transit, legs: [...transit.legs, { until: now, reason: 'server-queue', cause: noCause }] };
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
    this.list.push((node, _part, cause) => node.refuse(request, status, message, retryAfterMs, cause));
  }
  connect(to: Address, tag: Tag, options: ConnectOptions): void {
    this.list.push((node, part) => node.connect(part, to, tag, options));
  }
  disconnect(link: Address, code?: number): void {
    this.list.push((node, part) => node.disconnect(part, link, code));
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
