// The dashboard's server: read-only over the store, for this machine only, with a stream of the run under way.
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveRun } from '../../../reports/dashboard/live-run.ts';
import { serveDashboard, type ServedDashboard } from '../../../reports/dashboard/server.ts';
import type { LiveState, RunSummary } from '../../../reports/dashboard/wire.ts';
import { saveRun } from '../../../reports/store.ts';
import type { RunStart } from '../../../reports/runner.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { plantedRun } from '../../support/planted-run.ts';

describe('the dashboard’s server', () => {
  const store = mkdtempSync(join(tmpdir(), 'netsplit-dashboard-'));
  const assets = join(store, '.assets');
  const run = plantedRun();
  const live = new LiveRun();
  let dashboard: ServedDashboard;
  let id: string;
  beforeAll(async () => {
    mkdirSync(assets);
    writeFileSync(join(assets, 'index.html'), '<!doctype html><title>page</title>');
    ({ id } = await saveRun(store, run));
    dashboard = await serveDashboard({ store, live, assets }, 0);
  });
  afterAll(async () => {
    await dashboard.close();
    rmSync(store, { recursive: true, force: true });
  });
  const get = (path: string): Promise<Response> => fetch(new URL(path, dashboard.url));

  it('serves the page with headers that let nothing in from elsewhere', async () => {
    const response = await get('/');
    expect(await response.text()).toContain('<title>page</title>');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(response.headers.get('x-powered-by')).toBeNull();
  });

  it('lists the runs, damaged folders among them', async () => {
    mkdirSync(join(store, 'damaged'));
    const runs = (await (await get('/api/runs')).json()) as RunSummary[];
    expect(runs).toHaveLength(2);
    expect(runs[0]).toMatchObject({
      id,
      verdict: 'good',
      systems: [{ withinOneMinute: 50 / 60, twin: 1 }, {}],
    });
    expect(runs[1]).toMatchObject({ id: 'damaged', problem: expect.stringContaining('run.json') as string });
  });

  it('gives one run whole, and a clear answer where there is none', async () => {
    expect(await (await get(`/api/runs/${id}`)).json()).toEqual(JSON.parse(JSON.stringify(run.record)));
    for (const path of ['/api/runs/nothing', '/api/runs/..%2F..%2Fetc', '/api/else']) {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ problem: expect.any(String) as string });
    }
  });

  it('changes nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await fetch(new URL(`/api/runs/${id}`, dashboard.url), { method })).status).toBe(404);
  });

  it('answers only to the names of its own machine', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(new URL('/api/runs', dashboard.url), { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('streams a run under way, from nothing to its place in the store', async () => {
    const stop = new AbortController();
    const response = await fetch(new URL('/api/live', dashboard.url), { signal: stop.signal });
    const states = pictures(response);
    expect((await states.next()).value).toBeNull();

    const compiled = compileScenario(run.scenario);
    const start: RunStart = {
      compiled,
      seed: 1,
      systems: [{ id: 'signal', title: 'Signal' }],
      jobs: [{ system: 'signal', variant: 'run' }],
      reproduce: 'again',
      expected: [2, 2],
      bucketStart: 0,
      bucketSeconds: 60,
    };
    live.started(start);
    expect((await states.next()).value).toMatchObject({
      status: 'running',
      jobs: [{ now: 0, ever: [0, 0] }],
    });
    live.progressed({
      system: 'signal',
      variant: 'run',
      now: 60_000_000,
      horizon: 120_000_000,
      withinOneMinute: [1, 0],
      ever: [2, 0],
    });
    expect((await states.next()).value).toMatchObject({ jobs: [{ now: 60, title: 'Signal', ever: [2, 0] }] });
    live.finished(id);
    expect((await states.next()).value).toMatchObject({ status: 'finished', run: id });
    stop.abort();
  });
});

/** The states of an event stream. */
async function* pictures(response: Response): AsyncGenerator<LiveState | null, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1] ?? 'null';
      text = text.slice(end + 2);
      yield JSON.parse(data) as LiveState | null;
    }
  }
  return undefined;
}
