// What people set out to do beyond writing: begun when the workload says so, tried again by hand when it failed visibly.
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { TaskId, TaskKind } from '../../protocol/task.ts';
import { inSeconds, seconds, type Instant } from '../../protocol/time.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex, ObservationSink } from '../observation.ts';
import type { ScheduledTask } from '../workload/tasks.ts';
import type { Assumption } from '../world.ts';
import type { HostedNode } from './node.ts';
import type { NodeHost } from './node-host.ts';

/** How often somebody tries before they give up. */
const mostAttempts = 5;

/** How long the application stays open for another attempt. */
const attemptSession = seconds(60);

/** What is taken for granted of people with a task. */
export const taskAssumptions: readonly Assumption[] = [
  {
    path: 'people.taskAttempts',
    value: mostAttempts,
    unit: 'attempts',
    meaning: 'how often somebody tries by hand what their client shows as failed, the first time included',
    range: [1, 20],
  },
  {
    path: 'people.taskSessionSeconds',
    value: inSeconds(attemptSession),
    unit: 's',
    meaning: 'how long somebody keeps the application open for another attempt',
    range: [15, 180],
  },
];

/** What they need of people's devices. */
export interface TaskDevices {
  /** The person's phone. */
  nodeOf(person: PersonId): HostedNode;
  open(node: NodeIndex): void;
  close(node: NodeIndex): void;
}

interface UndertakingsOptions {
  readonly scheduler: Scheduler;
  readonly host: NodeHost;
  readonly sink: ObservationSink;
  readonly scheduled: readonly ScheduledTask[];
  /** What people can do in this system. */
  readonly offered: ReadonlySet<TaskKind>;
  readonly devices: TaskDevices;
}

/** All tasks of a simulation. A workload without any costs nothing. */
export class Undertakings {
  readonly #options: UndertakingsOptions;
  readonly #attempts = new Map<TaskId, number>();
  readonly #events: Readonly<Record<'begin' | 'retry' | 'close', EventKind>> | undefined;

  constructor(options: UndertakingsOptions) {
    this.#options = options;
    const { scheduler, scheduled, devices } = options;
    if (scheduled.length === 0) return;
    this.#events = {
      begin: scheduler.register('user-task', (_node, _payload, row) => this.#undertake(row)),
      retry: scheduler.register('user-task-again', (_node, _payload, row) => this.#tryAgain(row)),
      close: scheduler.register('user-task-left', (node) => devices.close(node)),
    };
  }

  begin(): void {
    this.#scheduleNext(0);
  }

  /** The client shows it as failed; whoever wanted it may try once more. */
  failed(id: TaskId): void {
    const { scheduler } = this.#options;
    const { retryAfter } = this.#task(id);
    if (this.#events === undefined || retryAfter === undefined) return;
    if ((this.#attempts.get(id) ?? 0) >= mostAttempts) return;
    scheduler.schedule((scheduler.now + retryAfter) as Instant, this.#events.retry, -1, undefined, id);
  }

  /** One cursor over the workload. Whose phone is off, or whose application cannot do it, leaves it at that. */
  #undertake(row: number): void {
    const { host, sink, scheduler, offered, devices } = this.#options;
    const { id, person, task } = this.#task(row);
    this.#scheduleNext(row + 1);
    const node = devices.nodeOf(person);
    if (!offered.has(task.kind) || !node.up) return;
    this.#attempts.set(id, 1);
    sink.record({ kind: 'task-begun', at: scheduler.now, task: id });
    host.deliverToUser(node.index, { kind: 'user', action: { kind: 'undertake', id, task } });
  }

  #tryAgain(row: number): void {
    const { host, scheduler, devices } = this.#options;
    const { id, person, task } = this.#task(row);
    const node = devices.nodeOf(person);
    if (!node.up || this.#events === undefined) return;
    this.#attempts.set(id, (this.#attempts.get(id) ?? 0) + 1);
    devices.open(node.index);
    host.deliverToUser(node.index, { kind: 'user', action: { kind: 'undertake', id, task } });
    scheduler.schedule((scheduler.now + attemptSession) as Instant, this.#events.close, node.index);
  }

  #scheduleNext(row: number): void {
    const next = this.#options.scheduled[row];
    if (next === undefined || this.#events === undefined) return;
    this.#options.scheduler.schedule(next.at, this.#events.begin, -1, undefined, row);
  }

  #task(row: number): ScheduledTask {
    return present(this.#options.scheduled[row], 'task', row);
  }
}
