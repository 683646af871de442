// The deterministic part runs without Node: bundled for a browser, in a context that has nothing of Node, with the
// portable crypto, it comes to the same digest and outcome.
import { existsSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { chromium } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleEverything, bundleScenario, portableSources } from './bundle.ts';
import { runScenario } from './scenario.ts';

const chromiumPath = process.env['NETSPLIT_CHROMIUM'] ?? '/usr/bin/chromium';

/** A context as bare as a worker's: JavaScript and the text encodings, and nothing of Node. */
function bareContext(): ReturnType<typeof createContext> {
  return createContext({ TextEncoder, TextDecoder });
}

describe('the deterministic part, bundled for a browser', () => {
  const here = runScenario();
  let script = '';
  beforeAll(async () => {
    script = await bundleScenario();
  });

  it('delivers something here, or the rest would prove nothing', () => {
    expect(here.delivered).toBe(300);
  });

  it('comes to the same digest and outcome without Node', () => {
    const context = bareContext();
    runInContext(script, context);
    expect(JSON.parse(runInContext('JSON.stringify(runScenario())', context) as string)).toEqual(here);
  });

  it('is all of protocol/ and sim/: every file loads without Node', async () => {
    const context = bareContext();
    runInContext(await bundleEverything(), context);
    expect(runInContext('loaded', context)).toBe(
      portableSources('protocol').length + portableSources('sim').length,
    );
  });

  it.runIf(existsSync(chromiumPath))('comes to the same digest and outcome in Chromium', async () => {
    const browser = await chromium.launch({
      executablePath: chromiumPath,
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
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: script });
      expect(JSON.parse(await page.evaluate<string>('JSON.stringify(runScenario())'))).toEqual(here);
    } finally {
      await browser.close();
    }
  });
});
