// A real browser for tests of the page, and what every view is held to: accessible, quiet, and no wider than its window.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** A browser of this machine; the tests need one and download none. */
export const browserPath = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
].find((path) => existsSync(path));

/** Launched so that it talks to nobody but the server under test. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath ?? '',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page that keeps what the console complained about. */
export async function openPage(browser: Browser): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 } });
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

/** Waits until a view has drawn itself. */
export async function goTo(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('main:not([aria-busy])').waitFor();
}

const checker = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What an accessibility checker finds by the rules of WCAG 2.2 at levels A and AA. */
async function accessibilityFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(checker);
  const found = await page.evaluate<readonly Finding[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations)`,
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`);
}

/** Where to put pictures of the views, for whoever wants to look at them. */
const pictures = process.env['NETSPLIT_SCREENSHOTS'];

/** Holds the view that is shown to what every view must be, in light and dark, on a phone and on a large screen. */
export async function holdToStandards(page: Page, name: string): Promise<void> {
  for (const [width, height, colorScheme] of [
    [360, 740, 'light'],
    [2_200, 1_200, 'dark'],
    [1_280, 900, 'light'],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.locator('main:not([aria-busy])').waitFor();
    // Charts follow the window at one of the browser's next frames.
    const overflow = 'document.documentElement.scrollWidth - window.innerWidth';
    await expect.poll(() => page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    expect(await accessibilityFindings(page), `${name} at ${width}, ${colorScheme}`).toEqual([]);
    if (pictures === undefined) continue;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
  }
}

/** Colours in each canvas of the page, counted there: as text, because the types of a page are not those of a test. */
export function coloursOfCanvases(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`[...document.querySelectorAll('canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })`);
}
