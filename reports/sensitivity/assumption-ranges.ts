// Which assumptions of a scenario can be varied, over which range, and which cannot and why.
import { present } from '../../protocol/assert.ts';
import { compileScenario, type ScenarioText } from '../../scenarios/compile.ts';
import { parseScenario } from '../../scenarios/parse.ts';
import { SampleDeployments } from '../../scenarios/sample-deployments.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { healthAssumptions } from '../../sim/infrastructure/health.ts';
import { networkAssumptions } from '../../sim/network/assumptions.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import type { Assumption } from '../../sim/world.ts';

/** A number that is assumed, with its plausible range, and a path under which `--set` takes it. */
export interface RangedAssumption {
  /** As `--set` takes it. */
  readonly path: string;
  readonly meaning: string;
  readonly unit: string;
  /** Its value in the scenario as it is written; it may lie outside the range. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Takes whole numbers only. */
  readonly whole: boolean;
  /** The one system whose parameter it is; undefined: it concerns all. */
  readonly system: string | undefined;
}

/** An assumption that stays as it is. */
export interface FixedAssumption {
  readonly path: string;
  readonly why: string;
}

/** Every assumption of a scenario's systems, once. */
export interface AssumptionRanges {
  readonly ranged: readonly RangedAssumption[];
  readonly fixed: readonly FixedAssumption[];
}

/**
 * Looks through what the scenario and its systems assume.
 * @throws ScenarioError when the scenario cannot be used
 */
export function assumptionRanges(scenario: ScenarioText, systems: readonly string[]): AssumptionRanges {
  const compiled = compileScenario(scenario);
  const deployments = new SampleDeployments(
    compiled.world,
    (system) => compiled.systems.get(system) ?? new Map(),
    () => compiled.workload('sample'),
  );
  const all = new Map<string, Assumption>();
  const listed = systems.flatMap((id) => deployments.assumptions(present(registry.get(id), `system ${id}`)));
  for (const assumption of [...compiled.assumptions, ...listed, ...networkAssumptions, ...healthAssumptions])
    if (!all.has(assumption.path)) all.set(assumption.path, assumption);
  const ranged: RangedAssumption[] = [];
  const fixed: FixedAssumption[] = [];
  for (const assumption of all.values()) {
    const found = asRanged(assumption, scenario, systems);
    if ('why' in found) fixed.push(found);
    else ranged.push(found);
  }
  return { ranged, fixed };
}

function asRanged(
  { path, value, range, unit, meaning, source }: Assumption,
  scenario: ScenarioText,
  systems: readonly string[],
): RangedAssumption | FixedAssumption {
  const parameter = /^parameters\.([^.]+)\.(.+)$/.exec(path);
  const settable = parameter === null ? path : `systems.${parameter[1] ?? ''}.${parameter[2] ?? ''}`;
  if (typeof value !== 'number')
    return { path, why: source === undefined ? 'no number' : `no number: ${source}` };
  if (range === undefined) return { path, why: source === undefined ? 'no range is given' : source };
  const [low, high] = range;
  // Parameters are listed as they are read; what else a system lists may or may not be one, which compiling tells.
  const refused =
    refusal(scenario, `${settable}=${value}`, path.startsWith('systems.') ? compileScenario : justParse) ??
    refusal(scenario, `${settable}=${low}`, justParse) ??
    refusal(scenario, `${settable}=${high}`, justParse);
  if (refused !== undefined) return { path, why: refused };
  return {
    path: settable,
    meaning,
    unit,
    value,
    low,
    high,
    whole: [low, high, value].every(Number.isInteger),
    system: parameter !== null && systems.includes(parameter[1] ?? '') ? parameter[1] : undefined,
  };
}

const justParse = ({ text, file, overrides }: ScenarioText): unknown => parseScenario(text, file, overrides);

/** Why a scenario does not take this value; undefined when it does. */
function refusal(
  scenario: ScenarioText,
  override: string,
  check: (scenario: ScenarioText) => unknown,
): string | undefined {
  try {
    check({ ...scenario, overrides: [...(scenario.overrides ?? []), override] });
    return undefined;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return /there is no |has no parameter/.test(error.message)
      ? 'fixed in the code: no scenario can set it'
      : error.message;
  }
}

/** A number of a range as an override takes it. */
export function overrideOf({ path, whole }: RangedAssumption, value: number): string {
  return `${path}=${whole ? Math.round(value) : Number(value.toPrecision(6))}`;
}
