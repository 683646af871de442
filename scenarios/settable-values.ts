// What can be turned in a scenario: every value that `--set` takes, and every constant that it does not, with what is
// known of it.
import { createSimulation } from '../sim/create-simulation.ts';
import { noForeignCode } from '../sim/foreign-code.ts';
import { systems as registry } from '../sim/systems/registry.ts';
import type { Assumption } from '../sim/world.ts';
import { compileScenario, type CompiledScenario, type ScenarioText } from './compile.ts';
import { documentationOf } from './documented-values.ts';
import { describedPaths } from './known-paths.ts';
import { parseScenario } from './parse.ts';
import { sharesOfOneWhole } from './schema.ts';

/** One value. */
export interface ScenarioValue {
  /** As `--set` takes it, where it is settable; else as reports call it. */
  readonly path: string;
  readonly settable: boolean;
  readonly value: string | number | boolean;
  readonly unit: string;
  readonly range?: readonly [number, number];
  readonly meaning: string;
  /** Where it is known from. Without a source it is assumed, unless the scenario's author chose it. */
  readonly source?: string;
  readonly calibratedOn?: readonly string[];
  /** `assumed`: listed as such in reports; `chosen`: part of the question that the scenario asks. */
  readonly standing: 'sourced' | 'assumed' | 'chosen';
  /** The path under which `run.json` lists it among the assumptions. */
  readonly reportedAs?: string;
  /** The system whose it is; left out for what concerns all. */
  readonly system?: string;
}

/** Names and words: changing them changes nothing that happens. */
const words: ReadonlySet<string> = new Set([
  'id',
  'kind',
  'name',
  'title',
  'description',
  'source',
  'text',
  'mayBeIdle',
  'shortHorizon',
  'basis',
]);
/** Parts of a scenario that say what happens, in the order of the list. */
const parts = ['epoch', 'windows', 'people', 'movement', 'world', 'faults', 'actions', 'limits'] as const;

/**
 * Every value of a scenario.
 * @param measuring what reports take for granted when they measure; no scenario sets it
 * @throws ScenarioError when the scenario cannot be used
 */
export function scenarioValues(
  scenario: ScenarioText,
  measuring: readonly Assumption[] = [],
): readonly ScenarioValue[] {
  const compiled = compileScenario(scenario);
  const values = new Map<string, ScenarioValue>();
  const raw = parseScenario(scenario.text, scenario.file, scenario.overrides ?? []).source.value();
  for (const part of parts)
    for (const value of written(below(compiled.document, part), below(raw, part), part, part))
      values.set(value.path, value);
  for (const assumption of compiled.assumptions) add(values, assumption, undefined);
  for (const id of compiled.systems.keys())
    for (const assumption of declaredBy(compiled, id)) add(values, assumption, id);
  for (const assumption of measuring) add(values, assumption, undefined);
  return [...values.values()].map((value) => withinReach(value, values));
}

/** A plausible range as far as the other values leave it: shares of one whole, and the least before the most. */
function withinReach(value: ScenarioValue, values: ReadonlyMap<string, ScenarioValue>): ScenarioValue {
  const { path, range } = value;
  if (range === undefined) return value;
  const numberAt = (other: string): number | undefined => {
    const found = values.get(other)?.value;
    return typeof found === 'number' ? found : undefined;
  };
  let [least, most] = range;
  for (const shares of sharesOfOneWhole) {
    const paths = shares.map((share) => `people.${share}`);
    if (!paths.includes(path)) continue;
    let taken = 0;
    for (const other of paths) if (other !== path) taken += numberAt(other) ?? 0;
    most = Math.min(most, Number((1 - taken).toPrecision(9)));
  }
  if (path.includes('Least')) most = Math.min(most, numberAt(path.replace('Least', 'Most')) ?? Infinity);
  least = Math.min(least, most);
  if (path.includes('Most')) least = Math.max(least, numberAt(path.replace('Most', 'Least')) ?? -Infinity);
  return { ...value, range: [least, Math.max(least, most)] };
}

function add(values: Map<string, ScenarioValue>, assumption: Assumption, system: string | undefined): void {
  const { path: reportedAs, value, unit, meaning, range, source, calibratedOn } = assumption;
  const parameter = system === undefined ? undefined : `parameters.${system}.`;
  const isParameter = parameter !== undefined && reportedAs.startsWith(parameter);
  const path = isParameter ? `systems.${system ?? ''}.${reportedAs.slice(parameter.length)}` : reportedAs;
  const before = values.get(path);
  values.set(path, {
    path,
    settable: isParameter || before?.settable === true,
    // As it is written, not as reports count it.
    value: typeof before?.value === 'string' ? before.value : value,
    unit,
    meaning,
    reportedAs,
    standing: source === undefined ? 'assumed' : 'sourced',
    ...(range === undefined ? {} : { range }),
    ...(source === undefined ? {} : { source }),
    ...(calibratedOn === undefined ? {} : { calibratedOn }),
    // What several systems list alike concerns all of them.
    ...(system === undefined || (before !== undefined && before.system !== system) ? {} : { system }),
  });
}

/** What a system and the media under it list, found by deploying it for nobody's messages. */
function declaredBy(compiled: CompiledScenario, id: string): readonly Assumption[] {
  const system = registry.get(id);
  if (system === undefined) return [];
  const simulation = createSimulation(
    {
      world: compiled.world,
      workload: compiled.sampleWorkload(),
      faults: [],
      system,
      parameters: compiled.systems.get(id) ?? new Map(),
      seed: 'sample',
      limits: { events: 1, eventsPerInstant: 1 },
      foreign: noForeignCode,
    },
    { record: () => undefined },
  );
  const world = new Set(compiled.world.assumptions);
  return simulation.finish().assumptions.filter((assumption) => !world.has(assumption));
}

const below = (value: unknown, name: string | number): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)[name]
    : undefined;

/**
 * The scalars below a value of the document, as the file writes them where it does (`2h`, not microseconds); list elements
 * by their id, or their number.
 */
function written(value: unknown, raw: unknown, path: string, generic: string): readonly ScenarioValue[] {
  if (Array.isArray(value))
    return value.flatMap((element: unknown, index) =>
      written(element, below(raw, index), `${path}.${idOf(element) ?? index}`, `${generic}.#`),
    );
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, child]: readonly [string, unknown]) =>
      words.has(name) ? [] : written(child, below(raw, name), `${path}.${name}`, `${generic}.${name}`),
    );
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return [];
  const name = path.slice(path.lastIndexOf('.') + 1);
  const anyName = `${generic.slice(0, generic.lastIndexOf('.'))}.*`;
  const { description = '', isText = false } =
    describedPaths().get(generic) ?? describedPaths().get(anyName) ?? {};
  const { meaning, unit, range } = documentationOf(name, description);
  // A default that is a duration, which the schema has made microseconds of.
  const standard = isText && typeof value === 'number' ? `${value / 1_000_000}s` : value;
  const shown = typeof raw === 'string' || typeof raw === 'number' ? raw : standard;
  return [{ path, settable: true, value: shown, unit, meaning, standing: 'chosen', ...(range && { range }) }];
}

function idOf(element: unknown): string | undefined {
  if (typeof element !== 'object' || element === null) return undefined;
  const { id, name } = element as { readonly id?: unknown; readonly name?: unknown };
  const known = typeof id === 'string' ? id : name;
  // A host name has dots, which separate the steps of a path.
  return typeof known === 'string' && !known.includes('.') ? known : undefined;
}
