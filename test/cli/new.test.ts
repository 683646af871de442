// `netsplit new`: what it writes is valid, runs, and keeps its promises; it never writes over anything.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { newScenario } from '../../cli/commands/new.ts';
import { runScenario } from '../../reports/runner.ts';
import { scenarioJsonSchema } from '../../scenarios/json-schema.ts';
import { loadScenario } from '../../scenarios/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-new-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('writes a scenario that runs as it stands and meets its expectations, and the schema beside it', async () => {
  const file = join(folder, 'mine.yaml');
  expect(newScenario('mine', { out: file })).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['mine.yaml', 'netsplit.schema.json']);
  expect(JSON.parse(readFileSync(join(folder, 'netsplit.schema.json'), 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(scenarioJsonSchema())),
  );
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/netsplit\.schema\.json\n/);
  expect(text).toContain('npx netsplit validate mine.yaml');
  expect(text).not.toMatch(/NAME|FILE/);
  const small = { ...loadScenario(file), overrides: ['people.count=40'] };
  const { record } = await runScenario({
    scenario: small,
    name: file,
    seed: 1,
    workers: 0,
    systems: ['signal'],
  });
  expect(record.scenario).toBe('mine');
  expect(record.expectations.map(({ holds }) => holds)).toEqual([true, true]);
  expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
});

it('writes over nothing, and nothing for a name that no scenario can have', () => {
  const file = join(folder, 'again.yaml');
  newScenario('again', { out: file });
  const before = readFileSync(file, 'utf8');
  expect(() => newScenario('other', { out: file })).toThrow(/again\.yaml is there already/);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(() => newScenario('Not A Name', { out: join(folder, 'not.yaml') })).toThrow(
    /name: expected lower-case letters, digits and hyphens, found "Not A Name"/,
  );
  expect(() => newScenario('lost', { out: join(folder, 'nowhere', 'lost.yaml') })).toThrow(
    /there is no folder/,
  );
  expect(readdirSync(folder).sort()).toEqual(['again.yaml', 'mine.yaml', 'netsplit.schema.json']);
});
