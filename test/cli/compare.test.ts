// `netsplit compare` as users call it: a run against the record with its picture, and against another run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveRun } from '../../reports/store.ts';
import { compiledNetsplit, compilingTakes, netsplit } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';
import { plantedRun } from '../support/planted-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-cli-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(compiledNetsplit, compilingTakes);

let run = '';
beforeAll(async () => {
  run = (await saveRun(folder, plantedRun())).path;
});

/** A file of observations of the planted outage: all well, half lost from 15:10 to 15:20, all well. */
function observed(name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, ['time,share', ...lines].join('\n'));
  return file;
}

describe('a run against the record', () => {
  it('has its errors told with the grade and the seed, and is drawn under the observations', async () => {
    const file = observed('seen.csv', [
      '2025-10-20T15:05Z,1',
      '2025-10-20T15:15Z,0.5',
      '2025-10-20T15:40Z,1',
    ]);
    const chart = join(folder, 'overlay.png');
    const said = await netsplit('compare', run, '--record', file, '--systems', 'signal', '--chart', chart);
    if (/optional package/.test(said.stderr)) return; // no rasteriser for this machine: that it says so is all there is
    expect(said.stdout).toMatch(/\(first\): simulated 0\.0 %, observed 50\.0 %; level: 50\.0 points too low/);
    expect(said.stdout).toMatch(/fidelity/);
    expect(said.stdout).toMatch(/One run with one seed \(1\)/);
    expect(said.stdout.endsWith(`\n${chart}\n`)).toBe(true);
    expect(said.exitCode).toBe(0);
    const png = readFileSync(chart);
    expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(png.readUInt32BE(16)).toBeGreaterThan(600); // the width in the header
  });

  it('is refused when nothing of the record lies within the run', async () => {
    const file = observed('other-year.csv', ['2024-10-20T15:05Z,1', '2024-10-20T15:15Z,0.5']);
    const said = await netsplitHere('compare', run, '--record', file);
    expect(said).toMatchObject({ exitCode: 2, stdout: '' });
    expect(said.stderr).toMatch(
      /other-year\.csv: expected observations .*2025-10-20 15:00.*found them from 2024-10-20/,
    );
  });
});

describe('two runs', () => {
  it('stand side by side in columns that do not touch, with the grades', async () => {
    const said = await netsplitHere('compare', run, run);
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toMatch(/identical, event by event/);
    expect(said.stdout).toMatch(/fidelity/);
    const widths = said.stdout.split('\n').filter((line) => / {2,}=$/.test(line));
    expect(widths.length).toBeGreaterThan(20);
    expect(new Set(widths.map((line) => line.length)).size).toBe(1);
  });
});
