// Each outage of the library has a page, and the page says what a run came to, what it would have come to without the faults, and what
// many seeds did. With `-u` its tables are made anew; what explains a miss has to be written.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileScenario } from '../../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../../scenarios/load.ts';
import { fileURLToPath } from 'node:url';
import { pageAsMeasured, pageFile } from '../../support/outage-pages.ts';
import { readPin } from '../../support/outage-pins.ts';
import { readSeeds } from '../../support/outage-seeds.ts';

const folder = new URL('../../../docs/outages/', import.meta.url);
const readDoc = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const outages = libraryNames().filter(
  (name) => compileScenario(loadScenario(name)).document.depicts !== 'study',
);

it('the gallery leads to every one of them', () => {
  const gallery = readDoc('README.md');
  expect(outages.filter((name) => !gallery.includes(`(${name}.md)`))).toEqual([]);
});

it('a fault without a source is refused, with the place where it is missing', () => {
  const whole = loadScenario('aws-middle-east-2026-03-01');
  const faults = whole.text.indexOf('\nfaults:');
  const text = whole.text.slice(0, faults) + whole.text.slice(faults).replace(/\n {4}source: .*/, '');
  expect(text.length).toBeLessThan(whole.text.length);
  expect(() => compileScenario({ ...whole, text })).toThrow(
    /yaml:\d+:\d+: faults\.[\w-]+\.source: expected string, found nothing/,
  );
});

describe.each(outages)('the page of %s', (name) => {
  const page = existsSync(pageFile(name)) ? readDoc(`${name}.md`) : '';
  const { document } = compileScenario(loadScenario(name));
  const pin = readPin(name);
  const seeds = readSeeds(name);

  it('has every part, the command, and the sources', () => {
    for (const part of [
      'What happened',
      'What is modelled, and how sure it is',
      'The record and the simulation',
    ])
      expect(page).toContain(`## ${part}`);
    expect(page).toContain(`npx netsplit run ${name} --seed 1`);
    for (const { url } of document.sources) if (url !== undefined) expect(page).toContain(url);
  });

  it('has its faults from somewhere: what happened is not invented', () => {
    if (document.depicts !== 'outage') return;
    expect(document.faults.filter(({ source }) => /invented/i.test(source)).map(({ id }) => id)).toEqual([]);
  });

  it('shows what is expected beside what was measured, and nothing else', async () => {
    await expect(await pageAsMeasured(name, page, pin, seeds)).toMatchFileSnapshot(
      fileURLToPath(pageFile(name)),
    );
  });

  if (seeds !== undefined)
    it('tells of many seeds what belongs to the pinned run', () => {
      const first = Object.entries(seeds.expectations).map(([id, each]) => [id, each.first]);
      expect(first).toEqual(Object.entries(pin.expectations).map(([id, { measured }]) => [id, measured]));
    });

  it('explains every miss by name', () => {
    const misses = [
      ...Object.entries(pin.expectations).flatMap(([id, { holds }]) => (holds === true ? [] : [id])),
      ...Object.entries(seeds?.expectations ?? {}).flatMap(([id, { holds, of }]) =>
        holds === of ? [] : [id],
      ),
      ...pin.failedChecks,
      ...Object.keys(seeds?.failedChecks ?? {}),
    ];
    const [, explained = ''] = page.split('## Misses');
    expect(misses.filter((id) => !explained.includes(`\`${id}\``))).toEqual([]);
    expect(explained === '').toBe(misses.length === 0);
  });

  it('would miss an expectation without its faults', () => {
    const misses = Object.values(pin.expectations).filter(
      ({ withoutFaults }) => withoutFaults?.holds === false,
    );
    expect(misses).not.toEqual([]);
  });
});
