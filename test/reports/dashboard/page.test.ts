// The built page in a real browser, every view of it: charts have pixels, numbers are those of run.json, the console has
// no complaints, an accessibility checker finds nothing, and nothing of a scenario is read as HTML.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { countInWords, percent } from '../../../reports/figures-in-words.ts';
import type { RunRecord } from '../../../reports/record.ts';
import { readRecord, runFolder, saveRun } from '../../../reports/store.ts';
import { headline } from '../../../reports/summarise.ts';
import { campaignView } from '../../../reports/views/campaigns.ts';
import { fatesBySystem } from '../../../reports/views/fates-table.ts';
import { replayLinks } from '../../../reports/views/replay-links.ts';
import { replayStart } from '../../../reports/views/replay.ts';
import { runRooms } from '../../../reports/views/run-rooms.ts';
import { packageFile } from '../../../scenarios/package-file.ts';
import {
  browserPath,
  coloursOfCanvases,
  goTo,
  holdToStandards,
  launchBrowser,
  openPage,
} from '../../support/browser.ts';
import { openDashboard, type TestDashboard } from '../../support/dashboard.ts';

import { plantedRun } from '../../support/planted-run.ts';

/** People whom the record calls cut off from Signal at an instant, seconds. */
async function cutOffAt(folder: string, at: number): Promise<number> {
  const { cutOff } = await replayStart(folder, 'signal');
  return new Set(cutOff.flatMap(([person, from, to]) => (from <= at && at < to ? [person] : []))).size;
}

/** How many deliveries the record says are under way in Signal at an instant, seconds, and how many of them will be late. */
async function underWayAt(folder: string, at: number): Promise<readonly [number, number]> {
  const fates = present((await fatesBySystem(folder)).get('signal'), 'fates');
  let [underWay, late] = [0, 0];
  for (let row = 0; row < fates.count; row++) {
    const [sent = NaN, delivered = NaN, twin = NaN] = [fates.sent, fates.delivered, fates.twin].map(
      (column) => Math.round((column[row] ?? NaN) / 1_000),
    );
    if (sent > at * 1_000 || delivered <= at * 1_000) continue;
    const isLate = !Number.isNaN(twin) && !(delivered - twin <= 1_000);
    if (Number.isNaN(delivered) && !isLate) continue;
    underWay++;
    if (isLate) late++;
  }
  return [underWay, late];
}

describe.skipIf(browserPath === undefined)('the page', () => {
  const run = plantedRun();
  let id: string;
  let dashboard: TestDashboard;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  const at = (address: string): string => `${dashboard.served.url}${address}`;

  beforeAll(async () => {
    // The page as it was built together with the compiled code, anew if a source of it has changed since.
    dashboard = await openDashboard({ assets: packageFile('dist', 'dashboard') });
    ({ id } = await saveRun(dashboard.store, run));
    browser = await launchBrowser();
    ({ page, complaints } = await openPage(browser));
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.close();
  });

  describe('of scenarios', () => {
    it('shows the library with a picture of each fault timeline', async () => {
      await goTo(page, at('#/scenarios'));
      await page.getByLabel('Find').fill('small town');
      expect(await page.locator('.scenario').count()).toBe(1);
      expect(await page.locator('.scenario .timeline .fault').count()).toBe(1);
      await holdToStandards(page, 'scenarios');
    });

    it('tells the objections of the command line, and keeps what was typed', async () => {
      await goTo(page, at('#/scenario/small-town'));
      await page.getByLabel('Changes').fill('people.cout=3');
      await page.getByRole('button', { name: 'Run it' }).click();
      await page
        .getByText('--set people.cout=3: there is no people.cout; did you mean "people.count"?')
        .waitFor();
      expect(await page.getByLabel('Changes').inputValue()).toBe('people.cout=3');
      await page.getByText('What can be changed').click();
      await page.getByRole('button', { name: 'people.count', exact: true }).waitFor();
      await holdToStandards(page, 'scenario');
      // The browser itself complains about the answer that carried the objection.
      expect(complaints.splice(0)).toEqual([expect.stringContaining('400')]);
    });

    it('starts a run by keyboard alone, shows it grow, and goes on to what came of it', async () => {
      await goTo(page, at('#/scenario/small-town'));
      await page.getByLabel('Seed', { exact: true }).focus();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('3');
      await page.keyboard.press('Tab');
      // What was typed before and refused is still there.
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('people.count=12');
      await page.getByRole('button', { name: 'Run it' }).focus();
      // A short run may be over before its first picture is looked at: the page then goes on by itself.
      const live = page.waitForURL(/#\/live\/\d+/);
      await page.keyboard.press('Enter');
      await live;
      await page.locator('canvas').first().waitFor();
      await page.getByText('npx netsplit run small-town --seed 3 --set people.count=12').first().waitFor();
      await page.waitForURL(/#\/run\/small-town-3-/);
    }, 120_000);
  });

  describe('of runs', () => {
    it('lists the runs and leads to one', async () => {
      await goTo(page, at('#/'));
      await holdToStandards(page, 'runs');
      await page.getByRole('link', { name: run.record.title }).click();
      await page.locator('canvas').first().waitFor();
      expect(page.url()).toContain(`#/run/${id}`);
      expect(await page.locator('h1').textContent()).toBe(run.record.title);
    });

    it('draws every chart', async () => {
      const drawn = await coloursOfCanvases(page);
      expect(drawn).toHaveLength(4);
      for (const colours of drawn) expect(colours).toBeGreaterThan(8);
      await holdToStandards(page, 'run');
    });

    it('shows blame, expectations with sources, digest and the command that repeats the run', async () => {
      const text = (await page.locator('main').textContent()) ?? '';
      for (const words of [
        'the first fault',
        'waiting for the next attempt (signal/chat)',
        'It delivers.',
        'Blame: planted',
        'One run with one seed (1)',
        run.record.digest,
        run.record.reproduce,
      ])
        expect(text).toContain(words);
      expect(await page.getByRole('link', { name: 'https://example.org/law' }).getAttribute('href')).toBe(
        'https://example.org/law',
      );
      expect(await page.locator('main b').count()).toBe(0);
    });
  });

  describe('of one run more closely', () => {
    let made: RunRecord;
    let id: string;
    beforeAll(async () => {
      id = readdirSync(dashboard.store).find((name) => name.startsWith('small-town-3-')) ?? '';
      made = await readRecord(join(dashboard.store, id));
    });

    it('shows the numbers of run.json, blame as a flow, and every download', async () => {
      await goTo(page, at(`#/run/${id}`));
      const text = (await page.locator('main').textContent()) ?? '';
      for (const sentence of headline(made)) expect(text).toContain(sentence);
      for (const { delivery, backlog, blameAccount } of Object.values(made.systems))
        for (const figure of [delivery.within['1m'], delivery.ratio].map(percent))
          for (const words of [figure, String(backlog.peak), countInWords(blameAccount.late)])
            expect(text).toContain(words);
      const flow = page.getByRole('region', { name: 'Flow of blame, Signal' });
      expect(await flow.locator('path.stream').count()).toBeGreaterThan(0);
      const late = made.systems['signal']?.blameAccount.late ?? 0;
      expect(late).toBeGreaterThan(0);
      expect(await flow.textContent()).toContain(`late · ${countInWords(late)}`);
      const downloads = await page
        .locator('.downloads a')
        .evaluateAll((links) => links.map((link) => (link as unknown as { href: string }).href));
      // Reports, records, charts in two formats; of each system a trace, and a space-time diagram in two formats.
      expect(downloads).toHaveLength(5 + 5 + 6 + 3 * Object.keys(made.systems).length);
      const begins = new Map([
        ['.svg', '<svg'],
        ['.png', '\x89PNG'],
        ['/trace/signal', '{'],
        ['/diagram/signal.svg', '<svg'],
        ['/html', '<!doctype html>'],
        ['fates.parquet', 'PAR1'],
      ]);
      for (const [end, start] of begins) {
        const response = await fetch(downloads.find((href) => href.endsWith(end)) ?? '');
        expect(response.status, end).toBe(200);
        const head = Buffer.from(await response.arrayBuffer())
          .toString('latin1', 0, 40)
          .trimStart();
        expect(head.startsWith(start), `${end} begins with ${head}`).toBe(true);
      }
    });

    it('tells one person’s day in sentences whose times are those of the record', async () => {
      await goTo(page, at(`#/run/${id}/day`));
      const fates = (await fatesBySystem(join(dashboard.store, id))).get('signal');
      const person = Number(/person (\d+)/.exec((await page.locator('h1').textContent()) ?? '')?.[1]);
      await page.getByRole('link', { name: 'the worst hit' }).click();
      await page.locator('.trouble').first().waitFor();
      const worst = Number(/person=(\d+)/.exec(page.url())?.[1]);
      expect(worst).not.toBe(person);
      const instants = new Set<string>();
      const clock = (instant: number): string =>
        new Date(Date.parse(made.epoch) + instant / 1_000).toISOString().slice(11, 19);
      for (let row = 0; row < (fates?.count ?? 0); row++)
        for (const instant of [fates?.sent[row], fates?.delivered[row], fates?.twin[row]])
          if (instant !== undefined && !Number.isNaN(instant)) instants.add(clock(instant));
      const told = await page
        .locator('.card')
        .first()
        .locator('.day li', { hasText: 'came at' })
        .allTextContents();
      expect(told.length).toBeGreaterThan(0);
      for (const sentence of told)
        for (const [time] of sentence.matchAll(/\d\d:\d\d:\d\d/g)) expect(instants).toContain(time);
      await holdToStandards(page, 'day');
    });

    it('replays it: scrubbed by keyboard, played, a message’s story and a node’s state told', async () => {
      await goTo(page, at(`#/run/${id}/replay?system=signal&t=2400`));
      const status = page.locator('.status');
      expect(await status.textContent()).toContain('2025-10-20 15:40:00 UTC');
      const intervals = await cutOffAt(join(dashboard.store, id), 2_400);
      expect(await status.textContent()).toContain(`${intervals} people cut off`);
      const [underWay, late] = await underWayAt(join(dashboard.store, id), 2_400);
      expect(late).toBeGreaterThan(0);
      expect(await status.textContent()).toContain(`${underWay} deliveries under way, ${late} of them late`);
      expect((await coloursOfCanvases(page))[0]).toBeGreaterThan(8);
      await page.getByLabel('Time', { exact: true }).focus();
      await page.keyboard.press('ArrowRight');
      expect(await status.textContent()).toContain('15:40:01');
      expect(page.url()).toContain('t=2401');
      await page.locator('.late button').first().click();
      await page.locator('.closer').getByText('because The table store').waitFor();
      await page.getByLabel('Node').fill('phone/0');
      await page.keyboard.press('Enter');
      await page.locator('.closer').getByText('phone/0 at 15:40:01').waitFor();
      await page.locator('.closer pre').waitFor();
      await page.getByRole('button', { name: 'Play' }).click();
      await expect.poll(() => status.textContent()).not.toContain('15:40:01');
      await page.getByRole('button', { name: 'Pause' }).click();
      await holdToStandards(page, 'replay');
    });

    it('compares it with another run', async () => {
      const other = await saveRun(dashboard.store, plantedRun());
      await goTo(page, at(`#/compare/${id}/${other.id}`));
      const row = page.getByRole('row', { name: /Signal share delivered within a minute/ }).first();
      expect(await row.textContent()).toContain(
        percent(made.systems['signal']?.delivery.within['1m'] ?? null),
      );
      expect((await coloursOfCanvases(page))[0]).toBeGreaterThan(8);
      await holdToStandards(page, 'compare');
    });
  });

  it('shows a campaign: estimates, curves with bands, paired differences', async () => {
    const { id: work } = await dashboard.served.ask({
      kind: 'campaign',
      scenario: 'small-town',
      seeds: '1..2',
      systems: ['signal', 'matrix'],
      set: ['people.count=4', 'people.messagesPerPersonPerDay=40'],
      vary: ['faults.table-store-dns.end=40m,50m'],
    });
    const { result, status } = await dashboard.served.ended(work);
    expect(status).toBe('finished');
    await goTo(page, at('#/campaigns'));
    await holdToStandards(page, 'campaigns');
    await page.getByRole('link', { name: 'A small town' }).click();
    await page.getByText('Paired differences').first().waitFor();
    const view = await campaignView(join(dashboard.campaigns, result ?? ''));
    const text = (await page.locator('main').textContent()) ?? '';
    expect(view.estimates).toHaveLength(4);
    for (const { words } of view.estimates) expect(text).toContain(words);
    for (const words of [...view.conclusions, ...view.caveats]) expect(text).toContain(words);
    expect(text).toContain(
      "Changed from the scenario's file: people.count=4; people.messagesPerPersonPerDay=40.",
    );
    // Columns as wide as their texts: nothing sticks out of the picture.
    const picture = await page.locator('.intervals svg').first().boundingBox();
    for (const label of await page.locator('.intervals svg').first().locator('text').all()) {
      const { x, width } = (await label.boundingBox())!;
      expect(x).toBeGreaterThanOrEqual(picture!.x);
      expect(x + width).toBeLessThanOrEqual(picture!.x + picture!.width);
    }
    await page.locator('canvas').waitFor();
    expect((await coloursOfCanvases(page))[0]).toBeGreaterThan(8);
    await holdToStandards(page, 'campaign');
  }, 120_000);

  it('opens a room: its graph, the state at an event, and the story of a resolution under two algorithms', async () => {
    await goTo(page, at('#/room'));
    await holdToStandards(page, 'room-empty');
    const file = fileURLToPath(new URL('../../../examples/state-reset.ndjson', import.meta.url));
    await page.getByLabel('Room file').setInputFiles(file);
    await page.locator('.eventrow').first().waitFor();
    await page.getByLabel('v2', { exact: true }).check();
    await page.getByLabel('v2.1').check();
    await page.getByRole('heading', { name: 'State resolution v2.1' }).waitFor();
    await page.locator('.eventrow', { hasText: '$bob-speak' }).first().click();
    await page.getByText('Now: after $bob-speak').first().waitFor();
    await page.locator('details.key summary').first().click();
    expect(await page.locator('details.key[open] li').count()).toBeGreaterThan(1);
    expect(await page.locator('.dag .edge').count()).toBeGreaterThan(4);
    await holdToStandards(page, 'room');
  });

  it('opens a room by its address: part of a room, with the state where it begins, and what is unknown without', async () => {
    await goTo(page, at('#/room'));
    await page.getByRole('link', { name: 'room-slice' }).click();
    await page.locator('.eventrow').first().waitFor();
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('part of a room');
    expect(text).not.toContain('undecided');
    await page.locator('.eventrow').last().click();
    await page.getByText('Now: after').waitFor();
    const address = page.url();
    expect(address).toContain('at=');
    await goTo(page, at('#/room'));
    await goTo(page, address);
    await page.getByText('Now: after').waitFor();
    const slice = fileURLToPath(new URL('../../../examples/room-slice.ndjson', import.meta.url));
    await page.getByLabel('Room version, if the file does not say').fill('11');
    await page.getByLabel('Room file').setInputFiles({
      name: 'mine.ndjson',
      mimeType: 'text/plain',
      buffer: readFileSync(slice),
    });
    await page.getByText('undecided').first().waitFor();
    await page.getByText('Cannot be told').first().waitFor();
    await holdToStandards(page, 'room-part');
  });

  it('resolves states that a file names', async () => {
    const lines = readFileSync(new URL('../../../examples/state-reset.ndjson', import.meta.url), 'utf8');
    const events = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const state = events
      .filter((event) => 'state_key' in event && event['type'] === 'm.room.member')
      .map((event) => event['event_id']);
    const room = { room_version: '11', events, state_sets: [state.slice(0, 1), state.slice(0, 2)] };
    await goTo(page, at('#/room'));
    await page.getByLabel('Room file').setInputFiles({
      name: 'sets.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(room)),
    });
    await page.getByText('The file names states to resolve').waitFor();
    await page.getByText('2 different states met').waitFor();
  });

  it('shows the links of an instant, which go with it', async () => {
    const started = present(
      readdirSync(dashboard.store).find((name) => name.startsWith('small-town-3-')),
      'run',
    );
    await goTo(page, at(`#/run/${started}/replay?system=signal&t=2700`));
    const found = await replayLinks(runFolder(dashboard.store, started), 'signal', 2_700);
    expect(found.links.length).toBeGreaterThan(3);
    expect(found.failures.length).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Show links' }).click();
    const words = page.getByText(`${found.links.length} links were used in the minute before`);
    await words.waitFor();
    expect((await coloursOfCanvases(page))[0]).toBeGreaterThan(8);
    await holdToStandards(page, 'replay-links');
    await page.getByLabel('Time', { exact: true }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await words.count()).toBe(0);
  });

  it('shows the rooms of a run: who holds which, whether they agree, one copy’s graph and state', async () => {
    const started = present(
      readdirSync(dashboard.store).find((name) => name.startsWith('small-town-3-')),
      'run',
    );
    await goTo(page, at(`#/run/${started}/rooms`));
    await page.locator('.eventrow').first().waitFor();
    const found = await runRooms(runFolder(dashboard.store, started), {
      system: 'matrix',
      at: Number(new URLSearchParams(page.url().split('?')[1]).get('t')),
    });
    expect(found.rooms.length).toBeGreaterThan(1);
    expect(await page.locator('#room option').count()).toBe(found.rooms.length);
    const [first] = found.rooms;
    expect(await page.locator('tbody tr button').count()).toBe(first?.copies.length);
    expect(await page.locator('.eventrow').count()).toBe(first?.copies[0]?.events);
    const shown = (await page.locator('main').textContent()) ?? '';
    expect(shown).toContain(found.chosen?.sha256.slice(0, 32));
    await page.locator('.eventrow').first().click();
    await page.getByText('Now: after').waitFor();
    expect(new URLSearchParams(page.url().split('?')[1]).get('room')).toBe(first?.roomId);
    await holdToStandards(page, 'run-rooms');
  });

  it('reads nothing of a room as HTML, and says what is wrong with a file', async () => {
    const script = '<img src=x onerror=alert(1)>';
    const text = readFileSync(new URL('../../../examples/state-reset.ndjson', import.meta.url), 'utf8');
    const hostile = { name: `${script}.json`, mimeType: 'application/json' };
    await goTo(page, at('#/room'));
    await page.getByLabel('Room file').setInputFiles({ ...hostile, buffer: Buffer.from(`${script}${text}`) });
    await page.locator('.objection').getByText(script).waitFor();
    await page.getByLabel('Room file').setInputFiles({
      ...hostile,
      buffer: Buffer.from(text.replaceAll('@alice:', `@${script.replaceAll('"', '')}:`)),
    });
    await page.locator('.eventrow, .objection:not([hidden])').first().waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(complaints.splice(0).filter((complaint) => !complaint.includes('400'))).toEqual([]);
  });

  it('says what is wrong with an address that leads nowhere', async () => {
    for (const address of ['#/nonsense', '#/run/nothing', '#/scenario/%E0%A4%A', '#/live/99'])
      await goTo(page, at(address)).then(() => page.locator('h1').waitFor());
    expect(complaints.splice(0).every((text) => text.includes('Failed to load resource'))).toBe(true);
  });

  afterAll(() => expect(complaints).toEqual([]));
});
