// A run under way as the dashboard shows it: who is how far, and the curves so far.
import type { RunStart } from '../runner.ts';
import type { SimulationProgress } from '../simulation-job.ts';
import type { LiveState } from './wire.ts';

type Listener = (state: LiveState) => void;

const microsecondsPerSecond = 1_000_000;

/** The run under way, if any. Whoever starts a run tells it; pages listen. */
export class LiveRun {
  #state: LiveState | undefined;
  readonly #listeners = new Set<Listener>();

  get state(): LiveState | undefined {
    return this.#state;
  }

  started({
    compiled,
    seed,
    systems,
    jobs,
    reproduce,
    expected,
    bucketStart,
    bucketSeconds,
  }: RunStart): void {
    const titles = new Map(systems.map(({ id, title }) => [id, title]));
    const nothing = expected.map(() => 0);
    this.#become({
      status: 'running',
      title: compiled.document.title,
      description: compiled.document.description,
      seed,
      reproduce,
      epoch: new Date(compiled.world.epochWallMs).toISOString(),
      horizon: compiled.windows.horizon / microsecondsPerSecond,
      bucketStart,
      bucketSeconds,
      expected,
      faults: compiled.faults.map(({ title, start, end }) => ({
        title,
        start: start / microsecondsPerSecond,
        end: end / microsecondsPerSecond,
      })),
      jobs: jobs.map((job) => ({
        ...job,
        title: titles.get(job.system) ?? job.system,
        now: 0,
        withinOneMinute: nothing,
        ever: nothing,
      })),
    });
  }

  progressed({ system, variant, now, withinOneMinute, ever }: SimulationProgress): void {
    if (this.#state === undefined) return;
    const jobs = this.#state.jobs.map((job) =>
      job.system === system && job.variant === variant
        ? { ...job, now: now / microsecondsPerSecond, withinOneMinute, ever }
        : job,
    );
    this.#become({ ...this.#state, jobs });
  }

  /** `run`: its id in the store. */
  finished(run: string): void {
    if (this.#state !== undefined) this.#become({ ...this.#state, status: 'finished', run });
  }

  failed(problem: string): void {
    if (this.#state !== undefined) this.#become({ ...this.#state, status: 'failed', problem });
  }

  /** Calls the listener at once with what there is, and then at every change. Returns how to stop. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#state !== undefined) listener(this.#state);
    return () => void this.#listeners.delete(listener);
  }

  #become(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
