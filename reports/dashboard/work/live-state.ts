// A run under way as the dashboard shows it: who is how far, and the curves so far.
import type { RunStart } from '../../runner.ts';
import type { SimulationProgress } from '../../simulation-job.ts';
import type { LiveState } from '../wire.ts';

const microsecondsPerSecond = 1_000_000;

/** The picture before anything has happened. */
export function liveStateOf(start: RunStart): LiveState {
  const { compiled, seed, systems, jobs, reproduce, expected, bucketStart, bucketSeconds } = start;
  const titles = new Map(systems.map(({ id, title }) => [id, title]));
  const nothing = expected.map(() => 0);
  return {
    title: compiled.document.title,
    description: compiled.document.description,
    seed,
    reproduce,
    epoch: new Date(compiled.world.epochWallMs).toISOString(),
    horizon: compiled.windows.horizon / microsecondsPerSecond,
    bucketStart,
    bucketSeconds,
    expected,
    faults: compiled.faults.map(({ title, start: from, end }) => ({
      title,
      start: from / microsecondsPerSecond,
      end: end / microsecondsPerSecond,
    })),
    jobs: jobs.map((job) => ({
      ...job,
      title: titles.get(job.system) ?? job.system,
      now: 0,
      withinOneMinute: nothing,
      ever: nothing,
    })),
  };
}

/** The picture once one of its simulations has come further. */
export function withProgress(state: LiveState, progress: SimulationProgress): LiveState {
  const { system, variant, now, withinOneMinute, ever } = progress;
  return {
    ...state,
    jobs: state.jobs.map((job) =>
      job.system === system && job.variant === variant
        ? { ...job, now: now / microsecondsPerSecond, withinOneMinute, ever }
        : job,
    ),
  };
}
