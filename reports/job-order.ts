// Which of a run's simulations are done when: a system's twin before the next system, so that whoever stops keeps something,
// and no twin where no fault can touch the system, since the run is its own twin then.
import { JobStopped, type Job, type JobOutcome, type SimulationProgress } from './simulation-job.ts';

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
  readonly #outcomes: JobOutcome[] = [];
  #active = 0;
  #failure: { readonly error: unknown } | undefined;
  #end: () => void = () => undefined;

  /** `hasTwin`: false for a scenario without faults. */
  constructor(jobs: Jobs, systems: readonly string[], hasTwin: boolean) {
    this.#jobs = jobs;
    this.#hasTwin = hasTwin;
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
   * @returns the outcomes of those that were not stopped
   * @throws what the first job throws that fails, without waiting for the others
   */
  async finish(): Promise<readonly JobOutcome[]> {
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#begin();
    });
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#outcomes;
  }

  #begin(): void {
    while (this.#active < this.#jobs.width && this.#failure === undefined) {
      const job = this.#next();
      if (job === undefined) break;
      this.#active++;
      void this.#do(job);
    }
    if (this.#active === 0 || this.#failure !== undefined) this.#end();
  }

  #next(): Job | undefined {
    const twin = this.#twins.shift();
    if (twin !== undefined) return { system: twin, variant: 'twin' };
    const run = this.#runs.shift();
    return run === undefined ? undefined : { system: run, variant: 'run' };
  }

  async #do(job: Job): Promise<void> {
    try {
      const outcome = await this.#jobs.run(job);
      this.#outcomes.push(outcome);
      if (job.variant === 'run') this.#ended(outcome);
    } catch (error) {
      if (!(error instanceof JobStopped)) this.#failure ??= { error };
    }
    this.#active--;
    this.#begin();
  }

  #ended(run: JobOutcome): void {
    const needsTwin = run.result.touched || run.result.endedBy !== 'horizon';
    if (this.#hasTwin && !needsTwin && !this.#settled.has(run.system))
      this.#outcomes.push({ ...run, variant: 'twin' });
    this.#settle(run.system, needsTwin);
  }

  #settle(system: string, needsTwin: boolean): void {
    if (this.#settled.has(system)) return;
    this.#settled.add(system);
    if (needsTwin && this.#hasTwin) this.#twins.push(system);
  }
}
