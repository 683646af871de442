// The real clock of a live run, and the kernel's order of events paced by it.
import { Kernel } from '../kernel/kernel.ts';
import type { EventHandle, EventHandler, EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import { never, type Instant } from '../../protocol/time.ts';

/** Longest wait that a timer of Node's takes, milliseconds. */
const longestWait = 2_147_483_647;

/**
 * Time since the epoch of the run. The monotonic clock of the machine is one for all its processes, so that instants of
 * different nodes can be compared.
 */
export class RealClock {
  readonly #beganAt: bigint;

  /** `beganAt`: what `process.hrtime.bigint()` shows at the epoch. */
  constructor(beganAt: bigint) {
    this.#beganAt = beganAt;
  }

  get now(): Instant {
    return Number((process.hrtime.bigint() - this.#beganAt) / 1_000n) as Instant;
  }
}

/** Lets events happen when their time has come. Before `begin` nothing does. */
export class PacedScheduler implements Scheduler {
  /** By how much each event came late, microseconds. */
  readonly lateness: number[] = [];
  readonly #kernel: Kernel;
  #clock: RealClock | undefined;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Infinity;
  #present = 0 as Instant;
  /** What was due before the clock was there did not come late. */
  #since = 0 as Instant;
  #working = false;

  constructor(horizon: Instant = never) {
    this.#kernel = new Kernel({ horizon, limits: { events: Infinity, eventsPerInstant: Infinity } });
  }

  /** The present as the event in hand, or what came from outside, began: later than an event was due. */
  get now(): Instant {
    return this.#present;
  }

  /** When the event in hand was due. */
  get due(): Instant {
    return this.#kernel.now;
  }

  get events(): number {
    return this.#kernel.events;
  }

  register(label: string, handler: EventHandler): EventKind {
    return this.#kernel.register(label, handler);
  }

  schedule(at: Instant, kind: EventKind, node?: NodeIndex, payload?: unknown, extra?: number): EventHandle {
    const due = Math.max(at, this.#kernel.now) as Instant;
    const handle = this.#kernel.schedule(due, kind, node, payload, extra);
    if (due < this.#armedFor) this.#arm();
    return handle;
  }

  cancel(handle: EventHandle | undefined): void {
    this.#kernel.cancel(handle);
  }

  /** Time passes from now on as this clock shows it. */
  begin(clock: RealClock): void {
    this.#clock = clock;
    this.#since = clock.now;
    this.#arm();
  }

  /** Nothing happens any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clock = undefined;
  }

  /** What is due happens, and `now` is the present: to be called before anything from outside is handled. */
  catchUp(): void {
    if (this.#clock === undefined || this.#working) return;
    const kernel = this.#kernel;
    this.#working = true;
    try {
      const { now } = this.#clock;
      for (let next = kernel.next; next !== undefined && next <= now; next = kernel.next) {
        this.#present = Math.max(this.#present, this.#clock.now) as Instant;
        if (next >= this.#since) this.lateness.push(this.#present - next);
        if (kernel.step() !== 'event') break;
      }
      this.#present = Math.max(this.#present, this.#clock?.now ?? 0) as Instant;
      if (now > kernel.now && (kernel.next ?? Infinity) >= now) kernel.advanceTo(now);
    } finally {
      this.#working = false;
    }
    this.#arm();
  }

  #arm(): void {
    if (this.#clock === undefined || this.#working) return;
    const { next } = this.#kernel;
    clearTimeout(this.#timer);
    this.#armedFor = next ?? Infinity;
    if (next === undefined) return;
    const wait = Math.ceil((next - this.#clock.now) / 1_000);
    this.#timer = setTimeout(() => this.catchUp(), Math.min(longestWait, Math.max(0, wait)));
  }
}
