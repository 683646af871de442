// The dashboard's server: what it tells of stored runs and of the library, and work that is asked for, watched, stopped.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunList, ScenarioSummary, SettableValue, WorkState } from '../../../reports/dashboard/wire.ts';
import { saveRun } from '../../../reports/store.ts';
import { libraryNames } from '../../../scenarios/load.ts';
import { eventsOf, openDashboard, type TestDashboard } from '../../support/dashboard.ts';
import { plantedRun } from '../../support/planted-run.ts';

describe('the dashboard’s server', () => {
  const run = plantedRun();
  let dashboard: TestDashboard;
  let id: string;
  beforeAll(async () => {
    dashboard = await openDashboard();
    ({ id } = await saveRun(dashboard.store, run));
  });
  afterAll(() => dashboard.close());
  const get = (path: string): Promise<Response> => fetch(new URL(path, dashboard.served.url));
  const json = async <Answer>(path: string): Promise<Answer> => (await (await get(path)).json()) as Answer;
  /** A list that takes long to read is given bit by bit. */
  const wholeList = async (): Promise<RunList['runs']> => {
    for (;;) {
      const { runs, unread } = await json<RunList>('/api/runs');
      if (unread === 0) return runs;
    }
  };
  const post = (body: unknown): Promise<Response> =>
    fetch(new URL('/api/work', dashboard.served.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-netsplit-page': '1' },
      body: JSON.stringify(body),
    });

  it('serves the page with headers that let nothing in from elsewhere', async () => {
    const response = await get('/');
    expect(await response.text()).toContain('<title>page</title>');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-powered-by')).toBeNull();
  });

  it('lists the runs, damaged folders among them, and sees what changes', async () => {
    mkdirSync(join(dashboard.store, 'damaged'));
    const runs = await wholeList();
    expect(runs).toHaveLength(2);
    expect(runs[0]).toMatchObject({
      id,
      verdict: 'good',
      systems: [{ withinOneMinute: 50 / 60, twin: 1 }, {}],
    });
    expect(runs[1]).toMatchObject({ id: 'damaged', problem: expect.stringContaining('run.json') as string });
    const record = readFileSync(join(dashboard.store, id, 'run.json'), 'utf8');
    writeFileSync(join(dashboard.store, 'damaged', 'run.json'), record.replace('planted', 'mended'));
    const again = await wholeList();
    expect(again).toHaveLength(2);
    expect(again.every((each) => 'title' in each)).toBe(true);
  });

  it('gives one run whole, and a clear answer where there is none', async () => {
    expect(await json(`/api/runs/${id}`)).toEqual(JSON.parse(JSON.stringify(run.record)));
    for (const path of ['/api/runs/nothing', '/api/else']) {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ problem: expect.any(String) as string });
    }
  });

  it('hands out every export of a run', async () => {
    for (const format of ['html', 'md', 'json', 'csv', 'junit']) {
      const response = await get(`/api/runs/${id}/report/${format}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-disposition')).toContain('attachment');
      expect((await response.text()).length).toBeGreaterThan(200);
    }
    for (const name of ['run.json', 'scenario.yaml', 'fates.parquet', 'series.parquet'])
      expect(Buffer.from(await (await get(`/api/runs/${id}/file/${name}`)).arrayBuffer())).toEqual(
        readFileSync(join(dashboard.store, id, name)),
      );
    expect((await get(`/api/runs/${id}/report/exe`)).status).toBe(400);
    expect((await get(`/api/runs/${id}/file/latest.json`)).status).toBe(400);
  });

  it('tells of the library what the files say', async () => {
    const all = await json<ScenarioSummary[]>('/api/scenarios');
    expect(all.map(({ name }) => name)).toEqual(libraryNames());
    expect(all.find(({ name }) => name === 'small-town')).toMatchObject({
      people: 30,
      faults: [{ kind: 'dns', start: 1_800, end: 3_000 }],
      windows: { sendingStart: 600, sendingEnd: 6_000, horizon: 10_800 },
    });
    const values = await json<SettableValue[]>('/api/scenarios/small-town/values');
    expect(values.find(({ path }) => path === 'people.count')?.value).toBe('30');
    expect((await get('/api/scenarios/large-town/values')).status).toBe(400);
  });

  it('objects to what cannot be run in the words of the command line', async () => {
    const objections: readonly (readonly [object, string])[] = [
      [{ scenario: 'small-toun' }, 'did you mean "small-town"?'],
      [
        { set: ['people.cout=3'] },
        '--set people.cout=3: there is no people.cout; did you mean "people.count"?',
      ],
      [{ systems: ['signl'] }, '--systems signl: the scenario has no such system'],
      [{ seed: -1 }, 'seed: expected a whole number from 0'],
      [{ kind: 'campaign', seeds: '9..1' }, 'expected seeds such as 1..200'],
      [{ kind: 'campaign', vary: ['people.count'] }, 'expected path=a,b,c or path=lo..hi:n'],
      [{ kind: 'campaign', seeds: '1..5000' }, 'expected at most 2000 runs'],
    ];
    for (const [change, words] of objections) {
      const response = await post({ kind: 'run', scenario: 'small-town', ...change });
      expect(response.status).toBe(400);
      expect(((await response.json()) as { problem: string }).problem).toContain(words);
    }
  });

  it('says that a run is being stopped, and then that it was', async () => {
    const long = { kind: 'run', scenario: 'aws-us-east-1-2025-10-20', systems: ['signal'] };
    const { id } = (await (await post(long)).json()) as WorkState;
    let answer: Promise<Response> | undefined;
    let last: WorkState | undefined;
    for await (last of eventsOf<WorkState>(await get(`/api/work/${id}/events`)))
      if (last.live !== undefined)
        answer ??= fetch(new URL(`/api/work/${id}`, dashboard.served.url), {
          method: 'DELETE',
          headers: { 'x-netsplit-page': '1' },
        });
    expect(await (await answer)?.json()).toEqual({ id, status: 'stopping' });
    expect(last).toMatchObject({ status: 'cancelled' });
    expect(last).not.toHaveProperty('result');
  });

  it('runs what was asked for while others watch, one after the other, and stops when told', async () => {
    const small = { kind: 'run', scenario: 'small-town', systems: ['signal'], set: ['people.count=6'] };
    const first = (await (await post({ ...small, seed: 7 })).json()) as WorkState;
    const second = (await (await post({ ...small, seed: 8 })).json()) as WorkState;
    expect(first.command).toBe('npx netsplit run small-town --seed 7 --systems signal --set people.count=6');
    expect(second.status).toBe('waiting');
    const stopped = await fetch(new URL(`/api/work/${second.id}`, dashboard.served.url), {
      method: 'DELETE',
      headers: { 'x-netsplit-page': '1' },
    });
    expect(await stopped.json()).toMatchObject({ status: 'cancelled' });

    const watch = async (): Promise<WorkState[]> => {
      const states: WorkState[] = [];
      for await (const state of eventsOf<WorkState>(await get(`/api/work/${first.id}/events`)))
        states.push(state);
      return states;
    };
    const seen = await Promise.all([watch(), watch(), watch()]);
    for (const states of seen) {
      const last = states.at(-1);
      expect(last).toMatchObject({ status: 'finished', live: { seed: 7, jobs: [{ system: 'signal' }, {}] } });
      expect(last?.live?.jobs.every(({ now }) => now === last.live?.horizon)).toBe(true);
    }
    const { result } = seen[0]?.at(-1) ?? {};
    expect(await json(`/api/runs/${result}`)).toMatchObject({
      seed: 7,
      reproduce: first.command,
      complete: true,
    });
    // The runs under way never held up the answers above; the log knows how they ended.
    expect(dashboard.log).toContainEqual(expect.objectContaining({ event: 'work', status: 'finished' }));
  });
});
