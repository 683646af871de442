// The clock of a run: takes the earliest event, tells the digest, calls its handler. Driven from outside.
import { assert, present } from '../../protocol/assert.ts';
import { compareNumbers } from '../../protocol/order.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { Limits } from '../simulation.ts';
import { EventQueue } from './event-queue.ts';
import type { EventHandle, EventHandler, EventKind, Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** How a step ended: an event was handled, none is due by the horizon, or a limit was reached. */
export type StepResult = 'event' | 'horizon' | 'event-limit' | 'instant-limit';

/** What a kernel is made of. Without a trace there is no digest, and events cost less. */
export interface KernelOptions {
  readonly horizon: Instant;
  readonly limits: Limits;
  readonly trace?: Trace | undefined;
}

/** One run's order of events. Nothing happens between them. */
export class Kernel implements Scheduler {
  readonly #queue = new EventQueue();
  readonly #handlers: EventHandler[] = [];
  readonly #labels: string[] = [];
  readonly #eventsByKind: number[] = [];
  readonly #horizon: Instant;
  readonly #limits: Limits;
  readonly #trace: Trace | undefined;
  #now = 0 as Instant;
  #events = 0;
  #eventsOfInstant = 0;
  #lastKind = 0 as EventKind;
  #lastNode = -1;
  #lastExtra = 0;
  #eventsByNode = new Float64Array(1_024);

  constructor(options: KernelOptions) {
    this.#horizon = options.horizon;
    this.#limits = options.limits;
    this.#trace = options.trace;
  }

  get now(): Instant {
    return this.#now;
  }

  /** Events handled so far. */
  get events(): number {
    return this.#events;
  }

  /** Events handled so far of the kind with this label; none when there is no such kind. */
  eventsOf(label: string): number {
    return this.#eventsByKind[this.#labels.indexOf(label)] ?? 0;
  }

  /** Events that wait. */
  get pending(): number {
    return this.#queue.live;
  }

  /** The event handled last, for people. */
  get last(): { readonly label: string; readonly node: NodeIndex; readonly extra: number } {
    return { label: this.#labels[this.#lastKind] ?? 'none', node: this.#lastNode, extra: this.#lastExtra };
  }

  register(label: string, handler: EventHandler): EventKind {
    assert(label !== '', 'a kind of event has a name');
    assert(!this.#labels.includes(label), `two kinds of event are called ${label}`);
    this.#labels.push(label);
    this.#eventsByKind.push(0);
    this.#trace?.label(label);
    return (this.#handlers.push(handler) - 1) as EventKind;
  }

  schedule(at: Instant, kind: EventKind, node: NodeIndex = -1, payload?: unknown, extra = 0): EventHandle {
    return this.#queue.push(at, kind, node, payload, extra);
  }

  cancel(handle: EventHandle | undefined): void {
    if (handle !== undefined) this.#queue.cancel(handle);
  }

  /** Instant of the next event; undefined when none is left. */
  get next(): Instant | undefined {
    return this.#queue.peek();
  }

  /** Handles the next event before the horizon, unless a limit forbids it. */
  step(): StepResult {
    const queue = this.#queue;
    const next = queue.peek();
    if (next === undefined || next >= this.#horizon) return 'horizon';
    if (this.#events >= this.#limits.events) return 'event-limit';
    if (next > this.#now) this.#eventsOfInstant = 0;
    else if (this.#eventsOfInstant >= this.#limits.eventsPerInstant) return 'instant-limit';
    queue.pop();
    this.#now = next;
    this.#events++;
    this.#eventsOfInstant++;
    const { kind, node, payload, extra } = queue;
    queue.payload = undefined;
    this.#lastKind = kind;
    this.#lastNode = node;
    this.#lastExtra = extra;
    this.#eventsByKind[kind] = (this.#eventsByKind[kind] ?? 0) + 1;
    if (node >= 0) this.#count(node);
    this.#trace?.event(next, kind, node, extra);
    const handler = this.#handlers[kind];
    present(handler, 'handler of a registered event')(node, payload, extra);
    return 'event';
  }

  /** Lets time pass up to `instant`, before which nothing is due any more. */
  advanceTo(instant: Instant): void {
    assert((this.#queue.peek() ?? Infinity) >= instant, 'time passes over no event');
    if (instant <= this.#now || instant > this.#horizon) return;
    this.#now = instant;
    this.#eventsOfInstant = 0;
  }

  /** The nodes with most events, busiest first. */
  busiest(count: number): readonly { readonly node: NodeIndex; readonly events: number }[] {
    return [...this.#eventsByNode.entries()]
      .filter(([, events]) => events > 0)
      .map(([node, events]) => ({ node, events }))
      .sort((left, right) => compareNumbers(right.events, left.events) || left.node - right.node)
      .slice(0, count);
  }

  #count(node: NodeIndex): void {
    if (node >= this.#eventsByNode.length) {
      const wider = new Float64Array(Math.max(node + 1, this.#eventsByNode.length * 2));
      wider.set(this.#eventsByNode);
      this.#eventsByNode = wider;
    }
    this.#eventsByNode[node] = (this.#eventsByNode[node] ?? 0) + 1;
  }
}
