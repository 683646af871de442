import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { scenarioSchema } from '../../scenarios/schema.ts';
import { scenarioText } from '../support/scenario-text.ts';

const compile = (text: string) => compileScenario({ text, file: 'sample.yaml' });

/** Everything a run is a function of, as data. */
const essence = (compiled: CompiledScenario) => {
  const { workload, sampleWorkload: _sample, ...rest } = compiled;
  const { people, conversations, messages } = workload('1');
  return { ...rest, people, conversations, messages };
};

describe('line ends and a byte order mark', () => {
  const text = scenarioText();
  it.each([
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${text}`],
    ['both', `\uFEFF${text.replaceAll('\n', '\r\n')}`],
  ])('%s: the same run', (_, written) => {
    expect(written).not.toBe(text);
    expect(essence(compile(written))).toEqual(essence(compile(text)));
  });

  it('errors stand in the same place', () => {
    const wrong = scenarioText({ people: 'people:\n  count: many\n  cities: [{ name: berlin, share: 1 }]' });
    const messageOf = (written: string): string => {
      try {
        compile(written);
      } catch (error) {
        return String(error);
      }
      return 'nothing was refused';
    };
    expect(messageOf(wrong)).toMatch(/sample\.yaml:\d+:10: people\.count/);
    expect(messageOf(wrong.replaceAll('\n', '\r\n'))).toBe(messageOf(wrong));
  });
});

describe('what is compiled', () => {
  it('has local time by date: Berlin is two hours ahead in October, one in November', () => {
    const offsetAt = (epoch: string) =>
      compile(scenarioText({ epoch: `epoch: ${epoch}`, faults: undefined })).world.cities.map(
        ({ utcOffsetSeconds }) => utcOffsetSeconds / 3_600,
      );
    expect(offsetAt('2025-10-20T00:00Z')).toEqual([2, -4]);
    expect(offsetAt('2025-11-20T00:00Z')).toEqual([1, -5]);
  });

  it('has components of its own beside the catalogue', () => {
    const { world } = compile(
      scenarioText({
        people: `world:
  components:
    - { id: host/relay, kind: host, attributes: { host: relay }, needs: [aws/us-east-1/a, { on: aws/us-east-1/sts, strength: soft }] }
people:
  cities: [{ name: berlin, share: 1 }]`,
      }),
    );
    expect([...world.components.values()].find(({ id }) => id === 'host/relay')?.needs).toEqual([
      { on: 'aws/us-east-1/a', strength: 'hard' },
      { on: 'aws/us-east-1/sts', strength: 'soft' },
    ]);
  });

  it('lists every number about people, with the range its description gives', () => {
    const { assumptions } = compile(scenarioText());
    const byPath = new Map(assumptions.map((assumption) => [assumption.path, assumption]));
    expect(byPath.get('people.friendsWithinWalkingDistance')).toMatchObject({
      value: 0.25,
      range: [0.05, 0.4],
    });
    for (const { path, range, source } of assumptions)
      expect(range !== undefined || source !== undefined, path).toBe(true);
  });

  it('lists what the file assumes, with the value that holds after overrides', () => {
    const text = scenarioText({
      expectations: `assumptions:
  - { path: faults.tables.negativeTtlSeconds, meaning: caching, unit: s, range: [60, 1800] }
  - { path: structure.region, value: us-east-1, meaning: where it stands }`,
      faults: `faults:
  - { id: tables, title: gone, kind: dns, target: kind=dns-zone, negativeTtlSeconds: 900, start: 1h, end: 2h, source: invented }`,
    });
    const declared = (...overrides: readonly string[]) =>
      compileScenario({ text, file: 'sample.yaml', overrides }).assumptions.filter(({ path }) =>
        /^(faults|structure)\./.test(path),
      );
    expect(declared().map(({ value }) => value)).toEqual([900, 'us-east-1']);
    expect(declared('faults.tables.negativeTtlSeconds=60')[0]).toMatchObject({ value: 60, unit: 's' });
    expect(declared('faults=[]').map(({ path }) => path)).toEqual(['structure.region']);
  });
});

describe('expectations', () => {
  const expectation = (fields: string) =>
    scenarioText({
      expectations: `expectations:
  - { id: any, text: It holds., basis: record, system: signal, source: invented, least: 0, ${fields} }`,
    });

  it.each([
    [
      'metric: ratio-los',
      /metric: expected one of 'ratio' \| .*, found "ratio-los"; did you mean "ratio-loss"\?/,
    ],
    [
      'metric: ratio, sentBetween: [1h, 2h], distance: abraod',
      /distance: expected one of .*, found "abraod"; did you mean "abroad"\?/,
    ],
  ])('name the word that was meant: %s', (fields, told) => {
    expect(() => compile(expectation(fields))).toThrow(told);
  });

  it('have their times resolved', () => {
    expect(
      compile(
        expectation('metric: ratio, sentBetween: [2025-10-20T06:48Z, 9h25m], within: 1m, distance: abroad'),
      ).expectations[0],
    ).toMatchObject({
      kind: 'window',
      sentFrom: 24_480_000_000,
      sentUntil: 33_900_000_000,
      within: 60_000_000,
      distance: 'abroad',
      most: undefined,
      withoutFaults: false,
    });
  });

  it('may speak of some countries only, in which somebody lives', () => {
    const fields = 'metric: ratio, sentBetween: [1h, 2h], sendersIn: [DE], recipientsIn: [US]';
    expect(compile(expectation(fields)).expectations[0]).toMatchObject({
      sendersIn: ['DE'],
      recipientsIn: ['US'],
    });
    expect(() => compile(expectation(fields.replace('US', 'FR')))).toThrow(
      'recipientsIn: nobody of this scenario lives in FR, but in DE, US',
    );
  });

  it('are a fit when they were changed after the first run, and say so', () => {
    const [plain] = compile(expectation('metric: converged')).expectations;
    const [amended] = compile(expectation('metric: converged, amended: it was 1')).expectations;
    expect(plain).toMatchObject({ text: 'It holds.', calibratedOn: [] });
    expect(amended).toMatchObject({ text: 'It holds. (Amended: it was 1)', calibratedOn: ['sample'] });
  });

  it('of a system that an override took out stay, and do not apply', () => {
    const compiled = compileScenario({
      text: expectation('metric: converged'),
      file: 'sample.yaml',
      overrides: ['systems={matrix: {}}'],
    });
    expect(compiled.expectations).toHaveLength(1);
    expect([...compiled.systems.keys()]).toEqual(['matrix']);
  });
});

describe('the reference', () => {
  interface JsonSchema {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
    readonly additionalProperties?: JsonSchema | boolean;
    readonly anyOf?: readonly JsonSchema[];
    readonly oneOf?: readonly JsonSchema[];
    readonly allOf?: readonly JsonSchema[];
  }

  function undescribed(schema: JsonSchema, path: string): readonly string[] {
    const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
      ...(property.description === undefined ? [`${path}.${name}`] : []),
      ...undescribed(property, `${path}.${name}`),
    ]);
    const below = [
      ...(schema.items === undefined ? [] : [schema.items]),
      ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...(schema.allOf ?? []),
    ];
    return [...own, ...below.flatMap((each) => undescribed(each, path))];
  }

  it('describes every field', () => {
    const schema = z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    expect(Object.keys(schema.properties ?? {}).length).toBeGreaterThan(8);
    expect(undescribed(schema, 'scenario')).toEqual([]);
  });

  it('gives every number about people a range or says that the scenario chooses it', () => {
    for (const [name, schema] of Object.entries(scenarioSchema.shape.people.shape)) {
      if (name === 'cities' || name === 'count') continue;
      expect(schema.description, name).toMatch(/range \d+(\.\d+)? to \d+(\.\d+)?/);
    }
  });
});
