// What a phone's person does beyond writing: interactive steps fail visibly, jobs go on by themselves like send jobs.
import type { Effects, RequestResult, StoredState, Tag } from '../core.ts';
import type { Failure } from '../failure.ts';
import type { DeviceState } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import type { Task, TaskId } from '../task.ts';
import { toHex } from '../bytes.ts';
import { after, milliseconds, type Clock } from '../time.ts';
import { jobWait } from './backoff.ts';
import { client, type PlatformPolicy } from './constants.ts';
import { planOf, type PlanConfig, type TaskNote, type TaskStep } from './task-plans.ts';

/** How a phone's tasks are set up. */
export interface TasksConfig extends PlanConfig {
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
}

/** A task under way; the record that is persisted once a job of it has begun. */
interface Progress extends TaskNote {
  readonly id: TaskId;
  /** The step in hand. */
  readonly next: number;
  readonly attempts: number;
  /** Shown time at which it was begun, ms. */
  readonly begunAtMs: number;
}

type Phase = 'requesting' | 'backoff' | 'no-network' | 'suspended';

const prefix = 'task/';

export class Tasks {
  readonly #config: TasksConfig;
  readonly #device: DeviceState;
  readonly #nextTimestamp: (clock: Clock, out: Effects) => number;
  readonly #running = new Map<Tag, { progress: Progress; phase: Phase }>();

  /** `nextTimestamp`: names for messages, unique to this device. */
  constructor(
    config: TasksConfig,
    device: DeviceState,
    nextTimestamp: (clock: Clock, out: Effects) => number,
    stored: StoredState | undefined,
  ) {
    this.#config = config;
    this.#device = device;
    this.#nextTimestamp = nextTimestamp;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix))
        this.#running.set(key, { progress: value as Progress, phase: 'no-network' });
  }

  /** Nothing while there is none. */
  inspect(): object {
    if (this.#running.size === 0) return {};
    return {
      tasks: [...this.#running.values()].map(({ progress, phase }) => ({
        task: progress.id,
        step: progress.next,
        phase,
      })),
    };
  }

  /** The person wants it, or wants it once more. */
  undertake(clock: Clock, id: TaskId, task: Task, out: Effects): void {
    const tag = `${prefix}${id}`;
    if (this.#running.has(tag)) return;
    const name = toHex(this.#config.random.bytes(16));
    const timestamp = this.#nextTimestamp(clock, out);
    const progress: Progress = { id, task, name, timestamp, next: 0, attempts: 0, begunAtMs: clock.wall };
    this.#running.set(tag, { progress, phase: 'requesting' });
    this.#run(clock, tag, progress, out);
  }

  /** There is a network again, or the device has started: jobs run at once. */
  wake(clock: Clock, out: Effects): void {
    for (const [tag, { progress, phase }] of this.#running)
      if (phase !== 'requesting') this.#run(clock, tag, progress, out);
  }

  /** The application runs again: what was suspended goes on. */
  resume(clock: Clock, out: Effects): void {
    for (const [tag, { progress, phase }] of this.#running)
      if (phase === 'suspended') this.#run(clock, tag, progress, out);
  }

  /** True when the timer was a task's. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (!timer.startsWith(prefix)) return false;
    const running = this.#running.get(timer);
    if (running?.phase === 'backoff') this.#run(clock, timer, running.progress, out);
    return true;
  }

  /** True when the answer was to a task's request. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(prefix)) return false;
    const running = this.#running.get(tag);
    if (running?.phase !== 'requesting') return true;
    const { progress } = running;
    if (result.ok) this.#run(clock, tag, { ...progress, next: progress.next + 1, attempts: 0 }, out);
    else this.#failed(clock, tag, progress, result.failure, out);
    return true;
  }

  #run(clock: Clock, tag: Tag, progress: Progress, out: Effects): void {
    out.cancelTimer(tag);
    const step = planOf(progress, this.#config)[progress.next];
    if (step === undefined) {
      this.#forget(tag, out);
      return out.observe({ kind: 'task-done', task: progress.id });
    }
    if (step.job) out.persist(tag, progress);
    if (!this.#device.networkIsUp) {
      const { networkCause: cause } = this.#device;
      return this.#failed(clock, tag, progress, { kind: 'offline', definite: true, cause }, out);
    }
    this.#running.set(tag, { progress, phase: 'requesting' });
    const timeout = step.name === 'upload' ? client.transferTimeout : client.requestTimeout;
    out.request(step.to, tag, step.message, { timeout });
  }

  #failed(clock: Clock, tag: Tag, progress: Progress, failure: Failure, out: Effects): void {
    const step = planOf(progress, this.#config)[progress.next];
    if (step === undefined) return;
    const attempted = { ...progress, attempts: progress.attempts + 1 };
    const shown = !this.#mayGoOn(clock, attempted, step, failure);
    out.observe({ kind: 'task-failed', task: progress.id, step: step.name, failure, shown });
    if (shown) return this.#forget(tag, out);
    const phase = this.#waitingFor(clock, failure);
    this.#running.set(tag, { progress: attempted, phase });
    out.persist(tag, attempted);
    if (phase !== 'backoff') return;
    const wait = jobWait(this.#config.policy, attempted.attempts, failure, this.#config.random);
    out.setTimer(tag, after(clock.now, wait));
  }

  #waitingFor(clock: Clock, failure: Failure): Phase {
    if (failure.kind === 'offline') return 'no-network';
    const { retriesInBackground } = this.#config.policy;
    return retriesInBackground || this.#device.isRunning(clock) ? 'backoff' : 'suspended';
  }

  #mayGoOn(clock: Clock, { attempts, begunAtMs }: Progress, step: TaskStep, failure: Failure): boolean {
    if (!step.job || (failure.kind === 'status' && (failure.status === 404 || failure.status === 413)))
      return false;
    const { jobLifespan, jobAttempts } = this.#config.policy;
    if (jobAttempts !== undefined && attempts >= jobAttempts) return false;
    return jobLifespan === undefined || milliseconds(clock.wall - begunAtMs) < jobLifespan;
  }

  #forget(tag: Tag, out: Effects): void {
    this.#running.delete(tag);
    out.persist(tag, undefined);
  }
}
