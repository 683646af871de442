import { describe, expect, it } from 'vitest';
import type { Fates } from '../../reports/fates.ts';
import { JobOrder } from '../../reports/job-order.ts';
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

const progress = { now: 0, horizon: 9, withinOneMinute: [], ever: [] };

describe('the order of a run’s jobs', () => {
  it('is, one by one, a system with its twin and then the next', async () => {
    const given = jobs(1);
    const done = new JobOrder(given, ['a', 'b'], true).finish();
    for (const name of ['a run', 'a twin', 'b run', 'b twin']) await given.settle(name);
    expect(given.begun).toEqual(['a run', 'a twin', 'b run', 'b twin']);
    expect((await done).map(nameOf)).toEqual(given.begun);
  });

  it('begins with the last system where several places are free', async () => {
    const given = jobs(2);
    void new JobOrder(given, ['a', 'b', 'c'], true).finish();
    expect(given.begun).toEqual(['c run', 'b run']);
    await given.settle('b run');
    expect(given.begun.slice(2)).toEqual(['b twin']);
    await given.settle('c run', { touched: false });
    expect(given.begun.slice(3)).toEqual(['a run']);
  });

  it('begins a twin beside its run as soon as a fault has touched it, once', async () => {
    const given = jobs(2);
    const order = new JobOrder(given, ['a'], true);
    const done = order.finish();
    order.progressed({ ...progress, system: 'a', variant: 'run', touched: false });
    expect(given.begun).toEqual(['a run']);
    order.progressed({ ...progress, system: 'a', variant: 'run', touched: true });
    order.progressed({ ...progress, system: 'a', variant: 'run', touched: true });
    expect(given.begun).toEqual(['a run', 'a twin']);
    await given.settle('a twin');
    await given.settle('a run');
    expect((await done).map(nameOf)).toEqual(['a twin', 'a run']);
  });

  it('takes a run that nothing touched as its own twin', async () => {
    const given = jobs(1);
    const done = new JobOrder(given, ['a'], true).finish();
    await given.settle('a run', { touched: false });
    const [run, twin] = await done;
    expect(given.begun).toEqual(['a run']);
    expect(twin).toEqual({ ...run, variant: 'twin' });
  });

  it('does not, where the run ended at a limit of this machine', async () => {
    const given = jobs(1);
    void new JobOrder(given, ['a'], true).finish();
    await given.settle('a run', { touched: false, endedBy: 'time-limit' });
    expect(given.begun).toEqual(['a run', 'a twin']);
  });

  it('has no twins in a scenario without faults', async () => {
    const given = jobs(1);
    const done = new JobOrder(given, ['a', 'b'], false).finish();
    await given.settle('a run');
    await given.settle('b run');
    expect((await done).map(nameOf)).toEqual(['a run', 'b run']);
  });

  it('leaves out what was stopped', async () => {
    const given = jobs(1);
    const done = new JobOrder(given, ['a', 'b'], true).finish();
    await given.settle('a run');
    await given.settle('a twin', { error: new JobStopped('stopped') });
    await given.settle('b run', { error: new JobStopped('stopped') });
    expect((await done).map(nameOf)).toEqual(['a run']);
  });

  it('ends with the first job that fails, without waiting for the others', async () => {
    const given = jobs(2);
    const done = new JobOrder(given, ['a', 'b', 'c'], true).finish();
    const failure = expect(done).rejects.toThrow('broken');
    await given.settle('c run', { error: new Error('broken') });
    await failure;
    expect(given.begun).toEqual(['c run', 'b run']);
  });
});
