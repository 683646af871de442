// Expectations with their times resolved: what reports/ evaluates.
import type { RefusalFate } from '../protocol/core.ts';
import type { TaskKind } from '../protocol/task.ts';
import type { Duration, Instant } from '../protocol/time.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { DistanceClass } from '../sim/workload/workload.ts';
import { loadCatalogue } from './catalogue.ts';
import type { runMetrics, taskMetrics, windowMetrics } from './expectation-schema.ts';
import type { ParsedScenario } from './parse.ts';
import { didYouMean, type ScenarioError } from './scenario-error.ts';
import { parseInstant } from './time-notation.ts';

/** Fields of every expectation. */
export interface ExpectationBase {
  readonly id: string;
  readonly text: string;
  readonly basis: 'record' | 'law' | 'derived';
  readonly system: string;
  readonly least: number | undefined;
  readonly most: number | undefined;
  readonly source: string;
  readonly calibratedOn: readonly string[];
  /** Also applies when faults were overridden. */
  readonly withoutFaults: boolean;
}

/** A figure over messages sent in a window. */
export interface WindowExpectation extends ExpectationBase {
  readonly kind: 'window';
  readonly metric: (typeof windowMetrics)[number];
  readonly sentFrom: Instant;
  readonly sentUntil: Instant;
  readonly within: Duration | undefined;
  readonly distance: DistanceClass | undefined;
  /** Countries of who writes, and of who is to read; any, when undefined. */
  readonly sendersIn: readonly string[] | undefined;
  readonly recipientsIn: readonly string[] | undefined;
}

/** A figure over the whole run. */
export interface RunExpectation extends ExpectationBase {
  readonly kind: 'run';
  readonly metric: (typeof runMetrics)[number];
}

/** How often something was not taken as it came. */
export interface RefusalExpectation extends ExpectationBase {
  readonly kind: 'refusal';
  readonly fate: RefusalFate;
  /** Any, when undefined. */
  readonly from: string | undefined;
}

/** How often something was met with, or how often for each time that something else was. */
export interface SituationExpectation extends ExpectationBase {
  readonly kind: 'situation';
  readonly situation: string;
  readonly per: string | undefined;
}

/** A figure over tasks begun in a window. */
export interface TaskExpectation extends ExpectationBase {
  readonly kind: 'task';
  readonly metric: (typeof taskMetrics)[number];
  readonly task: TaskKind;
  readonly begunFrom: Instant;
  readonly begunUntil: Instant;
  readonly within: Duration | undefined;
}

/** What a faithful run must show. */
export type Expectation =
  WindowExpectation | TaskExpectation | RefusalExpectation | SituationExpectation | RunExpectation;

/**
 * Resolves times and checks that each expectation speaks of a system of the scenario, be it run or not.
 * @throws ScenarioError
 */
export function compileExpectations(parsed: ParsedScenario, epochWallMs: number): readonly Expectation[] {
  const systems = [...new Set([...Object.keys(parsed.document.systems), ...parsed.declaredSystems])];
  const homes = countriesOfPeople(parsed);
  const seen = new Set<string>();
  return parsed.document.expectations.map((written, index): Expectation => {
    const complain = (field: string, message: string): ScenarioError =>
      parsed.problemAt(['expectations', index, field], message);
    if (seen.has(written.id)) throw complain('id', `two expectations are called "${written.id}"`);
    seen.add(written.id);
    if (!systems.includes(written.system)) {
      throw complain(
        'system',
        `the scenario names no system "${written.system}"${didYouMean(nearest(written.system, systems))}`,
      );
    }
    const base = {
      id: written.id,
      text: written.amended === undefined ? written.text : `${written.text} (Amended: ${written.amended})`,
      basis: written.basis,
      system: written.system,
      least: written.least,
      most: written.most,
      source: written.source,
      // An interval that was moved with a run's figures in view is calibrated on that outage like a parameter.
      calibratedOn: [
        ...(written.calibratedOn ?? []),
        ...(written.amended === undefined ? [] : [parsed.document.name]),
      ],
      withoutFaults: written.withoutFaults,
    };
    const window = (field: string, times: readonly [string, string]): readonly [Instant, Instant] => {
      const [from, until] = times.map((time) => parseInstant(time, epochWallMs) as Instant);
      if (from !== undefined && until !== undefined && from < until && from >= 0) return [from, until];
      throw complain(
        field,
        `expected two instants within the run, the first one earlier, found ${times.join(' and ')}`,
      );
    };
    const inhabited = (
      field: string,
      countries: readonly string[] | undefined,
    ): readonly string[] | undefined => {
      const empty = countries?.find((country) => !homes.includes(country));
      if (empty === undefined) return countries;
      throw complain(field, `nobody of this scenario lives in ${empty}, but in ${homes.join(', ')}`);
    };
    if ('begunBetween' in written) {
      const { metric, task } = written;
      const [begunFrom, begunUntil] = window('begunBetween', written.begunBetween);
      const within = written.within as Duration | undefined;
      return { ...base, kind: 'task', metric, task, begunFrom, begunUntil, within };
    }
    if (written.metric === 'refused')
      return { ...base, kind: 'refusal', fate: written.fate, from: written.from };
    if (written.metric === 'situation')
      return { ...base, kind: 'situation', situation: written.situation, per: written.per };
    if (!('sentBetween' in written)) return { ...base, kind: 'run', metric: written.metric };
    const [sentFrom, sentUntil] = window('sentBetween', written.sentBetween);
    return {
      ...base,
      kind: 'window',
      metric: written.metric,
      sentFrom,
      sentUntil,
      within: written.within as Duration | undefined,
      distance: written.distance,
      sendersIn: inhabited('sendersIn', written.sendersIn),
      recipientsIn: inhabited('recipientsIn', written.recipientsIn),
    };
  });
}

/** The countries of the cities in which people live, by code. */
function countriesOfPeople({ document }: ParsedScenario): readonly string[] {
  const lived = new Set(document.people.cities.map(({ name }) => name));
  const there = loadCatalogue().cities.filter(({ name }) => lived.has(name));
  return [...new Set(there.map(({ location }) => location.country))].sort();
}
