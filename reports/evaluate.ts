// Expectations of a scenario and checks of every run, against what was measured; and how the run is to be judged.
import { assertNever } from '../protocol/assert.ts';
import type { PersonId } from '../protocol/message.ts';
import { minutes } from '../protocol/time.ts';
import type {
  Expectation,
  RefusalExpectation,
  RunExpectation,
  SituationExpectation,
  TaskExpectation,
  WindowExpectation,
} from '../scenarios/expectations.ts';
import { lateness, mostUnexplained, negligibleUnexplained } from './blame.ts';
import { checkId } from './check-kinds.ts';
import { shareOf } from './metrics/delivery.ts';
import { percentile } from './metrics/latency.ts';
import type { Evidence } from './metrics/metric.ts';
import { measuredTasks, shareDone } from './metrics/tasks.ts';
import type { CheckRecord, ExpectationRecord, FaultRecord, RunRecord } from './record.ts';
import type { SystemRecord } from './record-system.ts';

/** What a run's expectations are held against. */
export interface EvaluationInput {
  readonly scenario: string;
  readonly faultsOverridden: boolean;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly systems: Readonly<Record<string, SystemRecord>>;
}

/** Every expectation with its verdict, in the order of the scenario. */
export function evaluateExpectations(
  expectations: readonly Expectation[],
  input: EvaluationInput,
): ExpectationRecord[] {
  return expectations.map((expectation) => {
    const { id, basis, source, text, system, calibratedOn } = expectation;
    const common = {
      id,
      basis,
      source,
      statement: text,
      system,
      expected: interval(expectation),
      fit: calibratedOn.includes(input.scenario),
    };
    const notApplicable = (note: string): ExpectationRecord => ({
      ...common,
      holds: null,
      measured: null,
      note,
    });
    const evidence = input.evidence.get(system);
    const record = input.systems[system];
    if (evidence === undefined || record === undefined) return notApplicable('the system was not run');
    if (input.faultsOverridden && !expectation.withoutFaults)
      return notApplicable('faults were changed for this run');
    const value = measure(expectation, evidence, record);
    if (value === undefined) return notApplicable('nothing to measure');
    const holds = value >= (expectation.least ?? -Infinity) && value <= (expectation.most ?? Infinity);
    return Number.isFinite(value)
      ? { ...common, holds, measured: value }
      : { ...common, holds, measured: null, note: '> horizon' };
  });
}

function measure(expectation: Expectation, evidence: Evidence, record: SystemRecord): number | undefined {
  switch (expectation.kind) {
    case 'window':
      return measureWindow(expectation, evidence);
    case 'task':
      return measureTasks(expectation, evidence);
    case 'refusal':
      return refused(expectation, record);
    case 'situation':
      return met(expectation, record);
    case 'run':
      return measureRun(expectation, evidence, record);
    default:
      return assertNever(expectation);
  }
}

/** `20 to 400 min`, `at most 0.05`: figures without a unit are shares or counts. */
export function interval({
  least,
  most,
  metric = '',
}: Pick<Expectation, 'least' | 'most'> & { readonly metric?: string }): string {
  const unit = metric.endsWith('-minutes') ? ' min' : '';
  if (least === undefined) return `at most ${most ?? Infinity}${unit}`;
  return `${most === undefined ? `at least ${least}` : `${least} to ${most}`}${unit}`;
}

/** One expected delivery in run and twin: microseconds after the press of send, Infinity for never. */
interface Pair {
  readonly sentAt: number;
  readonly ours: number;
  readonly twins: number;
}

function pairsIn(expectation: WindowExpectation, { workload, expected, run, twin }: Evidence): Pair[] {
  const { sentFrom, sentUntil, distance, sendersIn, recipientsIn } = expectation;
  const livesIn = (person: PersonId, countries: readonly string[] | undefined): boolean =>
    countries === undefined || countries.includes(workload.people[person]?.country ?? '');
  const pairs: Pair[] = [];
  for (const { id, at, sender } of workload.messages) {
    if (at < sentFrom || at >= sentUntil || !livesIn(sender, sendersIn)) continue;
    const { start, end } = expected.rowsOf(id);
    for (let row = start; row < end; row++) {
      const recipient = workload.people[expected.recipients[row] ?? -1];
      if (distance !== undefined && recipient !== undefined)
        if (workload.distanceClass(sender, recipient.id) !== distance) continue;
      if (recipient !== undefined && !livesIn(recipient.id, recipientsIn)) continue;
      const delay = (column: Float64Array): number => {
        const deliveredAt = column[row] ?? NaN;
        return Number.isNaN(deliveredAt) ? Infinity : deliveredAt - at;
      };
      pairs.push({
        sentAt: at,
        ours: delay(run.fates.deliveredAt),
        twins: delay(twin.fates.deliveredAt),
      });
    }
  }
  return pairs;
}

/** The figure of a window; Infinity for beyond the horizon, undefined when nothing was expected. */
function measureWindow(expectation: WindowExpectation, evidence: Evidence): number | undefined {
  const pairs = pairsIn(expectation, evidence);
  if (pairs.length === 0) return undefined;
  const limit = expectation.within ?? Number.MAX_VALUE;
  const share = (holds: (pair: Pair) => boolean): number => pairs.filter(holds).length / pairs.length;
  const excess = (at: number): number | undefined => {
    const known = pairs.filter(({ twins }) => twins !== Infinity).map(({ ours, twins }) => ours - twins);
    const value = percentile(Float64Array.from(known).sort(), at);
    return value === undefined ? undefined : value / minutes(1);
  };
  switch (expectation.metric) {
    case 'ratio':
      return share(({ ours }) => ours <= limit);
    case 'ratio-loss':
      return share(({ twins }) => twins <= limit) - share(({ ours }) => ours <= limit);
    case 'read-in-window':
      return share(({ sentAt, ours }) => sentAt + ours < expectation.sentUntil);
    case 'excess-p50-minutes':
      return excess(0.5);
    case 'excess-p99-minutes':
      return excess(0.99);
    case 'late-share':
      return share(({ ours, twins }) => twins !== Infinity && ours - twins > lateness);
    default:
      return assertNever(expectation.metric);
  }
}

function refused({ fate, from }: RefusalExpectation, { refusals }: SystemRecord): number {
  return refusals
    .filter((each) => each.fate === fate && (from === undefined || each.from === from))
    .reduce((sum, { times }) => sum + times, 0);
}

/** Undefined where it is a share of nothing. */
function met({ situation, per }: SituationExpectation, { situations }: SystemRecord): number | undefined {
  const times = situations[situation] ?? 0;
  if (per === undefined) return times;
  const whole = situations[per] ?? 0;
  return whole === 0 ? undefined : times / whole;
}

/** Undefined where nobody set out to do such a thing. */
function measureTasks(
  { metric, task, begunFrom, begunUntil, within }: TaskExpectation,
  evidence: Evidence,
): number | undefined {
  const limit = within ?? evidence.workload.tasks?.deadline ?? 0;
  const scheduled = measuredTasks(evidence, task).filter(({ at }) => at >= begunFrom && at < begunUntil);
  const ours = shareDone(scheduled, evidence.run, limit);
  if (metric === 'task-ratio' || ours === undefined) return ours;
  const twins = shareDone(scheduled, evidence.twin, limit);
  return twins === undefined ? undefined : twins - ours;
}

function measureRun(
  { metric }: RunExpectation,
  evidence: Evidence,
  record: SystemRecord,
): number | undefined {
  const { delivery, twin, recovery, convergence } = record;
  switch (metric) {
    case 'lost-after-acceptance':
      return lostAfterAcceptance(evidence);
    case 'recovery-minutes':
      if (recovery.status === 'no-faults') return undefined;
      return recovery.seconds === null ? Infinity : recovery.seconds / 60;
    case 'cut-off-share':
      return record.cutOff.overOneMinute / evidence.workload.people.length;
    case 'converged':
      return flag(convergence.converged);
    case 'state-converged':
      return flag(convergence.aspects['state']?.converged);
    case 'state-recovery-minutes': {
      const { seconds } = convergence.aspects['state'] ?? {};
      return seconds === undefined ? undefined : seconds === null ? Infinity : seconds / 60;
    }
    case 'history-complete':
      return flag(convergence.historyComplete);
    case 'state-resets':
      return convergence.converged === null ? undefined : convergence.resets;
    case 'undecryptable':
      return record.undecryptable?.deliveries;
    case 'never-readable':
      return record.undecryptable?.never;
    case 'unexplained-share':
      return record.blameAccount.unexplainedShare;
    case 'never-delivered-excess':
      return shareOf(twin.delivery.delivered - delivery.delivered, delivery.expected) ?? undefined;
    default:
      return assertNever(metric);
  }
}

/** 1 or 0; undefined where there is nothing to tell. */
function flag(value: boolean | null | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** Deliveries of messages that the service had accepted, which never came although the twin has them. */
function lostAfterAcceptance({ expected, run, twin }: Evidence): number {
  let lost = 0;
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const accepted = !Number.isNaN(run.fates.acceptedAt[expected.messages[row] ?? -1] ?? NaN);
    const missing = Number.isNaN(run.fates.deliveredAt[row] ?? NaN);
    if (accepted && missing && !Number.isNaN(twin.fates.deliveredAt[row] ?? NaN)) lost++;
  }
  return lost;
}

interface CheckInput {
  readonly systems: Readonly<Record<string, SystemRecord>>;
  readonly faults: readonly FaultRecord[];
  /** Every system of the scenario was run: only then must a fault bite one of them. */
  readonly allSystems: boolean;
}

const limitInWords: Readonly<Record<SystemRecord['endedBy'], string>> = {
  horizon: 'the horizon',
  'event-limit': 'the limit on events (limits.events)',
  'instant-limit': 'the limit on events at one instant (limits.eventsPerInstant)',
  'time-limit': 'the limit on wall time (--max-seconds)',
  'memory-limit': 'the limit on memory (--max-memory, or the heap of a thread)',
  interrupt: 'an interrupt',
};

/** What every run must have, whatever its scenario expects. */
export function checkRun({ systems, faults, allSystems }: CheckInput): CheckRecord[] {
  const bites = faults.map((fault) => biteCheck(fault, allSystems));
  const explained = Object.entries(systems).map(([id, { title, blameAccount, delivery }]) => ({
    id: checkId('explained', id),
    holds:
      blameAccount.unexplainedShare <= mostUnexplained ||
      blameAccount.unexplainedDeliveries <= negligibleUnexplained * delivery.expected,
    statement: `Faults explain what is late or lost in ${title}, all but ${mostUnexplained * 100} %`,
  }));
  const whole = Object.entries(systems).map(([id, system]) => wholeCheck(id, system));
  // Only systems that say why copies differ have anything to explain.
  const divergences = Object.entries(systems).flatMap(([id, { title, convergence }]) =>
    convergence.causes.length === 0
      ? []
      : [
          {
            id: checkId('divergence', id),
            holds: convergence.causes.every(({ cause }) => cause !== 'unexplained'),
            statement: `Every replica of ${title} that differs at the horizon has a named cause`,
          },
        ],
  );
  return [...bites, ...explained, ...divergences, ...whole];
}

function wholeCheck(id: string, { title, endedBy, busiestNodes }: SystemRecord): CheckRecord {
  const check = { id: checkId('whole', id), holds: endedBy === 'horizon', statement: '' };
  if (check.holds) return { ...check, statement: `${title} was simulated to the horizon` };
  const busiest = busiestNodes.map(({ name, events }) => `${name} ${events}`).join(', ');
  return {
    ...check,
    statement: `${title} was simulated to the horizon: ${limitInWords[endedBy]} ended it${
      busiest === '' ? '' : `; busiest nodes, by events: ${busiest}`
    }`,
  };
}

/**
 * A fault has to bite in some system that the scenario names, unless the scenario says why it may be idle. Where systems
 * were left out, a fault may be there for them: that it bit nothing here is no failure, and is told.
 */
function biteCheck(fault: FaultRecord, allSystems: boolean): CheckRecord {
  const { id, title } = fault;
  const check = (holds: boolean, statement: string): CheckRecord => ({
    id: checkId('fault-bites', id),
    holds,
    statement: `“${title}” ${statement}`,
  });
  if (hasBitten(fault)) return check(true, 'changes the fate of a delivery or a task in at least one system');
  if (fault.mayBeIdle) return check(true, `is idle, as declared: ${fault.idleBecause ?? 'no reason given'}`);
  if (allSystems)
    return check(
      false,
      'changes the fate of no delivery and no task in any system: what it names matters to nobody here',
    );
  const touched = Object.values(fault.contacts).some((count) => count > 0);
  return check(
    true,
    `${touched ? 'changes no delivery in' : 'touches nothing of'} the systems of this run; others of the scenario were left out`,
  );
}

/** Whether a delivery of some system has another fate than in the twin because of it. */
export function hasBitten({ bit, bitTasks = {} }: Pick<FaultRecord, 'bit' | 'bitTasks'>): boolean {
  return [...Object.values(bit), ...Object.values(bitTasks)].some((count) => count > 0);
}

/** How a run is to be judged: it decides the exit code of the command. */
export type Verdict = 'good' | 'check-failed' | 'limit-reached';

/** A limit outweighs a failed check: what ended early cannot be held against an expectation. */
export function verdictOf({ systems, checks, expectations }: RunRecord): Verdict {
  if (Object.values(systems).some(({ endedBy }) => endedBy !== 'horizon')) return 'limit-reached';
  const failed = checks.some(({ holds }) => !holds) || expectations.some(({ holds }) => holds === false);
  return failed ? 'check-failed' : 'good';
}
