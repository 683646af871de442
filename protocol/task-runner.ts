// What a device's person does beyond writing, step by step: interactive steps fail visibly, jobs go on by themselves.
// Which steps a task has is its protocol's own.
import type { Address, Effects, RequestResult, StoredState, Tag } from './core.ts';
import type { Failure } from './failure.ts';
import type { Message } from './message.ts';
import type { DeviceState } from './mobile-connection.ts';
import type { RandomStream } from './random-stream.ts';
import type { Task, TaskId } from './task.ts';
import { toHex } from './bytes.ts';
import { after, milliseconds, type Clock, type Duration } from './time.ts';

/** One request of a task. */
export interface TaskStep {
  readonly name: string;
  readonly to: Address;
  readonly message: Message;
  readonly timeout: Duration;
  /** A job that the client repeats until it succeeds or is given up; otherwise a failure is shown at once. */
  readonly job: boolean;
}

/** A task as a device remembers it. `name`: unique to it, for what it makes. */
export interface TaskNote {
  readonly id: TaskId;
  readonly task: Task;
  readonly name: string;
  /** Unique to this device, for messages. */
  readonly timestamp: number;
}

/** A task under way; the record that is persisted once a job of it has begun. */
interface Progress extends TaskNote {
  /** The step in hand. */
  readonly next: number;
  readonly attempts: number;
  /** Shown time at which it was begun, ms. */
  readonly begunAtMs: number;
}

/** How a device's tasks are set up. */
export interface TaskRunnerConfig {
  readonly random: RandomStream;
  /** Whether jobs are repeated while the application is in the background. */
  readonly retriesInBackground: boolean;
  /** Jobs in a back-off wait it out although there is a network again. */
  readonly keepsBackoff?: boolean;
  /** A task's requests, in order. Empty: the device itself has what is asked for. */
  stepsOf(note: TaskNote): readonly TaskStep[];
  nextTimestamp(clock: Clock, out: Effects): number;
  /** Hands a step over; ends in {@link TaskRunner.answered}. */
  ask(clock: Clock, tag: Tag, step: TaskStep, out: Effects): void;
  /** Wait before the next attempt of a job that has failed so often in a row. */
  waitAfter(attempts: number, failure: Failure): Duration;
  /** Whether a job is given up after so many failed attempts and so long. */
  givesUp(attempts: number, age: Duration, failure: Failure): boolean;
}

type Phase = 'requesting' | 'backoff' | 'no-network' | 'suspended';

const prefix = 'task/';

export class TaskRunner {
  readonly #config: TaskRunnerConfig;
  readonly #device: DeviceState;
  readonly #running = new Map<Tag, { progress: Progress; phase: Phase }>();

  constructor(config: TaskRunnerConfig, device: DeviceState, stored: StoredState | undefined) {
    this.#config = config;
    this.#device = device;
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
    const timestamp = this.#config.nextTimestamp(clock, out);
    const progress: Progress = { id, task, name, timestamp, next: 0, attempts: 0, begunAtMs: clock.wall };
    this.#running.set(tag, { progress, phase: 'requesting' });
    this.#run(clock, tag, progress, out);
  }

  /** There is a network again, or the device has started: jobs run at once, but for those that wait out a back-off. */
  wake(clock: Clock, out: Effects): void {
    for (const [tag, { progress, phase }] of this.#running) {
      const waitsOn = phase === 'backoff' && this.#config.keepsBackoff === true;
      if (phase !== 'requesting' && !waitsOn) this.#run(clock, tag, progress, out);
    }
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

  /** True when the answer was to a task's request. `behind`: what failed behind whoever was asked, where they say so. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects, behind?: string): boolean {
    if (!tag.startsWith(prefix)) return false;
    const running = this.#running.get(tag);
    if (running?.phase !== 'requesting') return true;
    const { progress } = running;
    if (result.ok) this.#run(clock, tag, { ...progress, next: progress.next + 1, attempts: 0 }, out);
    else this.#failed(clock, tag, progress, result.failure, out, behind);
    return true;
  }

  #run(clock: Clock, tag: Tag, progress: Progress, out: Effects): void {
    out.cancelTimer(tag);
    const step = this.#config.stepsOf(progress)[progress.next];
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
    this.#config.ask(clock, tag, step, out);
  }

  #failed(clock: Clock, tag: Tag, progress: Progress, failure: Failure, out: Effects, behind?: string): void {
    const step = this.#config.stepsOf(progress)[progress.next];
    if (step === undefined) return;
    const attempted = { ...progress, attempts: progress.attempts + 1 };
    const age = milliseconds(clock.wall - progress.begunAtMs);
    const shown = !step.job || this.#config.givesUp(attempted.attempts, age, failure);
    const name = behind === undefined ? step.name : `${step.name}: ${behind}`;
    out.observe({ kind: 'task-failed', task: progress.id, step: name, failure, shown });
    if (shown) return this.#forget(tag, out);
    const phase = this.#waitingFor(clock, failure);
    this.#running.set(tag, { progress: attempted, phase });
    out.persist(tag, attempted);
    if (phase === 'backoff')
      out.setTimer(tag, after(clock.now, this.#config.waitAfter(attempted.attempts, failure)));
  }

  #waitingFor(clock: Clock, failure: Failure): Phase {
    if (failure.kind === 'offline') return 'no-network';
    return this.#config.retriesInBackground || this.#device.isRunning(clock) ? 'backoff' : 'suspended';
  }

  #forget(tag: Tag, out: Effects): void {
    this.#running.delete(tag);
    out.persist(tag, undefined);
  }
}
