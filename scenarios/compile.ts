// From a checked document to what a simulation is a function of: world, people, faults, parameters, expectations.
import { createHash } from 'node:crypto';
import type { Instant } from '../protocol/time.ts';
import type { Fault } from '../sim/faults/fault.ts';
import { buildDependencyGraph } from '../sim/infrastructure/dependency-graph.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { Limits } from '../sim/simulation.ts';
import { createWorkload } from '../sim/workload/create-workload.ts';
import type { Habits } from '../sim/workload/habits.ts';
import type { CityShare } from '../sim/workload/population.ts';
import type { Windows, Workload } from '../sim/workload/workload.ts';
import type { Assumption, City, Component, ComponentId, World } from '../sim/world.ts';
import { districtsOf, loadCatalogue, type Catalogue } from './catalogue.ts';
import { dataDigest } from './data-table.ts';
import { checkFaultTargets } from './check-targets.ts';
import { checkSystems } from './check-systems.ts';
import { declaredAssumptions } from './declared-assumptions.ts';
import { compileExpectations, type Expectation } from './expectations.ts';
import { compileFaults } from './faults.ts';
import { habitAssumptions } from './habit-assumptions.ts';
import { parseScenario, type ParsedScenario } from './parse.ts';
import { SampleDeployments } from './sample-deployments.ts';
import { didYouMean } from './scenario-error.ts';
import type { ScenarioDocument } from './schema.ts';
import { parseWallTime } from './time-notation.ts';

/** What one run is made from, whatever its systems. */
export interface CompiledScenario {
  readonly document: ScenarioDocument;
  /** Hash of the file's text, the overrides and the data sets. Line ends and a byte order mark make no difference. */
  readonly scenarioDigest: string;
  readonly world: World;
  readonly windows: Windows;
  readonly faults: readonly Fault[];
  /** The faults are not those that the file declares: expectations do not apply. */
  readonly faultsOverridden: boolean;
  /** Parameters set by the scenario, by system. */
  readonly systems: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly expectations: readonly Expectation[];
  readonly assumptions: readonly Assumption[];
  readonly limits: Limits;
  /** The people and what they say, from a seed. Costs about a second for a thousand people. */
  readonly workload: (seed: string) => Workload;
}

/** Where a scenario's text comes from, and what was changed on the command line. */
export interface ScenarioText {
  readonly text: string;
  /** For error messages. */
  readonly file: string;
  readonly overrides?: readonly string[];
}

/**
 * Checks a scenario as far as that is possible without running it, and compiles it.
 * @throws ScenarioError with file, line, column and what was expected
 */
export function compileScenario({ text, file, overrides = [] }: ScenarioText): CompiledScenario {
  const parsed = parseScenario(text, file, overrides);
  const { document } = parsed;
  const catalogue = loadCatalogue();
  const epochWallMs = parseWallTime(document.epoch);
  if (epochWallMs === undefined) {
    throw parsed.problemAt(
      ['epoch'],
      `expected an instant in UTC such as 2025-10-20T00:00Z, found "${document.epoch}"`,
    );
  }
  const windows = compileWindows(parsed);
  const cities = compileCities(parsed, catalogue, epochWallMs);
  const world = compileWorld(parsed, catalogue, cities, epochWallMs);
  const faults = compileFaults(parsed, epochWallMs, windows);
  const { cities: _cities, ...habits } = document.people;
  const workload = (seed: string, count = habits.count): Workload =>
    createWorkload({ world, cities, habits: { ...habits, count } satisfies Habits, windows, seed });
  const systems = new Map(
    Object.entries(document.systems).map(([id, parameters]) => [id, new Map(Object.entries(parameters))]),
  );
  const deployments = new SampleDeployments(
    world,
    (system) => systems.get(system) ?? new Map(),
    () => workload('sample', Math.min(habits.count, sampleOfPeople)),
  );
  checkSystems(parsed, deployments);
  checkFaultTargets(parsed, world, deployments);
  return {
    document,
    scenarioDigest: createHash('sha256')
      .update(JSON.stringify([plainText(text), overrides, dataDigest()]))
      .digest('hex'),
    world,
    windows,
    faults,
    faultsOverridden: parsed.faultsOverridden,
    systems,
    expectations: compileExpectations(parsed, epochWallMs),
    assumptions: [...world.assumptions, ...habitAssumptions(habits), ...declaredAssumptions(parsed)],
    limits: document.limits,
    workload: (seed) => workload(seed),
  };
}

/** As every editor would have saved it. */
function plainText(text: string): string {
  return text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}

/** People enough for every kind of conversation, few enough to deploy a system for them in no time. */
const sampleOfPeople = 12;

const oneDay = 86_400_000_000;

function compileWindows(parsed: ParsedScenario): Windows {
  const { warmUp, sending, horizon, shortHorizon } = parsed.document.windows;
  const sendingEnd = warmUp + sending;
  if (sending === 0)
    throw parsed.problemAt(['windows', 'sending'], 'expected a sending window longer than nothing');
  if (horizon < sendingEnd)
    throw parsed.problemAt(
      ['windows', 'horizon'],
      'expected the horizon after the end of the sending window',
    );
  if (horizon < sendingEnd + oneDay && shortHorizon === undefined) {
    throw parsed.problemAt(
      ['windows', 'horizon'],
      'expected a horizon at least 24h after the last send, or shortHorizon to say why it may come earlier',
    );
  }
  return { sendingStart: warmUp as Instant, sendingEnd: sendingEnd as Instant, horizon: horizon as Instant };
}

/** Seconds to add to UTC at an instant in a zone of the tz database. */
function utcOffsetSeconds(timeZone: string, wallMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(
    wallMs,
  );
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hour = '0', minute = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hour) * 3_600 + Number(minute) * 60);
}

function compileCities(
  parsed: ParsedScenario,
  catalogue: Catalogue,
  epochWallMs: number,
): readonly CityShare[] {
  const { districtsPerCity, districtRadiusMetres } = parsed.document.people;
  const districts = districtsOf(districtsPerCity, districtRadiusMetres);
  return parsed.document.people.cities.map(({ name, share }, index) => {
    const known = catalogue.cities.find((city) => city.name === name);
    if (known === undefined) {
      const near = didYouMean(
        nearest(
          name,
          catalogue.cities.map((city) => city.name),
        ),
      );
      throw parsed.problemAt(['people', 'cities', index, 'name'], `unknown city "${name}"${near}`);
    }
    const { timeZone, ...city } = known;
    return {
      city: { ...city, districts, utcOffsetSeconds: utcOffsetSeconds(timeZone, epochWallMs) } satisfies City,
      share,
    };
  });
}

function compileWorld(
  parsed: ParsedScenario,
  catalogue: Catalogue,
  cities: readonly CityShare[],
  epochWallMs: number,
): World {
  const added = parsed.document.world.components.map((component, index): Component => {
    const location = component.region === undefined ? undefined : catalogue.regions.get(component.region);
    if (component.region !== undefined && location === undefined) {
      throw parsed.problemAt(
        ['world', 'components', index, 'region'],
        `unknown region "${component.region}"${didYouMean(nearest(component.region, catalogue.regions.keys()))}`,
      );
    }
    return {
      id: component.id as ComponentId,
      kind: component.kind,
      attributes: component.attributes,
      needs: component.needs.map(({ on, strength }) => ({ on: on as ComponentId, strength })),
      ...(location === undefined ? {} : { location }),
    };
  });
  const components = [...catalogue.components, ...added];
  const graph = buildDependencyGraph(components);
  if (!graph.ok) throw parsed.problemAt(['world', 'components'], graph.detail);
  return {
    components: new Map(components.map((component) => [component.id, component])),
    cities: cities.map(({ city }) => city),
    regionRoundTrips: catalogue.regionRoundTrips,
    access: catalogue.access,
    hosting: catalogue.hosting,
    assumptions: catalogue.assumptions,
    epochWallMs,
  };
}
