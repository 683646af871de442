// Which of a run's simulations are done when: a system's twin before the next system, so that whoever stops keeps something,
// and no twin where no fault can touch the system, since the run is its own twin then.
import { JobStopped, type Job, type JobOutcome, type SimulationProgress } from './simulation-job.ts';

/** A system's run with its twin: the same outcome twice where a run is its own twin. */
export interface RunAndTwin {
  readonly system: string;
  readonly run: JobOutcome;
  readonly twin: JobOutcome;
}

/** Does jobs, as many at once as it has places. */
export interface Jobs {
  readonly width: number;
  run(job: Job): Promise<JobOutcome>;
}

/** The jobs of one run. */
export class JobOrder {
  readonly #jobs: Jobs;
  readonly #runs: string[];
  readonly #twins: string[] = [];
  readonly #hasTwin: boolean;
  /** Systems whose twin is asked for, or need not be. */
  readonly #settled = new Set<string>();
  /** The half of a pair that came first. */
  readonly #waiting = new Map<string, JobOutcome>();
  readonly #whenBoth: (pair: RunAndTwin) => void;
  #active = 0;
  #failure: { readonly error: unknown } | undefined;
  #end: () => void = () => undefined;

  /**
   * `hasTwin`: false for a scenario without faults; `whenBoth`: told of each system as soon as its run and its twin are
   * through, while the others go on. Of a system that was stopped in either nothing is told.
   */
  constructor(
    jobs: Jobs,
    systems: readonly string[],
    hasTwin: boolean,
    whenBoth: (pair: RunAndTwin) => void,
  ) {
    this.#jobs = jobs;
    this.#hasTwin = hasTwin;
    this.#whenBoth = whenBoth;
    // Scenarios name central services first, and what takes longest, many servers or phones on the air, last: begun first,
    // it does not keep one of several places busy while the others have nothing left.
    this.#runs = jobs.width > 1 ? [...systems].reverse() : [...systems];
  }

  /** To be told of every progress: as soon as a fault has touched a run, its twin is wanted. */
  progressed({ system, variant, touched }: SimulationProgress): void {
    if (variant === 'run' && touched) this.#settle(system, true);
    this.#begin();
  }

  /**
   * Does all jobs.
   * @throws what the first job throws that fails, without waiting for the others
   */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#begin();
      this.#endIfDone();
    });
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #begin(): void {
    while (this.#active < this.#jobs.width && this.#failure === undefined) {
      const job = this.#next();
      if (job === undefined) break;
      this.#active++;
      void this.#do(job);
    }
  }

  #endIfDone(): void {
    if (this.#active === 0 || this.#failure !== undefined) this.#end();
  }

  #next(): Job | undefined {
    const twin = this.#twins.shift();
    if (twin !== undefined) return { system: twin, variant: 'twin' };
    const run = this.#runs.shift();
    return run === undefined ? undefined : { system: run, variant: 'run' };
  }

  async #do(job: Job): Promise<void> {
    const outcome = await this.#outcomeOf(job);
    const pair = outcome === undefined ? undefined : this.#paired(outcome);
    this.#active--;
    this.#begin();
    try {
      if (pair !== undefined) this.#whenBoth(pair);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#endIfDone();
  }

  async #outcomeOf(job: Job): Promise<JobOutcome | undefined> {
    try {
      return await this.#jobs.run(job);
    } catch (error) {
      if (!(error instanceof JobStopped)) this.#failure ??= { error };
      return undefined;
    }
  }

  /** The pair that this outcome completes, if it does. */
  #paired(outcome: JobOutcome): RunAndTwin | undefined {
    const { system, variant } = outcome;
    if (variant === 'run') {
      const needsTwin = outcome.result.touched || outcome.result.endedBy !== 'horizon';
      const isAsked = this.#settled.has(system);
      this.#settle(system, needsTwin);
      if (!this.#hasTwin || (!needsTwin && !isAsked)) return { system, run: outcome, twin: outcome };
    }
    const other = this.#waiting.get(system);
    if (other !== undefined)
      return variant === 'run'
        ? { system, run: outcome, twin: other }
        : { system, run: other, twin: outcome };
    this.#waiting.set(system, outcome);
    return undefined;
  }

  #settle(system: string, needsTwin: boolean): void {
    if (this.#settled.has(system)) return;
    this.#settled.add(system);
    if (needsTwin && this.#hasTwin) this.#twins.push(system);
  }
}
