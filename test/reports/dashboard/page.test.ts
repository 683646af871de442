// The built page in a real browser, every view of it: charts have pixels, numbers are those of run.json, the console has
// no complaints, an accessibility checker finds nothing, and nothing of a scenario is read as HTML.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveRun } from '../../../reports/store.ts';
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

describe.skipIf(browserPath === undefined)('the page', () => {
  const run = plantedRun();
  let id: string;
  let dashboard: TestDashboard;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  const at = (address: string): string => `${dashboard.served.url}${address}`;

  beforeAll(async () => {
    dashboard = await openDashboard();
    const [bundle] = await Promise.all([
      build({
        configFile: fileURLToPath(new URL('../../../reports/dashboard/vite.config.ts', import.meta.url)),
        logLevel: 'error',
        build: { outDir: join(dashboard.folder, 'assets') },
      }),
      saveRun(dashboard.store, run).then((saved) => ({ id } = saved)),
    ]);
    expect(bundle).toBeDefined();
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
      await page.keyboard.type('people.count=12');
      await page.getByRole('button', { name: 'Run it' }).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/#\/live\/\d+/);
      await page.locator('canvas').waitFor();
      await page.getByText('npx netsplit run small-town --seed 3 --set people.count=12').waitFor();
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

  it('says what is wrong with an address that leads nowhere', async () => {
    for (const address of ['#/nonsense', '#/run/nothing', '#/scenario/%E0%A4%A', '#/live/99'])
      await goTo(page, at(address)).then(() => page.locator('h1').waitFor());
    expect(complaints.splice(0).every((text) => text.includes('Failed to load resource'))).toBe(true);
  });

  afterAll(() => expect(complaints).toEqual([]));
});
