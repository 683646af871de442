// `netsplit params`: everything that can be turned in a scenario, and what is known of each value.
import pc from 'picocolors';
import { energyAssumptions } from '../../reports/metrics/energy.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { scenarioValues, type ScenarioValue } from '../../scenarios/settable-values.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface ParamsOptions {
  readonly set: readonly string[];
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Lists values whose path contains `filter`; returns the exit code. */
export function params(name: string, filter: string | undefined, options: ParamsOptions): number {
  const all = scenarioValues({ ...loadScenario(name), overrides: options.set }, energyAssumptions);
  const offered = options.all === true ? all : all.filter(({ settable }) => settable);
  const chosen = offered.filter(({ path }) => path.toLowerCase().includes((filter ?? '').toLowerCase()));
  if (chosen.length === 0)
    throw new UsageError(
      `there is no path with "${filter ?? ''}" in ${name}${didYouMean(
        nearest(
          filter ?? '',
          offered.map(({ path }) => path),
        ),
      )}`,
    );
  if (options.json === true) process.stdout.write(`${JSON.stringify(chosen)}\n`);
  else process.stdout.write(`${chosen.map(inWords).join('\n')}\n\n${footer(chosen, all, options)}\n`);
  return exitCode.good;
}

function inWords(value: ScenarioValue): string {
  const { path, settable, value: now, unit, range, meaning, standing, source, calibratedOn } = value;
  const shown = `${String(now)}${unit === '' ? '' : ` ${unit}`}`;
  const within = range === undefined ? '' : pc.dim(`  plausible ${range[0]} to ${range[1]}`);
  const known = standing === 'assumed' ? 'assumed' : (source ?? 'chosen by the scenario');
  const fit = calibratedOn === undefined ? '' : `; calibrated on ${calibratedOn.join(', ')}`;
  const head = `${settable ? pc.bold(path) : path} = ${shown}${within}`;
  return `${head}\n    ${meaning === '' ? 'see the guide' : meaning}\n    ${pc.dim(known + fit)}`;
}

function footer(
  chosen: readonly ScenarioValue[],
  all: readonly ScenarioValue[],
  options: ParamsOptions,
): string {
  const constants = all.filter(({ settable }) => !settable).length;
  const more =
    options.all === true ? '' : ` ${constants} modelled constants cannot be set; --all lists them as well.`;
  return `${chosen.length} values. Change one with --set path=value.${more}`;
}
