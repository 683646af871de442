// The scenario language as editors and readers see it agrees with the language as it is read.
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileScenario } from '../../scenarios/compile.ts';
import { scenarioJsonSchema } from '../../scenarios/json-schema.ts';
import { languageReference } from '../../scenarios/language-reference.ts';
import { libraryNames, loadFromLibrary } from '../../scenarios/load.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { sourceProblems } from '../../scenarios/sources.ts';
import { systems } from '../../sim/systems/registry.ts';

const base = `
netsplit: 1
name: mine
title: Mine
description: Mine.
epoch: 2026-03-02T08:00Z
windows: { warmUp: 10m, sending: 1h, horizon: 30h }
people: { count: 20, cities: [{ name: berlin, share: 1 }] }
systems: { signal: {} }
`;

const validate = new Ajv({ allErrors: true, unknownFormats: 'ignore' }).compile(scenarioJsonSchema());

/** Where an editor would draw a line, and why. */
function complaints(text: string): readonly string[] {
  return validate(parse(text)) === true
    ? []
    : (validate.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message ?? ''}`);
}

describe('the schema for editors', () => {
  it.each(libraryNames())('accepts %s', (name) => {
    expect(complaints(loadFromLibrary(name).text)).toEqual([]);
  });

  it('completes systems and cities', () => {
    const schema = scenarioJsonSchema();
    const chosen = schema.properties?.['systems'];
    expect(Object.keys(typeof chosen === 'object' ? (chosen.properties ?? {}) : {})).toEqual([
      ...systems.keys(),
    ]);
    expect(JSON.stringify(schema.properties?.['people'])).toContain('"berlin"');
  });

  const mistakes: readonly (readonly [string, string, string, RegExp])[] = [
    ['a field that nobody knows', 'title: Mine', 'titel: Mine', /additional properties/],
    ['a duration without a unit', 'warmUp: 10m', 'warmUp: "10"', /windows\.warmUp should match/],
    ['a duration as a number', 'sending: 1h', 'sending: 1', /windows\.sending should be string/],
    ['a system that does not exist', 'signal: {}', 'telegram: {}', /\.systems should NOT have additional/],
    ['too few people', 'count: 20', 'count: 1', /people\.count should be >= 2/],
    [
      'a fault of no kind',
      'systems:',
      'faults: [{ id: a, title: A, kind: earthquake, target: id=country/DE, start: 1h, end: 2h, source: x }]\nsystems:',
      /faults\[0\]/,
    ],
  ];

  it.each(mistakes)('and the compiler complain of %s', (_, right, wrong, expected) => {
    const text = base.replace(right, wrong);
    expect(complaints(base)).toEqual([]);
    expect(complaints(text).join('\n')).toMatch(expected);
    expect(() => compileScenario({ text, file: 'mine.yaml' })).toThrow();
  });
});

describe('the reference', () => {
  it('is current', async () => {
    await expect(languageReference()).toMatchFileSnapshot(packageFile('docs', 'reference', 'scenario.md'));
  });

  it('explains every field', () => {
    const silent = languageReference()
      .split('\n')
      .filter((line) => line.startsWith('| `') && /\|\s+\|$/.test(line));
    expect(silent).toEqual([]);
  });
});

describe('sources', () => {
  const problemsOf = (more: string): readonly string[] =>
    sourceProblems(compileScenario({ text: base + more, file: 'mine.yaml' }));
  const fault = (source: string): string =>
    `faults: [{ id: a, title: A, kind: shutdown, target: id=country/DE, start: 20m, end: 1h, source: ${source} }]\n`;
  const expectation = (basis: string, source: string): string =>
    `expectations: [{ id: e, text: E., basis: ${basis}, system: signal, metric: converged, least: 0, source: ${source} }]\n`;

  it.each(libraryNames())('of %s can all be looked up', (name) => {
    expect(sourceProblems(compileScenario(loadFromLibrary(name)))).toEqual([]);
  });

  it('that are invented, or have an address, are in order', () => {
    expect(problemsOf(fault('invented'))).toEqual([]);
    expect(problemsOf(fault('https://status.example/1'))).toEqual([]);
    expect(problemsOf(expectation('law', 'What is down answers nobody.'))).toEqual([]);
  });

  it('that nobody could find are named', () => {
    expect(problemsOf(fault('the news'))).toEqual([
      'faults.a is said to be known from "the news", but nothing in the file has an address: expected one under `sources`, or the word "invented"',
    ]);
  });

  it('a record is not made up', () => {
    expect(problemsOf(expectation('record', 'invented'))).toEqual([
      'expectations.e has the basis "record", but its source is "invented": expected where the record was published',
    ]);
  });

  it('an assumed number has a range', () => {
    const assumption = (range: string): string =>
      `assumptions: [{ path: something, value: 3, meaning: M.${range} }]\n`;
    expect(problemsOf(assumption(''))[0]).toMatch(/^assumptions\.something is a number that is assumed/);
    expect(problemsOf(assumption(', range: [1, 5]'))).toEqual([]);
  });
});
