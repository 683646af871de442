// What no delivery holds, as Parquet: what befell messages, the account of blame entry by entry, traffic and load.
import { taskKinds } from '../protocol/task.ts';
import { blameEntries } from './blame.ts';
import { file, whole } from './columns.ts';
import type { Evidence, Simulated } from './metrics/metric.ts';
import { attemptedOf, faultsBehind, measuredTasks, reasonOf } from './metrics/tasks.ts';

type AllEvidence = ReadonlyMap<string, Evidence>;

interface OneSimulation {
  readonly system: string;
  readonly variant: 'run' | 'twin';
  readonly simulated: Simulated;
  readonly evidence: Evidence;
}

/** Run and twin of every system. Without faults the run is its own twin, and stands there twice. */
function simulations(evidence: AllEvidence): readonly OneSimulation[] {
  return [...evidence].flatMap(([system, each]) =>
    (['run', 'twin'] as const).map((variant) => ({
      system,
      variant,
      simulated: each[variant],
      evidence: each,
    })),
  );
}

/**
 * `messages.parquet`: one row per system, run or twin, and message: when send was pressed and the service took it, sends by
 * hand after the first, attempts that failed, failures that its sender was shown, copies that came to somebody who had it.
 */
export function messagesFile(evidence: AllEvidence): Uint8Array {
  const rows = simulations(evidence).flatMap((simulation) =>
    simulation.evidence.workload.messages.map((message) => ({ ...simulation, message })),
  );
  type Row = (typeof rows)[number];
  const counts = (name: 'resent' | 'attemptsFailed' | 'failedVisibly' | 'duplicates'): number[] =>
    rows.map(({ simulated, message }) => simulated.fates[name][message.id] ?? 0);
  const numbers = (pick: (row: Row) => number): number[] => rows.map(pick);
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'message', data: numbers(({ message }) => message.id), type: 'INT32' },
    { name: 'sender', data: numbers(({ message }) => message.sender), type: 'INT32' },
    { name: 'conversation_id', data: numbers(({ message }) => message.conversation), type: 'INT32' },
    { name: 'sent_us', data: rows.map(({ message }) => whole(message.at)), type: 'INT64' },
    {
      name: 'accepted_us',
      data: rows.map(({ simulated, message }) => whole(simulated.fates.acceptedAt[message.id])),
      type: 'INT64',
    },
    { name: 'resent', data: counts('resent'), type: 'INT32' },
    { name: 'attempts_failed', data: counts('attemptsFailed'), type: 'INT32' },
    { name: 'failed_visibly', data: counts('failedVisibly'), type: 'INT32' },
    { name: 'duplicates', data: counts('duplicates'), type: 'INT32' },
  ]);
}

/**
 * `charges.parquet`: the entries of the account of blame. Each late or lost measured delivery has one per wait and fault
 * on its way; a line of the account is their sum. Microseconds may be fractions: waits are shared.
 */
export function chargesFile(evidence: AllEvidence): Uint8Array {
  const rows = [...evidence].flatMap(([system, each]) =>
    blameEntries(each).map((entry) => ({
      ...entry,
      system,
      message: each.expected.messages[entry.row] ?? -1,
      recipient: each.expected.recipients[entry.row] ?? -1,
    })),
  );
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'message', data: rows.map(({ message }) => message), type: 'INT32' },
    { name: 'recipient', data: rows.map(({ recipient }) => recipient), type: 'INT32' },
    { name: 'fault', data: rows.map(({ fault }) => fault), type: 'STRING' },
    { name: 'reason', data: rows.map(({ reason }) => reason), type: 'STRING' },
    { name: 'holder', data: rows.map(({ holder }) => holder), type: 'STRING' },
    { name: 'excess_us', data: rows.map(({ excess }) => excess), type: 'DOUBLE' },
    { name: 'consequence_us', data: rows.map(({ consequence }) => consequence), type: 'DOUBLE' },
    { name: 'never_delivered', data: rows.map(({ neverDelivered }) => neverDelivered), type: 'DOUBLE' },
  ]);
}

/** `traffic.parquet`: what all nodes sent since the row before, once an hour and at the end. */
export function trafficFile(evidence: AllEvidence): Uint8Array {
  const rows = simulations(evidence).flatMap(({ system, variant, simulated: { fates } }) =>
    [...fates.trafficAt].map((at, index) => ({ system, variant, at, index, fates })),
  );
  type Row = (typeof rows)[number];
  const numbers = (pick: (row: Row) => number | undefined): (bigint | null)[] =>
    rows.map((row) => whole(pick(row)));
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'at_us', data: numbers(({ at }) => at), type: 'INT64' },
    {
      name: 'internet_bytes',
      data: numbers(({ fates, index }) => fates.trafficInternetBytes[index]),
      type: 'INT64',
    },
    {
      name: 'radio_bytes',
      data: numbers(({ fates, index }) => fates.trafficRadioBytes[index]),
      type: 'INT64',
    },
    {
      name: 'radio_air_us',
      data: numbers(({ fates, index }) => fates.trafficRadioAir[index]),
      type: 'INT64',
    },
    {
      name: 'radio_scan_us',
      data: numbers(({ fates, index }) => fates.trafficRadioScan[index]),
      type: 'INT64',
    },
  ]);
}

/**
 * `tasks.parquet`: one row per system, run or twin, and measured task that was begun: when, until when it counts as in time,
 * when it was done (null: not by the horizon), whether its person was last shown a failure, what was in the way when it was
 * not in time, and the faults behind the steps that failed.
 */
export function tasksFile(evidence: AllEvidence): Uint8Array {
  const rows = simulations(evidence).flatMap(({ system, variant, simulated, evidence: each }) => {
    const deadline = each.workload.tasks?.deadline ?? 0;
    return taskKinds
      .filter((kind) => simulated.result.tasks.includes(kind))
      .flatMap((kind) => attemptedOf(measuredTasks(each, kind), simulated.fates.tasks))
      .map((attempted) => ({
        system,
        variant,
        attempted,
        deadline,
        faults: faultsBehind(attempted, simulated.result.causes).join(' '),
      }));
  });
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'task', data: rows.map(({ attempted }) => attempted.scheduled.id), type: 'INT32' },
    { name: 'kind', data: rows.map(({ attempted }) => attempted.scheduled.task.kind), type: 'STRING' },
    { name: 'begun_us', data: rows.map(({ attempted }) => whole(attempted.scheduled.at)), type: 'INT64' },
    {
      name: 'due_us',
      data: rows.map(({ attempted, deadline }) => whole(attempted.scheduled.at + deadline)),
      type: 'INT64',
    },
    { name: 'done_us', data: rows.map(({ attempted }) => whole(attempted.doneAt)), type: 'INT64' },
    {
      name: 'shown_failed',
      data: rows.map(({ attempted }) => attempted.failures.at(-1)?.shown === true),
      type: 'BOOLEAN',
    },
    {
      name: 'reason',
      data: rows.map(({ attempted, deadline }) => reasonOf(attempted, deadline)),
      type: 'STRING',
    },
    { name: 'faults', data: rows.map(({ faults }) => faults), type: 'STRING' },
  ]);
}

/**
 * `counts.parquet`: what is only counted as it happens, per system, run or twin. `situation`, `counter`: how often what
 * `name` says; `refusal`: how often `node` did not take what `peer` had sent it as it came, `name` being what became of it.
 */
export function countsFile(evidence: AllEvidence): Uint8Array {
  const rows = simulations(evidence).flatMap(({ system, variant, simulated: { result } }) => {
    const counted = (kind: string, counts: ReadonlyMap<string, number>): readonly CountRow[] =>
      [...counts].map(([name, times]) => ({ system, variant, kind, name, times }));
    return [
      ...counted('situation', result.situations),
      ...counted('counter', result.counters),
      ...(result.refusals ?? []).map(({ node, from, fate, rule, times }): CountRow => ({
        ...{ system, variant, kind: 'refusal', name: fate, times },
        ...{ node, peer: from, rule },
      })),
    ];
  });
  const texts = (column: 'node' | 'peer' | 'rule'): (string | null)[] =>
    rows.map((row) => row[column] ?? null);
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'kind', data: rows.map(({ kind }) => kind), type: 'STRING' },
    { name: 'name', data: rows.map(({ name }) => name), type: 'STRING' },
    { name: 'times', data: rows.map(({ times }) => times), type: 'DOUBLE' },
    { name: 'node', data: texts('node'), type: 'STRING' },
    { name: 'peer', data: texts('peer'), type: 'STRING' },
    { name: 'rule', data: texts('rule'), type: 'STRING' },
  ]);
}

interface CountRow {
  readonly system: string;
  readonly variant: 'run' | 'twin';
  readonly kind: string;
  readonly name: string;
  readonly times: number;
  readonly node?: string;
  readonly peer?: string;
  readonly rule?: string;
}

/** `load.parquet`: the work of every node that is nobody's device. */
export function loadFile(evidence: AllEvidence): Uint8Array {
  const rows = simulations(evidence).flatMap(({ system, variant, simulated }) =>
    (simulated.result.load ?? []).map((load) => ({ ...load, system, variant })),
  );
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'node', data: rows.map(({ node }) => node), type: 'STRING' },
    { name: 'processors', data: rows.map(({ processors }) => processors), type: 'INT32' },
    { name: 'busy_us', data: rows.map(({ busy }) => whole(busy)), type: 'INT64' },
    { name: 'busiest_minute_us', data: rows.map(({ busiestMinute }) => whole(busiestMinute)), type: 'INT64' },
    { name: 'inputs', data: rows.map(({ inputs }) => whole(inputs)), type: 'INT64' },
  ]);
}
