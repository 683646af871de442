import { describe, expect, it } from 'vitest';
import type { Fates } from '../../reports/fates.ts';
import { JobOrder, type Jobs, type RunAndTwin } from '../../reports/job-order.ts';
import { JobStopped, type Job, type JobOutcome } from '../../reports/simulation-job.ts';
import type { SimulationResult } from '../../sim/simulation.ts';

const nameOf = ({ system, variant }: Job): string => `${system} ${variant}`;

/** Jobs that end when told to, and what was begun and not ended at each moment. */
function jobs(width: number) {
  const begun: string[] = [];
  const open = new Map<
    string,
    { resolve: (outcome: JobOutcome) => void; reject: (error: unknown) => void }
  >();
  const run = (job: Job): Promise<JobOutcome> => {
    begun.push(nameOf(job));
    return new Promise((resolve, reject) => open.set(nameOf(job), { resolve, reject }));
  };
  /** Ends a job and lets everybody hear of it. */
  const settle = async (name: string, how: { touched?: boolean; error?: Error; endedBy?: string } = {}) => {
    const [system = '', variant] = name.split(' ');
    const { touched = true, endedBy = 'horizon', error } = how;
    const result = { touched, endedBy } as SimulationResult;
    const { resolve, reject } = open.get(name) ?? {};
    if (error === undefined)
      resolve?.({ system, variant: variant as Job['variant'], fates: {} as Fates, result });
    else reject?.(error);
    await new Promise(setImmediate);
  };
  return { width, run, begun, settle };
}

/** The order of jobs, and the systems of which both were through, in that order. */
function ordered(given: Jobs, systems: readonly string[], hasTwin = true) {
  const pairs: RunAndTwin[] = [];
  const order = new JobOrder(given, systems, hasTwin, (pair) => pairs.push(pair));
  return { order, pairs, done: order.finish() };
}

const progress = { now: 0, horizon: 9, withinOneMinute: [], ever: [] };

describe('the order of a run’s jobs', () => {
  it('is, one by one, a system with its twin and then the next', async () => {
    const given = jobs(1);
    const { done, pairs } = ordered(given, ['a', 'b']);
    for (const name of ['a run', 'a twin', 'b run', 'b twin']) await given.settle(name);
    await done;
    expect(given.begun).toEqual(['a run', 'a twin', 'b run', 'b twin']);
    expect(pairs.map(({ system, run, twin }) => [system, nameOf(run), nameOf(twin)])).toEqual([
      ['a', 'a run', 'a twin'],
      ['b', 'b run', 'b twin'],
    ]);
  });

  it('begins with the last system where several places are free', async () => {
    const given = jobs(2);
    ordered(given, ['a', 'b', 'c']);
    expect(given.begun).toEqual(['c run', 'b run']);
    await given.settle('b run');
    expect(given.begun.slice(2)).toEqual(['b twin']);
    await given.settle('c run', { touched: false });
    expect(given.begun.slice(3)).toEqual(['a run']);
  });

  it('begins a twin beside its run as soon as a fault has touched it, once', async () => {
    const given = jobs(2);
    const { order, done, pairs } = ordered(given, ['a']);
    order.progressed({ ...progress, system: 'a', variant: 'run', touched: false });
    expect(given.begun).toEqual(['a run']);
    order.progressed({ ...progress, system: 'a', variant: 'run', touched: true });
    order.progressed({ ...progress, system: 'a', variant: 'run', touched: true });
    expect(given.begun).toEqual(['a run', 'a twin']);
    await given.settle('a twin');
    await given.settle('a run');
    await done;
    expect(pairs.map(({ run, twin }) => [nameOf(run), nameOf(twin)])).toEqual([['a run', 'a twin']]);
  });

  it('takes a run that nothing touched as its own twin', async () => {
    const given = jobs(1);
    const { done, pairs } = ordered(given, ['a']);
    await given.settle('a run', { touched: false });
    await done;
    expect(given.begun).toEqual(['a run']);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.twin).toBe(pairs[0]?.run);
  });

  it('does not, where the run ended at a limit of this machine', async () => {
    const given = jobs(1);
    ordered(given, ['a']);
    await given.settle('a run', { touched: false, endedBy: 'time-limit' });
    expect(given.begun).toEqual(['a run', 'a twin']);
  });

  it('has no twins in a scenario without faults', async () => {
    const given = jobs(1);
    const { done, pairs } = ordered(given, ['a', 'b'], false);
    await given.settle('a run');
    await given.settle('b run');
    await done;
    expect(given.begun).toEqual(['a run', 'b run']);
    expect(pairs.map(({ run, twin }) => [nameOf(run), twin === run])).toEqual([
      ['a run', true],
      ['b run', true],
    ]);
  });

  it('leaves out what was stopped', async () => {
    const given = jobs(1);
    const { done, pairs } = ordered(given, ['a', 'b']);
    await given.settle('a run');
    await given.settle('a twin', { error: new JobStopped('stopped') });
    await given.settle('b run');
    await given.settle('b twin');
    await done;
    expect(pairs.map(({ system }) => system)).toEqual(['b']);
  });

  it('tells of a system as soon as both are through, when the next job has begun', async () => {
    const given = jobs(1);
    const begunWhenTold: string[][] = [];
    const order = new JobOrder(given, ['a', 'b'], true, () => begunWhenTold.push([...given.begun]));
    void order.finish();
    await given.settle('a run');
    await given.settle('a twin');
    expect(begunWhenTold).toEqual([['a run', 'a twin', 'b run']]);
  });

  it('fails with whoever was told of a pair and failed', async () => {
    const given = jobs(1);
    const order = new JobOrder(given, ['a'], false, () => {
      throw new Error('told');
    });
    const failure = expect(order.finish()).rejects.toThrow('told');
    await given.settle('a run');
    await failure;
  });

  it('ends with the first job that fails, without waiting for the others', async () => {
    const given = jobs(2);
    const { done } = ordered(given, ['a', 'b', 'c']);
    const failure = expect(done).rejects.toThrow('broken');
    await given.settle('c run', { error: new Error('broken') });
    await failure;
    expect(given.begun).toEqual(['c run', 'b run']);
  });
});
