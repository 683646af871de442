// The small town with fewer people and a shorter day, as a file: enough to tell one run from another, in a second.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../scenarios/package-file.ts';

/** A folder of a test's own, with the scenario in it. */
export interface BriefScenario {
  readonly folder: string;
  /** Path of the scenario; it is called `small-town` like the one it is made from. */
  readonly file: string;
  remove(): void;
}

const changes: readonly (readonly [string, string])[] = [
  ['sending: 90m', 'sending: 40m'],
  ['horizon: 3h', 'horizon: 1h'],
  ['start: 30m', 'start: 15m'],
  ['end: 50m', 'end: 30m'],
  ['count: 30', 'count: 10'],
  ['sentBetween: [10m, 100m]', 'sentBetween: [10m, 45m]'],
];

/** Made afresh; the caller removes it. */
export function briefScenario(): BriefScenario {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-cli-'));
  const file = join(folder, 'brief.yaml');
  let text = readFileSync(packageFile('scenarios', 'library', 'small-town.yaml'), 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the small town has no "${from}"`);
    text = text.replace(from, to);
  }
  writeFileSync(file, text);
  return { folder, file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
