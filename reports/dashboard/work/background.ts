// The threads behind the dashboard. Those that answer looks are few and their queue is short; work has a thread apart,
// so that a run under way cannot keep anybody from looking.
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { packageFile } from '../../../scenarios/package-file.ts';
import { closeHeard } from '../../close-heard.ts';
import { youngGenerationMiB } from '../../young-generation.ts';
import type { LookAnswers, LookTask } from './looks.ts';
import type { ReadAnswers, ReadTask } from './readings.ts';
import type { TaskOutcome, WorkNews, WorkTask } from './task.ts';

/** Looks that may wait at a time; more are told to come back. */
const mostWaiting = 24;
/** Threads are given back after so many milliseconds without a look. */
const idleTimeout = 60_000;

/** Too many looks at once. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

/** The task could not be done, for a reason that whoever asked should know. */
export class TaskRefused extends Error {
  override readonly name = 'TaskRefused';
  readonly kind: 'bad-input' | 'not-there' | 'stopped';

  constructor(kind: TaskRefused['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Threads load compiled code, also those of a server that runs from source: tests compile first. */
const entryOf = (name: string): string =>
  pathToFileURL(packageFile('dist', 'reports', 'dashboard', 'work', `${name}.js`)).href;
const thread = {
  filename: entryOf('background-worker'),
  concurrentTasksPerWorker: 1,
  minThreads: 0,
  resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMiB },
};

/** Processors that simulations may take: all but one, which is left to those who look. */
export const workThreads = Math.max(1, availableParallelism() - 1);

/** Looks that wait at once for one pool are few. */
const forLooks = {
  maxThreads: Math.min(2, availableParallelism()),
  maxQueue: mostWaiting,
  idleTimeout,
};

/** Readings, looks and work in threads of their own. Those that read stand ready: they are what somebody looks at first. */
export class Background {
  readonly #readings = new Piscina({
    ...thread,
    ...forLooks,
    minThreads: forLooks.maxThreads,
    filename: entryOf('reading-worker'),
    name: 'readFor',
  });
  readonly #looks = new Piscina({ ...thread, ...forLooks, name: 'lookAt' });
  readonly #work = new Piscina({ ...thread, name: 'work', maxThreads: 1, idleTimeout });

  /**
   * @throws TaskRefused with what to tell whoever asked
   * @throws Overloaded when too many wait already
   */
  async look<Kind extends LookTask['kind']>(
    task: Extract<LookTask, { kind: Kind }>,
  ): Promise<LookAnswers[Kind]> {
    return valueOf((await asked(this.#looks, task)) as TaskOutcome<LookAnswers[Kind]>);
  }

  /**
   * Reads what stands in a run's files.
   * @throws TaskRefused with what to tell whoever asked
   * @throws Overloaded when too many wait already
   */
  async read<Kind extends ReadTask['kind']>(
    task: Extract<ReadTask, { kind: Kind }>,
  ): Promise<ReadAnswers[Kind]> {
    return valueOf((await asked(this.#readings, task)) as TaskOutcome<ReadAnswers[Kind]>);
  }

  /**
   * Makes a run or a campaign.
   * @param signal stops it; what is whole by then is kept
   * @throws TaskRefused with what to tell whoever asked
   */
  async work(
    task: Omit<WorkTask, 'port' | 'workers'>,
    signal: AbortSignal,
    onNews: (news: WorkNews) => void,
  ): Promise<string> {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', onNews);
    signal.addEventListener('abort', () => port1.postMessage('stop'), { once: true });
    try {
      const whole: WorkTask = { ...task, workers: workThreads, port: port2 };
      return valueOf((await this.#work.run(whole, { transferList: [port2] })) as TaskOutcome<string>);
    } finally {
      closeHeard(port1, onNews);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#readings.destroy(), this.#looks.destroy(), this.#work.destroy()]);
  }
}

function asked(pool: Piscina, task: LookTask | ReadTask): Promise<unknown> {
  if (pool.queueSize >= mostWaiting) throw new Overloaded('too many questions at once');
  return pool.run(task);
}

function valueOf<Value>(outcome: TaskOutcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw new TaskRefused(outcome.kind, outcome.problem);
}
