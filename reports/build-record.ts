// From what happened to run.json: every metric of every system, the expectations and the checks.
import { createHash } from 'node:crypto';
import { compareCodePoints } from '../protocol/order.ts';
import { inSeconds, type Instant } from '../protocol/time.ts';
import type { CompiledScenario } from '../scenarios/compile.ts';
import type { Fault } from '../sim/faults/fault.ts';
import type { System } from '../sim/systems/system.ts';
import type { Assumption } from '../sim/world.ts';
import { blame } from './blame.ts';
import { checkRun, evaluateExpectations } from './evaluate.ts';
import { availability } from './metrics/availability.ts';
import { backlog } from './metrics/backlog.ts';
import { blastRadius } from './metrics/blast-radius.ts';
import { byClass } from './metrics/by-class.ts';
import { convergence } from './metrics/convergence.ts';
import { cutOff } from './metrics/cut-off.ts';
import { delivery } from './metrics/delivery.ts';
import { disputedState } from './metrics/disputed-state.ts';
import { divergence } from './metrics/divergence.ts';
import { energy, energyAssumptions } from './metrics/energy.ts';
import { latency } from './metrics/latency.ts';
import type { Evidence } from './metrics/metric.ts';
import { order } from './metrics/order.ts';
import { overTime } from './metrics/over-time.ts';
import { undecryptable } from './metrics/undecryptable.ts';
import { recovery } from './metrics/recovery.ts';
import { tasks } from './metrics/tasks.ts';
import { refusals } from './metrics/refusals.ts';
import { serverLoad } from './metrics/server-load.ts';
import { traffic } from './metrics/traffic.ts';
import {
  recordVersion,
  type ActionRecord,
  type AssumptionRecord,
  type FaultRecord,
  type RunRecord,
} from './record.ts';
import type { SystemRecord, TaskFigures } from './record-system.ts';

/** What a system is held against: what happened, and every figure of it. */
interface Reading {
  readonly evidence: Evidence;
  readonly record: SystemRecord;
}

/** One system as it was measured. */
export interface MeasuredSystem extends Reading {
  /** As it would read in the world without the faults; undefined where no expectation asks. */
  readonly undisturbed: Reading | undefined;
}

interface RecordInput {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly overrides: readonly string[];
  /** By system, in the order in which reports show them. */
  readonly measured: ReadonlyMap<string, MeasuredSystem>;
  /** Systems that were stopped before they and their twins were through. */
  readonly unfinished: readonly string[];
  readonly reproduce: string;
  readonly version: string;
  readonly wallSeconds: number;
}

/**
 * Everything that is measured of one system, which does not depend on the others.
 * @param system undefined for one that is in no registry
 */
export function measureSystem(
  id: string,
  evidence: Evidence,
  { expectations, faults, faultsOverridden }: CompiledScenario,
  system: System | undefined,
): MeasuredSystem {
  const reading = (of: Evidence): Reading => ({ evidence: of, record: systemRecord(system, of) });
  const isJudged = faults.length > 0 && !faultsOverridden && expectations.some((each) => each.system === id);
  return {
    ...reading(evidence),
    undisturbed: isJudged ? reading({ ...evidence, run: evidence.twin, faults: [], actions: [] }) : undefined,
  };
}

/** The record of a run. Everything but `recordedAt` and `performance` depends on scenario, seed and systems alone. */
export function buildRecord(input: RecordInput): RunRecord {
  const { compiled, measured } = input;
  const { document, windows } = compiled;
  const { evidence, systems } = sideBySide(measured);
  const faults = faultRecords(compiled, evidence, systems);
  const everything = [...evidence.values()];
  return {
    version: recordVersion,
    netsplit: input.version,
    scenario: document.name,
    title: document.title,
    description: document.description,
    seed: input.seed,
    overrides: [...input.overrides],
    faultsOverridden: compiled.faultsOverridden,
    digest: combined(systems, 'digest'),
    outcome: combined(systems, 'outcome'),
    complete:
      input.unfinished.length === 0 &&
      everything.every(({ run, twin }) => endedAtHorizon(run) && endedAtHorizon(twin)),
    ...(input.unfinished.length === 0 ? {} : { unfinished: [...input.unfinished] }),
    epoch: new Date(compiled.world.epochWallMs).toISOString(),
    windows: {
      sendingStart: inSeconds(windows.sendingStart),
      sendingEnd: inSeconds(windows.sendingEnd),
      horizon: inSeconds(windows.horizon),
    },
    people: everything[0]?.workload.people.length ?? 0,
    systems,
    faults,
    actions: actionRecords(compiled, evidence),
    expectations: expectationRecords(input),
    checks: checkRun({ systems, faults, allSystems: evidence.size === compiled.systems.size }),
    assumptions: assumptionRecords(compiled, evidence),
    reproduce: input.reproduce,
    recordedAt: new Date().toISOString(),
    performance: performanceOf(everything, input.wallSeconds),
  };
}

/**
 * Every expectation, held against the run and, to show that it can tell the two apart, against the world without the
 * faults: there the twin takes the run's place.
 */
function expectationRecords({ compiled, measured }: RecordInput): RunRecord['expectations'] {
  const { document, expectations, faultsOverridden, faults } = compiled;
  const evaluate = (readings: ReadonlyMap<string, Reading>): RunRecord['expectations'] =>
    evaluateExpectations(expectations, {
      scenario: document.name,
      faultsOverridden,
      ...sideBySide(readings),
    });
  const found = evaluate(measured);
  if (faults.length === 0 || faultsOverridden) return found;
  const undisturbed = new Map<string, Reading>();
  for (const [id, each] of measured)
    if (each.undisturbed !== undefined) undisturbed.set(id, each.undisturbed);
  const without = evaluate(undisturbed);
  return found.map((each, index) => {
    const { holds = null, measured = null } = without[index] ?? {};
    return { ...each, withoutFaults: { holds, measured } };
  });
}

function sideBySide(readings: ReadonlyMap<string, Reading>): {
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly systems: Readonly<Record<string, SystemRecord>>;
} {
  const each = [...readings];
  return {
    evidence: new Map(each.map(([id, { evidence }]) => [id, evidence])),
    systems: Object.fromEntries(each.map(([id, { record }]) => [id, record])),
  };
}

/** Figures of a kind of task that the system lacks say why. */
function withReason(figures: TaskFigures, system: System | undefined): TaskFigures {
  const without = figures.offered ? undefined : system?.withoutTask?.[figures.kind];
  return without === undefined ? figures : { ...figures, without };
}

function systemRecord(system: System | undefined, evidence: Evidence): SystemRecord {
  const { run, twin, faults } = evidence;
  const deliveries = delivery.compute(evidence);
  const delays = latency.compute(evidence);
  const bytes = traffic.compute(evidence);
  const recovered = recovery.compute(evidence);
  const blamed = blame.compute(evidence);
  const available = availability.compute(evidence);
  const ordered = order.compute(evidence);
  const joules = energy.compute(evidence);
  const loads = serverLoad.compute(evidence);
  return {
    title: system?.title ?? run.result.system,
    description: system?.description ?? '',
    ...(system === undefined ? {} : { fidelity: system.fidelity }),
    digest: run.result.digest,
    outcome: run.result.outcome,
    events: run.result.events,
    endedBy: endedAtHorizon(run) ? twin.result.endedBy : run.result.endedBy,
    busiestNodes: run.result.busiestNodes.map((node) => ({ ...node })),
    delivery: deliveries.run,
    whenConnected: deliveries.whenConnected,
    latencyMs: delays.run,
    latencyDeliveredOnlyMs: delays.deliveredOnly,
    recoverySeconds: recovered.seconds,
    recovery: recovered,
    convergence: convergence.compute(evidence),
    bytes: bytes.run,
    blame: [...blamed.lines],
    blameAccount: blamed.account,
    faults: faults.map(({ id }) => ({ id, bit: blamed.bit.get(id) ?? 0 })),
    cutOff: cutOff.compute(evidence).figures,
    backlog: backlog.compute(evidence),
    undecryptable: undecryptable.compute(evidence),
    refusals: [...refusals.compute(evidence)],
    byClass: byClass.compute(evidence),
    availability: available.run,
    blastRadius: blastRadius.compute(evidence),
    order: ordered.run,
    divergence: divergence.compute(evidence),
    disputedState: disputedState.compute(evidence),
    energy: joules.run,
    serverLoad: loads.run,
    tasks: tasks.compute(evidence).map((figures) => withReason(figures, system)),
    series: overTime.compute(evidence),
    latencyCurve: delays.curve,
    counts: { ...run.fates.counts },
    situations: Object.fromEntries(run.result.situations),
    counters: Object.fromEntries(run.result.counters),
    twin: {
      digest: twin.result.digest,
      outcome: twin.result.outcome,
      events: twin.result.events,
      delivery: deliveries.twin,
      latencyMs: delays.twin,
      bytes: bytes.twin,
      availability: available.twin,
      order: ordered.twin,
      energy: joules.twin,
      serverLoad: loads.twin,
    },
  };
}

const endedAtHorizon = ({ result }: Evidence['run']): boolean => result.endedBy === 'horizon';

/** SHA-256 over the systems' hashes in order of their names. */
function combined(systems: Readonly<Record<string, SystemRecord>>, which: 'digest' | 'outcome'): string {
  const hash = createHash('sha256');
  const sorted = Object.entries(systems).sort(([left], [right]) => compareCodePoints(left, right));
  for (const [id, system] of sorted) hash.update(`${id}:${system[which]}\n`);
  return hash.digest('hex');
}

function faultRecords(
  { faults }: CompiledScenario,
  evidence: ReadonlyMap<string, Evidence>,
  systems: Readonly<Record<string, SystemRecord>>,
): FaultRecord[] {
  // Where systems differ in when an action ended a fault, until it was over in all of them.
  const endOf = ({ id, end }: Fault): Instant => {
    const ends = [...evidence.values()].map(({ run }) => run.result.endedByAction.get(id) ?? end);
    return (ends.length === 0 ? end : Math.max(...ends)) as Instant;
  };
  return faults.map((fault) => ({
    id: fault.id,
    title: fault.title,
    kind: fault.kind,
    target: fault.target,
    start: inSeconds(fault.start),
    end: inSeconds(endOf(fault)),
    source: fault.source,
    bit: Object.fromEntries(
      Object.entries(systems).map(([id, system]) => [
        id,
        system.faults.find((each) => each.id === fault.id)?.bit ?? 0,
      ]),
    ),
    bitTasks: Object.fromEntries(
      Object.entries(systems).map(([id, { tasks }]) => [
        id,
        tasks
          .flatMap(({ blame }) => blame)
          .reduce((sum, each) => sum + (each.fault === fault.id ? each.tasks : 0), 0),
      ]),
    ),
    contacts: Object.fromEntries(
      [...evidence].map(([id, { run }]) => [id, run.result.faultContacts.get(fault.id) ?? 0]),
    ),
    mayBeIdle: fault.mayBeIdle !== undefined,
    ...(fault.mayBeIdle === undefined ? {} : { idleBecause: fault.mayBeIdle }),
  }));
}

function actionRecords(
  { actions }: CompiledScenario,
  evidence: ReadonlyMap<string, Evidence>,
): ActionRecord[] {
  return actions.map((action) => ({
    id: action.id,
    title: action.title,
    do: action.do,
    ...('target' in action ? { target: action.target } : {}),
    ...(action.because === undefined ? {} : { because: action.because }),
    source: action.source,
    doneAt: Object.fromEntries(
      [...evidence].map(([id, { run }]) => {
        const at = run.result.actionsDone.get(action.id);
        return [id, at === undefined ? null : inSeconds(at)];
      }),
    ),
  }));
}

function assumptionRecords(
  compiled: CompiledScenario,
  evidence: ReadonlyMap<string, Evidence>,
): AssumptionRecord[] {
  const inScope = (scope: string, assumptions: readonly Assumption[]): AssumptionRecord[] =>
    assumptions.map(({ path, value, unit, meaning, source, range, calibratedOn }) => ({
      scope,
      path,
      value,
      unit,
      meaning,
      ...(source === undefined ? {} : { source }),
      ...(range === undefined ? {} : { range: [range[0], range[1]] }),
      ...(calibratedOn === undefined ? {} : { calibratedOn: [...calibratedOn] }),
    }));
  return [
    ...inScope('scenario', compiled.assumptions),
    ...[...evidence].flatMap(([id, { run }]) => inScope(id, run.result.assumptions)),
    ...inScope('metrics', energyAssumptions),
  ];
}

function performanceOf(evidence: readonly Evidence[], wallSeconds: number): RunRecord['performance'] {
  const results = new Set(evidence.flatMap(({ run, twin }) => [run.result, twin.result]));
  const events = [...results].reduce((sum, result) => sum + result.events, 0);
  return {
    events,
    wallSeconds,
    eventsPerSecond: wallSeconds === 0 ? 0 : Math.round(events / wallSeconds),
    // Kibibytes, of the whole process with its threads.
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}
