// The built page in a real browser: charts drawn, console without complaints, nothing of a scenario read as HTML.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveRun } from '../../../reports/dashboard/live-run.ts';
import { serveDashboard, type ServedDashboard } from '../../../reports/dashboard/server.ts';
import { saveRun } from '../../../reports/store.ts';
import { plantedRun } from '../../support/planted-run.ts';

/** A browser of this machine; the test needs one and downloads none. */
const browserPath = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => existsSync(path));

describe.skipIf(browserPath === undefined)('the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-page-'));
  const assets = join(folder, 'assets');
  const store = join(folder, 'runs');
  const run = plantedRun();
  let id: string;
  let dashboard: ServedDashboard;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    await build({
      configFile: fileURLToPath(new URL('../../../reports/dashboard/vite.config.ts', import.meta.url)),
      logLevel: 'error',
      build: { outDir: assets },
    });
    ({ id } = await saveRun(store, run));
    dashboard = await serveDashboard({ store, live: new LiveRun(), assets }, 0);
    browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    await dashboard?.close();
    rmSync(folder, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  it('lists the runs and leads to one', async () => {
    await page.goto(dashboard.url);
    await page.getByRole('link', { name: run.record.title }).click();
    await page.waitForSelector('canvas');
    expect(page.url()).toContain(`#/run/${id}`);
    expect(await page.locator('h1').textContent()).toBe(run.record.title);
  });

  it('draws every chart', async () => {
    // Colours in each canvas, counted in the page: as text, because the types of a page are not those of a test.
    const drawn = await page.evaluate<number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })`);
    expect(drawn).toHaveLength(4);
    for (const colours of drawn) expect(colours).toBeGreaterThan(8);
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

  it('fits a phone without scrolling sideways', async () => {
    await page.setViewportSize({ width: 380, height: 800 });
    // Charts follow the window at one of the browser's next frames.
    const overflow = 'document.documentElement.scrollWidth - window.innerWidth';
    await expect.poll(() => page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
  });

  it('says what is wrong with an address that leads nowhere', async () => {
    await page.goto(`${dashboard.url}#/live`);
    await page.getByText('Nothing is under way').waitFor();
  });
});
