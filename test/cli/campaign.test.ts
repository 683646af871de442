// Campaigns as users call them: on threads, interrupted and resumed, explained, reported and checked; mistakes refused.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledNetsplit, compilingTakes, netsplit } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-cli-campaign-'));
const scenario = join(folder, 'few.yaml');
writeFileSync(
  scenario,
  `
netsplit: 1
name: few-people
title: A few people
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 20m, horizon: 40m, shortHorizon: a test }
people: { count: 4, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 200, roomSize: 4, peoplePerRoom: 4 }
systems: { signal: }
faults: []
`,
);
beforeAll(compiledNetsplit, compilingTakes);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly runs: { readonly finished: number; readonly planned: number };
  readonly determinism: { readonly rechecked: number };
  readonly summaries: readonly { readonly figure: string; readonly values: readonly number[] }[];
}

describe('a campaign on the command line', { timeout: 120_000 }, () => {
  const out = join(folder, 'campaign');
  const campaign = ['campaign', scenario, '--out', out, '--json'];

  it('runs on threads, refuses to mix with what is there, continues with --resume, and is the same on one thread', async () => {
    const first = await netsplit(...campaign, '--seeds', '1..2', '--workers', '2');
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stderr).toMatch(/2 of 2 runs/);
    expect((JSON.parse(first.stdout) as Result).determinism.rechecked).toBe(1);
    const again = await netsplitHere(...campaign, '--seeds', '1..2');
    expect(again).toMatchObject({ exitCode: 2, stdout: '' });
    expect(again.stderr).toMatch(/holds 2 finished runs: continue with --resume/);
    const more = await netsplitHere(...campaign, '--seeds', '1..3', '--resume', '--workers', '1');
    const result = JSON.parse(more.stdout) as Result;
    expect(result.runs).toEqual({ finished: 3, planned: 3 });
    const alone = JSON.parse(
      (
        await netsplitHere(
          'campaign',
          scenario,
          '--seeds',
          '1..3',
          '--workers',
          '1',
          '--json',
          '--out',
          join(folder, 'alone'),
        )
      ).stdout,
    ) as Result;
    expect(result.summaries).toEqual(alone.summaries);
  });

  it('becomes a page that verify finds identical', async () => {
    const page = join(folder, 'campaign.html');
    expect(await netsplitHere('report', out, '--out', page)).toMatchObject({
      exitCode: 0,
      stdout: `${page}\n`,
    });
    expect(await netsplit('verify', page)).toMatchObject({
      exitCode: 0,
      stdout: 'identical every figure of 3 runs\n',
    });
    writeFileSync(page, readFileSync(page, 'utf8').replace(/"delivered":1/, '"delivered":0.5'));
    const { exitCode, stdout } = await netsplitHere('verify', page);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^different seed 1: systems\.signal\.delivered: the report says 0\.5, this netsplit computes 1/,
    );
  });

  it('makes no report where its pictures cannot be written', async () => {
    const blocked = join(folder, 'a-file');
    writeFileSync(blocked, '');
    const page = join(folder, 'not-made.html');
    const said = await netsplitHere('report', out, '--out', page, '--charts', join(blocked, 'charts'));
    expect(said).toMatchObject({ exitCode: 2, stdout: '' });
    expect(said.stderr).toMatch(/cannot write to .*a-file/);
    expect(existsSync(page)).toBe(false);
  });

  it.each([
    [['campaign', scenario, '--seeds', '5..1'], /--seeds 5\.\.1: expected seeds such as/],
    [
      ['campaign', scenario, '--vary', 'people.cuont=1,2'],
      /there is no people\.cuont; did you mean "people\.count"\?/,
    ],
    [['campaign', scenario, '--figures', 'withn-1m'], /did you mean "within-1m"/],
    [['campaign', scenario, '--assumptions', '--vary', 'people.count=1,2'], /expected it without --vary/],
    [
      ['campaign', scenario, '--queue', 'redis://127.0.0.1:1', '--out', join(folder, 'none')],
      /cannot reach Redis/,
    ],
    [['sensitivity', scenario, '--only', 'nothing.like.this'], /no assumption with a range begins so/],
    [['explain', scenario], /expected the number of a message/],
    [['explain', scenario, '99999'], /expected a message from 0 to \d+, found 99999/],
    [['report', folder], /expected the folder of a run .* or of a campaign/],
    [['compare', folder], /expected a second run folder, or --record/],
    [['verify', scenario.replace('.yaml', '.html')], /there is no such file/],
  ])('%j is refused with a clear message', async (args, message) => {
    const { exitCode, stderr, stdout } = await netsplitHere(...args);
    expect(stderr).toMatch(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});
