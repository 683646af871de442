// Reports: a page that holds all it needs and nothing from elsewhere, that can be checked figure by figure, and the
// other formats.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planCampaign } from '../../reports/campaign/campaign-plan.ts';
import { runCampaign } from '../../reports/campaign/campaign-runner.ts';
import { writeManifest } from '../../reports/campaign/campaign-store.ts';
import { parseAxis } from '../../reports/campaign/variants.ts';
import { palette } from '../../reports/charts/render.ts';
import { chartsOf, renderCampaign, renderRun, runPage } from '../../reports/documents/render-report.ts';
import { verifyReport } from '../../reports/documents/verify-report.ts';
import { packageVersion } from '../../reports/package-version.ts';
import { runScenario, type FinishedRun } from '../../reports/runner.ts';
import { xmlText } from '../../reports/room-drawing/xml-text.ts';
import { readRecord, saveRun, StoreError } from '../../reports/store.ts';
import { headline } from '../../reports/summarise.ts';

const scenario = {
  text: `
netsplit: 1
name: few-people
title: A few people & a <script>alert(1)</script>
description: Made for a test of \`people.count\`, not of \`<b>\`.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 30m, horizon: 60m, shortHorizon: a test }
people: { count: 6, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 200, roomSize: 4, peoplePerRoom: 6 }
systems: { signal: }
faults:
  - id: store
    title: The store's name has no address
    kind: dns
    target: kind=dns-zone provider=aws region=us-east-1 service=dynamodb
    answer: empty
    negativeTtlSeconds: 60
    start: 10m
    end: 25m
    source: invented
expectations:
  - { id: too-much, text: More is delivered than was sent., basis: derived, system: signal, metric: ratio, sentBetween: [5m, 35m], least: 1.5, source: invented }
`,
  file: 'few-people.yaml',
};
const quiet = (): void => undefined;

describe('the report of a run', () => {
  const store = mkdtempSync(join(tmpdir(), 'netsplit-report-'));
  let run: FinishedRun;
  let folder: string;
  let page: string;
  beforeAll(async () => {
    run = await runScenario({ scenario, name: 'few-people.yaml', seed: 5, workers: 0 });
    ({ path: folder } = await saveRun(store, run));
    page = await renderRun(folder, 'html');
  });
  afterAll(() => rmSync(store, { recursive: true, force: true }));

  it('is one file that asks for nothing from elsewhere and runs nothing', () => {
    expect(page).toMatch(/default-src 'none'/);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<(?:img|link|iframe|object)\b|\bsrc=|\burl\(|@import/);
    expect(page).toContain('A few people &amp; a &lt;script&gt;');
  });

  it('shows names between backticks as code, and nothing else', async () => {
    expect(page).toContain('<p>Made for a test of <code>people.count</code>, not of `&lt;b&gt;`.</p>');
    expect(await renderRun(folder, 'md')).toContain(
      'Made for a test of `people.count`, not of \\`\\<b\\>\\`.',
    );
  });

  it('has charts, timeline, blame, assumptions, scenario, seed, version and digests', async () => {
    expect(page.match(/<figure>/g)).toHaveLength(3);
    for (const part of [
      'What went wrong, and when',
      'The store&#39;s name has no address',
      'Assumptions: ',
      'negativeTtlSeconds: 60',
    ])
      expect(page).toContain(part);
    for (const part of [run.record.digest, run.record.outcome, packageVersion(), '--seed 5'])
      expect(page).toContain(part);
    expect(runPage(await readRecord(folder), scenario.text) === page).toBe(true);
  });

  it('says with every headline and inside every picture how many seeds there are and how near the model is', () => {
    const [sentence] = headline(run.record);
    expect(sentence).toMatch(
      / \(one run, seed 5, no range; fidelity B: follows published source; [^)]*\)\.$/,
    );
    expect(page).toContain(xmlText(sentence!));
    for (const picture of page.match(/<figure>.*?<\/figure>/gs)!) {
      expect(picture).toContain('One run with one seed (5): no range, no interval.');
      expect(picture).toContain('Fidelity: signal B');
    }
  });

  it('draws pictures that can be read by themselves: what was changed, delays in words, faults in no colour of a system', () => {
    const changed = chartsOf({ ...run.record, overrides: ['people.count=6'] });
    for (const { svg } of changed) expect(svg).toContain('file: people.count=6.');
    const [inTime, latency] = changed;
    for (const mark of ['0.1 s', '1 min', '6 h', '7 d']) expect(latency?.svg).toContain(`>${mark}</text>`);
    const bands = [...inTime!.svg.matchAll(/<g fill-opacity="[\d.]+" fill="([^"]+)" aria-label="rect">/g)];
    expect(bands).toHaveLength(1);
    expect(palette).not.toContain(bands[0]?.[1]);
  });

  it.each([
    [0, '; nobody was cut off for longer than a minute in all,'],
    [1, '; one person was cut off for longer than a minute in all,'],
    [771, '; 771 people were cut off for longer than a minute in all,'],
  ])('counts people who were cut off: %i', (overOneMinute, says) => {
    const { signal } = run.record.systems;
    const systems = { signal: { ...signal!, cutOff: { ...signal!.cutOff, overOneMinute } } };
    expect(headline({ ...run.record, systems })[0]).toContain(says);
  });

  it('is identical when it is computed again, whatever became of its line ends', async () => {
    const checked = await verifyReport('report.html', page.replaceAll('\n', '\r\n'), quiet);
    expect(checked).toEqual({ identical: true, words: expect.stringContaining(run.record.digest) as string });
  });

  it('names the first figure that was changed in its data, and sees when only the page was', async () => {
    const { ratio } = run.record.systems['signal']!.delivery;
    const changed = page.replace(`"ratio":${ratio},`, '"ratio":0.123,');
    expect(await verifyReport('report.html', changed, quiet)).toEqual({
      identical: false,
      words: `systems.signal.delivery.ratio: the report says 0.123, this netsplit computes ${ratio}`,
    });
    const painted = page.replace('within 1 min</th>', 'within a min</th>');
    expect((await verifyReport('report.html', painted, quiet)).words).toMatch(
      /the page shows something else .*, first in line \d+: “.*within a min<.*”, where they say “.*within 1 min<.*”$/,
    );
    // The last line is taken off: there the page ends too soon.
    const cut = page.replace(/<\/html>\n$/, '');
    expect((await verifyReport('report.html', cut, quiet)).words).toMatch(/: “”, where they say “<\/html>”$/);
  });

  it('says when a page is no report', async () => {
    await expect(verifyReport('x.html', '<html></html>', quiet)).rejects.toThrow(StoreError);
    await expect(verifyReport('x.html', page.replace('"record":', '"recrod":'), quiet)).rejects.toThrow(
      /missing or damaged/,
    );
  });

  it('can be Markdown, JSON, CSV and JUnit', async () => {
    const markdown = await renderRun(folder, 'md');
    expect(markdown).toMatch(/^# A few people & a \\<script\\>alert\(1\)\\<\/script\\>\n/);
    expect(markdown).toMatch(/\| within 1 min \| \d/);
    expect(JSON.parse(await renderRun(folder, 'json'))).toEqual(
      JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')),
    );
    expect(await renderRun(folder, 'csv')).toMatch(
      /^system,seed,figure,value,unit,range,fidelity,limits\nsignal,5,within-1m,0\.\d+,share,one run,B,follows published source; production assumed\n/,
    );
    const junit = await renderRun(folder, 'junit');
    expect(junit).toMatch(/<testsuite name="few-people, seed 5" tests="\d+" failures="1" skipped="0">/);
    expect(junit).toMatch(
      /name="too-much: [^"]*"><failure message="measured [\d.]+, expected at least 1\.5"\/>/,
    );
  });
});

describe('the report of a campaign', () => {
  it('holds what it takes to compute every figure again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsplit-report-'));
    const plan = planCampaign({
      scenario: { ...scenario, overrides: ['faults=[]'] },
      name: 'few-people',
      seeds: [1],
      axes: [parseAxis('people.count=4,5')],
    });
    await runCampaign(plan, { folder, level: 'summary', resume: false, recheck: 0, workers: 0 });
    await writeManifest(folder, plan, packageVersion());
    const page = await renderCampaign(folder, 'html');
    expect(page).toMatch(/1 seed: fewer than 20 bear no interval/);
    expect(page.match(/<figure>/g)).toHaveLength(3);
    expect(await verifyReport('report.html', page, quiet)).toEqual({
      identical: true,
      words: 'every figure of 2 runs',
    });
    for (const part of [
      'Assumptions: ',
      'These runs have no faults.',
      'whole/signal',
      'One operator and one region',
    ])
      expect(page).toContain(part);
    const painted = page.replace('held in runs</th>', 'held in all runs</th>');
    expect(await verifyReport('report.html', painted, quiet)).toMatchObject({
      identical: false,
      words: expect.stringMatching(/the page shows something else/) as string,
    });
    const elsewhere = page.replace(`"netsplit":"${packageVersion()}"`, '"netsplit":"0.0.9"');
    expect(await verifyReport('report.html', elsewhere, quiet)).toMatchObject({
      identical: true,
      words: expect.stringMatching(
        /drawn by netsplit 0\.0\.9: .* checked its data and not its looks/,
      ) as string,
    });
    const invented = page.replace('"held":2', '"held":1');
    expect((await verifyReport('report.html', invented, quiet)).words).toMatch(
      /^evidence\.judged\.0\.held: the report says 1, this netsplit computes 2/,
    );
    const changed = page.replace(/"within-1m":[\d.]+/, '"within-1m":0.5');
    expect((await verifyReport('report.html', changed, quiet)).words).toMatch(
      /^seed 1, faults=\[\], people\.count=4: systems\.signal\.within-1m: the report says 0\.5, this netsplit computes \d/,
    );
    expect(await renderCampaign(folder, 'md')).toMatch(/seed is too few for an interval/);
    expect(await renderCampaign(folder, 'csv')).toMatch(/^people\.count,seed,system,/);
    const junit = await renderCampaign(folder, 'junit');
    expect(junit).toMatch(/name="complete"/);
    expect(junit).toMatch(/name="whole\/signal: [^"]*"\/>/); // what holds is a case, too
    expect(junit).toMatch(/name="too-much: [^"]*"><(failure|skipped)/);
    rmSync(folder, { recursive: true, force: true });
  });
});
