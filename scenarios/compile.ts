// From a checked document to what a simulation is a function of: world, people, faults, parameters, expectations.
import { createHash } from 'node:crypto';
import type { Instant } from '../protocol/time.ts';
import type { Action } from '../sim/faults/action.ts';
import type { Fault } from '../sim/faults/fault.ts';
import type { Limits } from '../sim/simulation.ts';
import { createWorkload } from '../sim/workload/create-workload.ts';
import type { Habits } from '../sim/workload/habits.ts';
import type { Windows, Workload } from '../sim/workload/workload.ts';
import type { Assumption, World } from '../sim/world.ts';
import { loadCatalogue } from './catalogue.ts';
import { compileCities, compileWorld } from './compile-world.ts';
import { dataDigest } from './data-table.ts';
import { compileMovement } from './compile-movement.ts';
import { compileScript } from './compile-script.ts';
import { checkTargets } from './check-targets.ts';
import { checkSystems } from './check-systems.ts';
import { declaredAssumptions } from './declared-assumptions.ts';
import { compileExpectations, type Expectation } from './expectations.ts';
import { compileActions } from './actions.ts';
import { findRoom } from './find-room.ts';
import { compileFaults } from './faults.ts';
import { habitAssumptions, movementAssumptions } from './schema-assumptions.ts';
import { parseScenario, type ParsedScenario } from './parse.ts';
import { SampleDeployments } from './sample-deployments.ts';
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
  /** What operators do about them. */
  readonly actions: readonly Action[];
  /** The faults, or what operators do about them, are not as the file declares: expectations do not apply. */
  readonly faultsOverridden: boolean;
  /** Parameters set by the scenario, by system. */
  readonly systems: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly expectations: readonly Expectation[];
  readonly assumptions: readonly Assumption[];
  readonly limits: Limits;
  /** The people and what they say, from a seed. Costs about a second for a thousand people. */
  readonly workload: (seed: string) => Workload;
  /** A few of the people, enough to look at what a system makes of them. */
  readonly sampleWorkload: () => Workload;
}

/** Where a scenario's text comes from, and what was changed on the command line. */
export interface ScenarioText {
  readonly text: string;
  /** For error messages. */
  readonly file: string;
  readonly overrides?: readonly string[];
}

/** What a scenario says of itself: enough to list it. */
export interface ScenarioOutline {
  readonly document: ScenarioDocument;
  readonly epochWallMs: number;
  readonly windows: Windows;
  readonly faults: readonly Fault[];
}

/**
 * Reads and checks what a scenario says, but does not hold it against the world that it speaks of: a tenth of the work of
 * {@link compileScenario}.
 * @throws ScenarioError with file, line, column and what was expected
 */
export function outlineScenario(scenario: ScenarioText): ScenarioOutline {
  return outlineOf(scenario);
}

function outlineOf({ text, file, overrides = [] }: ScenarioText): ScenarioOutline & {
  readonly parsed: ParsedScenario;
  readonly actions: readonly Action[];
} {
  const parsed = parseScenario(text, file, overrides);
  const { document } = parsed;
  const epochWallMs = parseWallTime(document.epoch);
  if (epochWallMs === undefined) {
    throw parsed.problemAt(
      ['epoch'],
      `expected an instant in UTC such as 2025-10-20T00:00Z, found "${document.epoch}"`,
    );
  }
  const windows = compileWindows(parsed);
  const faults = compileFaults(parsed, epochWallMs, windows);
  return {
    parsed,
    document,
    epochWallMs,
    windows,
    faults,
    actions: compileActions(parsed, epochWallMs, windows),
  };
}

/**
 * Checks a scenario as far as that is possible without running it, and compiles it.
 * @throws ScenarioError with file, line, column and what was expected
 */
export function compileScenario({ text, file, overrides = [] }: ScenarioText): CompiledScenario {
  const { parsed, document, epochWallMs, windows, faults, actions } = outlineOf({ text, file, overrides });
  const catalogue = loadCatalogue();
  const cities = compileCities(parsed, catalogue, epochWallMs);
  const room = findRoom(parsed, file);
  const world = compileWorld(
    parsed,
    catalogue,
    cities.map(({ city }) => city),
    epochWallMs,
    room,
  );
  const { cities: _cities, ...habits } = document.people;
  const { digest: traceDigest, ...movement } = compileMovement(parsed, file, world);
  const script = compileScript(parsed, windows);
  const workload = (seed: string, count = habits.count): Workload =>
    createWorkload({
      world,
      cities,
      habits: { ...habits, count } satisfies Habits,
      windows,
      seed,
      script,
      ...movement,
    });
  const sampleWorkload = (): Workload =>
    workload('sample', script === undefined ? Math.min(habits.count, sampleOfPeople) : habits.count);
  const systems = new Map(
    Object.entries(document.systems).map(([id, parameters]) => [id, new Map(Object.entries(parameters))]),
  );
  const deployments = new SampleDeployments(
    world,
    (system) => systems.get(system) ?? new Map(),
    () => sampleWorkload(),
  );
  checkSystems(parsed, deployments);
  checkTargets(parsed, world, deployments);
  return {
    document,
    scenarioDigest: createHash('sha256')
      .update(JSON.stringify([plainText(text), overrides, dataDigest() + traceDigest + (room?.digest ?? '')]))
      .digest('hex'),
    world,
    windows,
    faults,
    actions,
    faultsOverridden: parsed.faultsOverridden,
    systems,
    expectations: compileExpectations(parsed, epochWallMs),
    assumptions: [
      ...world.assumptions,
      ...withDeclared(
        [...habitAssumptions(habits), ...movementAssumptions(document.movement)],
        declaredAssumptions(parsed),
      ),
    ],
    limits: document.limits,
    workload: (seed) => workload(seed),
    sampleWorkload,
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

/** What a scenario says of one of its values itself stands instead of what the schema says of it. */
function withDeclared(
  documented: readonly Assumption[],
  declared: readonly Assumption[],
): readonly Assumption[] {
  const paths = new Set(declared.map(({ path }) => path));
  return [...documented.filter(({ path }) => !paths.has(path)), ...declared];
}
