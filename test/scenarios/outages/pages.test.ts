// Each outage of the library has a page, and the page says what a run came to: the same expectations, figures and verdicts.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileScenario } from '../../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../../scenarios/load.ts';
import { readPin } from '../../support/outage-pins.ts';

const folder = new URL('../../../docs/outages/', import.meta.url);
const readDoc = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const outages = libraryNames().filter(
  (name) => compileScenario(loadScenario(name)).document.depicts !== 'study',
);

/** Cells of the rows whose first cell begins with a name in code. */
function rowsOf(page: string): readonly (readonly string[])[] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

const intervalOf = ({
  least,
  most,
}: {
  readonly least?: number | undefined;
  readonly most?: number | undefined;
}) =>
  least === undefined
    ? `at most ${most ?? ''}`
    : most === undefined
      ? `at least ${least}`
      : `${least} to ${most}`;

it('the gallery leads to every one of them', () => {
  const gallery = readDoc('README.md');
  expect(outages.filter((name) => !gallery.includes(`(${name}.md)`))).toEqual([]);
});

describe.each(outages)('the page of %s', (name) => {
  const page = existsSync(new URL(`${name}.md`, folder)) ? readDoc(`${name}.md`) : '';
  const { document } = compileScenario(loadScenario(name));
  const pin = readPin(name);

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

  it('shows what is expected beside what was measured, and nothing else', () => {
    expect(
      rowsOf(page).map(([id, , basis, interval, measured, verdict]) => [
        id,
        basis,
        interval,
        measured,
        verdict,
      ]),
    ).toEqual(
      document.expectations.map((each) => {
        const { measured, holds } = pin.expectations[each.id] ?? { measured: null, holds: null };
        return [
          `\`${each.id}\``,
          each.amended === undefined ? each.basis : `${each.basis}, amended`,
          intervalOf(each),
          String(measured),
          holds === true ? 'holds' : 'misses',
        ];
      }),
    );
  });

  it('explains every miss by name', () => {
    const misses = [
      ...Object.entries(pin.expectations).flatMap(([id, { holds }]) => (holds === true ? [] : [id])),
      ...pin.failedChecks,
    ];
    const [, explained = ''] = page.split('## Misses');
    expect(misses.filter((id) => !explained.includes(`\`${id}\``))).toEqual([]);
    expect(explained === '').toBe(misses.length === 0);
  });

  it('would miss an expectation without its faults', () => {
    const excluded = document.expectations.filter((each) => {
      if (each.metric.startsWith('excess-') || each.metric.endsWith('-loss') || each.metric === 'late-share')
        return (each.least ?? 0) > 0;
      const undisturbed = pin.twinWithinAMinute[each.system] ?? 0;
      return ['ratio', 'read-in-window'].includes(each.metric) && undisturbed > (each.most ?? 1);
    });
    expect(excluded.map(({ id }) => id)).not.toEqual([]);
  });
});
