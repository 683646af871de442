// Every kind of fault that a scenario can ask for, each in a small town: the sign by which it is known, who is blamed for
// what it costs, and that nothing is left of it when it is taken out.
import { beforeAll, describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { blame } from '../../../reports/blame.ts';
import { ExpectedDeliveries } from '../../../reports/expected-deliveries.ts';
import { FatesFold } from '../../../reports/fates-fold.ts';
import { faultsAsTheyWere } from '../../../reports/metrics/metric.ts';
import { simulationPlan } from '../../../reports/simulation-plan.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { faultSchema } from '../../../scenarios/fault-schema.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import { systems } from '../../../sim/systems/registry.ts';

type Fields = Readonly<Record<string, unknown>>;

const town = ['people.count=10', 'windows.sending=40m', 'windows.horizon=75m'];

function simulate(
  system: string,
  faults: readonly Fields[],
  variant: 'run' | 'twin',
  changes: readonly string[],
) {
  const overrides = [...town, ...changes, `faults=${JSON.stringify(faults)}`];
  const compiled = compileScenario({ ...loadScenario('small-town'), overrides });
  const workload = compiled.workload('1');
  const expected = new ExpectedDeliveries(workload);
  const fold = new FatesFold(workload, expected);
  const failures = new Map<string, number>();
  const record = (observation: Observation): void => {
    fold.record(observation);
    if (observation.kind === 'attempt-failed')
      failures.set(observation.failure, (failures.get(observation.failure) ?? 0) + 1);
  };
  const plan = simulationPlan({
    compiled,
    workload,
    seed: 1,
    system: present(systems.get(system), system),
    variant,
  });
  const result = createSimulation(plan, { record }).finish();
  return { compiled, workload, expected, failures, simulated: { fates: fold.finish(), result } };
}

const known = new Map<string, ReturnType<typeof simulate>>();

/** Without any fault, made once: no fault of the table has a part in it. */
function faultless(
  system: string,
  variant: 'run' | 'twin',
  changes: readonly string[],
): ReturnType<typeof simulate> {
  const key = `${system} ${variant} ${changes.join()}`;
  const made = known.get(key) ?? simulate(system, [], variant, changes);
  known.set(key, made);
  return made;
}

const twinOf = (system: string, changes: readonly string[]) => faultless(system, 'twin', changes);
/** The run when its fault is taken out. */
const without = (system: string, changes: readonly string[]) => faultless(system, 'run', changes);

/** What a fault from minute 15 to 30 does. */
function under(system: string, fields: Fields, changes: readonly string[] = []) {
  const fault = {
    id: 'fault',
    title: 'Something is wrong',
    source: 'made for tests',
    start: '15m',
    end: '30m',
    ...fields,
  };
  const run = simulate(system, [fault], 'run', changes);
  const twin = twinOf(system, changes);
  // What differs from its twin was touched: the other way round, a run is taken for its own twin.
  expect(run.simulated.result.touched || run.simulated.result.outcome === twin.simulated.result.outcome).toBe(
    true,
  );
  const { lines, account, bit } = blame.compute({
    workload: run.workload,
    expected: run.expected,
    faults: faultsAsTheyWere(run.compiled.faults, run.simulated.result),
    run: run.simulated,
    twin: twin.simulated,
  });
  const ours = run.failures;
  return {
    failures: [...ours]
      .filter(([kind, count]) => count > (twin.failures.get(kind) ?? 0))
      .map(([kind]) => kind),
    reasons: new Set(lines.filter((line) => line.fault === 'fault').map(({ reason }) => reason)),
    late: account.late,
    lost: account.lost,
    unexplained: account.unexplainedDeliveries,
    bit: bit.get('fault') ?? 0,
    contacts: run.simulated.result.faultContacts.get('fault') ?? 0,
    airTime:
      run.simulated.fates.traffic.radioAirMicroseconds - twin.simulated.fates.traffic.radioAirMicroseconds,
    situations: run.simulated.result.situations,
    outcome: run.simulated.result.outcome,
    twinOutcome: twin.simulated.result.outcome,
  };
}

const signal = 'kind=host system=signal';
const servers = 'kind=host system=matrix';
const square = 'kind=city city=berlin';
const germany = 'country=DE';

/** The sign of a fault: what attempts fail of, and where what is late waits because of it. */
interface Sign {
  /** Sorts of failure that attempts to send show, and no others do. */
  readonly failures?: readonly string[];
  /** Reasons of waits that are charged to the fault, among others. */
  readonly reasons?: readonly string[];
  /** How a whole town of ten, or a few more, comes through. */
  readonly costs: 'late' | 'lost' | 'other';
  readonly situation?: string;
  /** Beside the usual ten people. */
  readonly changes?: readonly string[];
}

const unresolved = { failures: ['unresolved', 'status'], reasons: ['backoff'], costs: 'late' } as const;
const silence = {
  failures: ['timed-out'],
  reasons: ['backoff', 'connection-set-up'],
  costs: 'late',
} as const;
const briefBatteries = [
  'people.phoneBatteryHours=0.1',
  'world.access.cellBatteryLeastHours=0.05',
  'world.access.cellBatteryMostHours=0.1',
];

const table: readonly (readonly [what: string, system: string, fields: Fields, sign: Sign])[] = [
  [
    'black hole',
    'signal',
    { kind: 'down', target: signal },
    { failures: ['timed-out', 'refused'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'refusal',
    'signal',
    { kind: 'down', manner: 'refuse', target: signal },
    { failures: ['refused'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'crash',
    'matrix',
    { kind: 'down', manner: 'crash', target: servers },
    { failures: ['timed-out', 'refused'], reasons: ['backoff', 'catching-up'], costs: 'late' },
  ],
  [
    'crash that takes the disk',
    'matrix',
    { kind: 'down', manner: 'crash', disk: 'lost', target: servers },
    { failures: ['timed-out', 'refused', 'status'], costs: 'lost' },
  ],
  [
    'blackout',
    'signal',
    { kind: 'power-loss', target: 'kind=power-area city=berlin' },
    { failures: [], reasons: ['holder-down'], costs: 'late', changes: briefBatteries },
  ],
  [
    'errors',
    'signal',
    { kind: 'error-rate', probability: 1, target: signal },
    { failures: ['status'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'errors of a service behind',
    'signal',
    { kind: 'error-rate', probability: 1, target: 'kind=service region=us-east-1 service=dynamodb' },
    // Only a recipient outside the cache of accounts makes a send fail; among ten people there is none.
    {
      ...{ failures: ['status'], reasons: ['backoff', 'stored-for-recipient'], costs: 'late' },
      changes: ['systems.signal.uncachedShare=0.2', 'people.count=13'],
    },
  ],
  [
    'latency',
    'signal',
    { kind: 'latency', addMs: 3_000, target: signal },
    { reasons: ['in-flight'], costs: 'late' },
  ],
  [
    'loss',
    'signal',
    { kind: 'loss', probability: 0.6, target: signal },
    { reasons: ['retransmitting'], costs: 'late' },
  ],
  [
    'corruption',
    'signal',
    { kind: 'corruption', probability: 0.6, target: signal },
    { reasons: ['retransmitting'], costs: 'late' },
  ],
  [
    'a narrow line',
    'signal',
    { kind: 'bandwidth', bitsPerSecond: 2_000, target: signal },
    { failures: ['timed-out'], reasons: ['in-flight'], costs: 'late' },
  ],
  ['partition', 'signal', { kind: 'partition', from: germany, target: signal }, silence],
  [
    'one-way partition',
    'signal',
    { kind: 'partition', oneWay: true, from: germany, target: signal },
    silence,
  ],
  [
    'no such name',
    'signal',
    { kind: 'dns', answer: 'nxdomain', target: 'kind=dns-zone system=signal' },
    unresolved,
  ],
  [
    'resolver failure',
    'signal',
    { kind: 'dns', answer: 'servfail', target: 'kind=dns-zone system=signal' },
    unresolved,
  ],
  [
    'resolver silence',
    'signal',
    { kind: 'dns', answer: 'silence', target: 'kind=dns-zone system=signal' },
    unresolved,
  ],
  [
    'an empty record behind',
    'signal',
    { kind: 'dns', answer: 'empty', target: 'kind=dns-zone service=dynamodb region=us-east-1' },
    {
      ...{ failures: ['status'], reasons: ['stored-for-recipient'], costs: 'late' },
      changes: ['systems.signal.uncachedShare=0.2', 'people.count=13'],
    },
  ],
  [
    'withdrawn routes',
    'signal',
    { kind: 'bgp-withdrawal', target: 'kind=region provider=aws region=us-east-1' },
    silence,
  ],
  [
    'expired certificate',
    'signal',
    { kind: 'certificate-expired', target: 'kind=certificate system=signal' },
    { failures: ['tls'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'old trust stores',
    'signal',
    { kind: 'certificate-expired', clients: 0.5, target: 'kind=certificate system=signal' },
    { failures: ['tls'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'flapping load balancer',
    'signal',
    { kind: 'load-balancer-flap', fraction: 0.8, target: 'region=us-east-1 service=nlb' },
    { reasons: ['backoff'], costs: 'late' },
  ],
  [
    'slow machines',
    'signal',
    { kind: 'slow', factor: 3_000, target: signal },
    { failures: ['timed-out'], reasons: ['computing'], costs: 'late' },
  ],
  [
    'overload',
    'matrix',
    { kind: 'overload', requestsPerSecond: 3, costMs: 800, target: servers },
    { failures: ['timed-out'], reasons: ['server-queue'], costs: 'late' },
  ],
  ['closed border', 'signal', { kind: 'shutdown', target: 'kind=country country=DE' }, silence],
  ['blocking by silence', 'signal', { kind: 'blocking', service: 'system=signal', target: germany }, silence],
  [
    'blocking by reset',
    'signal',
    { kind: 'blocking', manner: 'reset', service: 'system=signal', target: germany },
    { failures: ['refused'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'blocking by name',
    'signal',
    { kind: 'blocking', manner: 'nxdomain', service: 'system=signal', target: germany },
    { failures: ['unresolved'], reasons: ['backoff'], costs: 'late' },
  ],
  [
    'wrong clocks',
    'bitchat',
    { kind: 'clock', skewMs: 200_000, share: 0.4, target: square },
    // Bitchat on Android hardly looks at clocks.
    {
      ...{ reasons: ['no-route'], costs: 'late', situation: 'bitchat.clock-skew' },
      changes: ['people.androidShare=0'],
    },
  ],
  [
    'jammer',
    'bitchat',
    { kind: 'radio-jamming', probability: 1, target: square },
    { reasons: ['no-route'], costs: 'late' },
  ],
  [
    'duplicate frames',
    'spray-and-wait',
    { kind: 'duplication', probability: 1, target: square },
    { costs: 'other', changes: ['people.count=13'] },
  ],
  [
    'withholding server',
    'matrix',
    { kind: 'byzantine', behaviour: 'withholds', target: servers },
    { costs: 'lost' },
  ],
  [
    'equivocating server',
    'matrix',
    { kind: 'byzantine', behaviour: 'equivocates', target: servers },
    { costs: 'other', situation: 'matrix.hostile.event-sent' },
  ],
  [
    'backdating server',
    'matrix',
    { kind: 'byzantine', behaviour: 'backdates', target: servers },
    { costs: 'other', situation: 'matrix.hostile.event-sent' },
  ],
];

describe.each(table)('%s', (_what, system, fields, sign) => {
  const { changes } = sign;
  let found: ReturnType<typeof under>;
  beforeAll(() => {
    found = under(system, fields, changes);
  });

  it('shows its sign, is blamed, and explains what it costs', () => {
    expect(found.outcome).not.toBe(found.twinOutcome);
    expect(found.bit).toBeGreaterThan(0);
    if (sign.failures !== undefined) expect(found.failures.sort()).toEqual([...sign.failures].sort());
    for (const reason of sign.reasons ?? []) expect(found.reasons).toContain(reason);
    if (sign.situation !== undefined) expect(found.situations.get(sign.situation)).toBeGreaterThan(0);
    if (sign.costs === 'late') expect(found.late).toBeGreaterThan(4);
    if (sign.costs === 'lost') expect(found.lost).toBeGreaterThan(0);
    // What is still on its way when a fault ends may meet nothing but its wake.
    expect(found.unexplained).toBeLessThanOrEqual(1);
  });

  it('costs nothing when it is taken out', () => {
    expect(without(system, changes ?? []).simulated.result.outcome).toBe(found.twinOutcome);
  });
});

it('duplicate frames make no difference to Bitchat, which lets nothing in twice', () => {
  const twice = under('bitchat', { kind: 'duplication', probability: 1, target: square });
  expect(twice.outcome).toBe(twice.twinOutcome);
});

describe('launches that fail', () => {
  it('keep down what went down, and nothing else', () => {
    const launches = { kind: 'no-new-instances', target: 'service=ec2-launch region=us-east-1' };
    const alone = under('signal', launches);
    expect(alone.outcome).toBe(alone.twinOutcome);
    const crash = {
      id: 'crash',
      title: 'Crash',
      source: 'made for tests',
      kind: 'down',
      manner: 'crash',
      target: signal,
      start: '15m',
      end: '16m',
    };
    const both = [
      crash,
      { id: 'fault', title: 'No launches', source: 'made for tests', start: '15m', end: '30m', ...launches },
    ];
    const lateIn = (faults: readonly Fields[]): number => {
      const { simulated } = simulate('signal', faults, 'run', []);
      const twin = twinOf('signal', []).simulated.fates.deliveredAt;
      return [...simulated.fates.deliveredAt].filter((at, row) => !(at - (twin[row] ?? 0) < 300_000_000))
        .length;
    };
    expect(lateIn([crash])).toBe(0);
    expect(lateIn(both)).toBeGreaterThan(4);
  });
});

it('covers every kind that a scenario can ask for', () => {
  const kinds = faultSchema.options.map(({ shape }) => shape.kind.value);
  const tried = new Set([...table.map(([, , { kind }]) => kind), 'no-new-instances']);
  expect(kinds.filter((kind) => !tried.has(kind))).toEqual([]);
});
