// Requests of strangers: work that arrives at machines from outside the run and takes its place in their queues.
import type { CauseToken } from '../../protocol/failure.ts';
import { noCause } from '../../protocol/failure.ts';
import { milliseconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { exponential } from '../random/distributions.ts';
import type { Stations } from './station.ts';

/** What foreign load is made of. */
export interface ForeignLoadOptions {
  readonly field: FaultField;
  readonly scheduler: Scheduler;
  readonly stations: Stations;
  readonly draw: AddressedDraw;
  /** Machines that can be overloaded. */
  readonly machines: readonly NodeIndex[];
  /** A request of a stranger has come to a machine and will take so long. */
  arrived(node: NodeIndex, work: Duration, cause: CauseToken): void;
}

/** One stream of requests to one machine. */
interface Stream {
  readonly fault: FaultIndex;
  readonly node: NodeIndex;
  count: number;
  isRunning: boolean;
}

/** Poisson streams to the machines that `overload` faults mean, as long as these hold. An event for each request. */
export class ForeignLoad {
  readonly #options: ForeignLoadOptions;
  readonly #streams: readonly Stream[];
  readonly #event: EventKind | undefined;

  constructor(options: ForeignLoadOptions) {
    this.#options = options;
    const { field, scheduler, stations, machines } = options;
    this.#streams = [...field.timeline.faults.entries()].flatMap(([fault, { kind }]) =>
      kind === 'overload'
        ? machines
            .filter((node) => field.reach(fault, stations.of(node).place) > 0)
            .map((node) => ({ fault, node, count: 0, isRunning: false }))
        : [],
    );
    if (this.#streams.length === 0) return;
    this.#event = scheduler.register('foreign-request', (_node, payload) => this.#arrive(payload as Stream));
    field.onAnyChange(() => this.#look());
    this.#look();
  }

  #look(): void {
    const { field, scheduler } = this.#options;
    for (const stream of this.#streams)
      if (!stream.isRunning && field.timeline.holds(stream.fault, 0, scheduler.now)) {
        stream.isRunning = true;
        this.#next(stream);
      }
  }

  #next(stream: Stream): void {
    const { field, scheduler, stations, draw } = this.#options;
    const fault = field.fault(stream.fault);
    if (fault.kind !== 'overload' || this.#event === undefined) return;
    const uniform = draw('foreign-gap', fault.id, stations.of(stream.node).name, stream.count++);
    const gap = Math.max(1, exponential(uniform, 1_000_000 / fault.requestsPerSecond));
    scheduler.schedule((scheduler.now + gap) as Instant, this.#event, stream.node, stream);
  }

  #arrive(stream: Stream): void {
    const { field, scheduler, stations, draw } = this.#options;
    const { now } = scheduler;
    const fault = field.fault(stream.fault);
    if (fault.kind !== 'overload' || !field.timeline.holds(stream.fault, 0, now)) {
      stream.isRunning = false;
      return;
    }
    // A ramp thins the stream.
    const severity = field.timeline.severity(stream.fault, now);
    const name = stations.of(stream.node).name;
    if (draw('foreign-thinning', fault.id, name, stream.count) < severity) {
      const cause = field.blame(noCause, stream.fault);
      field.countContact(cause);
      this.#options.arrived(stream.node, milliseconds(fault.costMs), cause);
    }
    this.#next(stream);
  }
}
