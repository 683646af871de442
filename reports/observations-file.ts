// Full level: every observation and the whole way of every delivery, written while run and twin are simulated again.
import { join } from 'node:path';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { present } from '../protocol/assert.ts';
import type { Instant } from '../protocol/time.ts';
import type { CompiledScenario } from '../scenarios/compile.ts';
import { createSimulation } from '../sim/create-simulation.ts';
import type { Observation } from '../sim/observation.ts';
import type { System } from '../sim/systems/system.ts';
import { nodesOf } from './inspection/inspect-node.ts';
import { simulationPlan } from './simulation-plan.ts';

/** What is simulated again. */
export interface FullRecordOptions {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly systems: readonly System[];
}

/** Slices of virtual time between which rows are handed to the file: memory holds one of them. */
const slices = 200;
const rowsPerGroup = 50_000;

type Row = Readonly<Record<string, unknown>>;

const observationColumns = [
  { name: 'system', type: 'STRING' },
  { name: 'variant', type: 'STRING' },
  { name: 'at_us', type: 'INT64' },
  { name: 'kind', type: 'STRING' },
  { name: 'message', type: 'INT32' },
  { name: 'person', type: 'INT32' },
  { name: 'node', type: 'STRING' },
  { name: 'object', type: 'STRING' },
  { name: 'failure', type: 'STRING' },
  { name: 'faults', type: 'STRING' },
  { name: 'more', type: 'STRING' },
] as const;

const wayColumns = [
  { name: 'system', type: 'STRING' },
  { name: 'variant', type: 'STRING' },
  { name: 'message', type: 'INT32' },
  { name: 'recipient', type: 'INT32' },
  { name: 'start_us', type: 'INT64' },
  { name: 'end_us', type: 'INT64' },
  { name: 'holder', type: 'STRING' },
  { name: 'reason', type: 'STRING' },
  { name: 'faults', type: 'STRING' },
] as const;

/** Names of the files of the full level. */
export const fullFiles = { observations: 'observations.parquet', ways: 'ways.parquet' } as const;

/**
 * Writes `observations.parquet` (every observation in order; `more` is JSON of what has no column) and `ways.parquet`
 * (where every delivery was from the press of send on, without gap or overlap) into a folder.
 */
export async function writeFullRecord(folder: string, options: FullRecordOptions): Promise<void> {
  await write(join(folder, fullFiles.observations), observationColumns, rowsOf(options, observationRows));
  await write(join(folder, fullFiles.ways), wayColumns, rowsOf(options, wayRows));
}

async function write(
  filename: string,
  columns: typeof observationColumns | typeof wayColumns,
  rows: Iterable<Row>,
): Promise<void> {
  await parquetWriteRows({
    writer: fileWriter(filename),
    rows: rows as Iterable<Record<string, unknown>>,
    columns: columns.map((column) => ({ ...column, nullable: true })),
    rowGroupSize: rowsPerGroup,
    createdBy: 'netsplit',
    statistics: false,
  });
}

interface Names {
  node(index: number): string;
  faults(cause: number): string;
}

type RowMaker = (observation: Observation, names: Names) => readonly Row[];

/** Rows of run and twin of every system, made as the simulations go. */
function* rowsOf({ compiled, seed, systems }: FullRecordOptions, make: RowMaker): Generator<Row> {
  const workload = compiled.workload(String(seed));
  const { horizon } = compiled.windows;
  for (const system of systems) {
    const nodes = nodesOf({ compiled, seed, system });
    for (const variant of compiled.faults.length === 0 ? (['run'] as const) : (['run', 'twin'] as const)) {
      let gathered: Row[] = [];
      const names: Names = {
        node: (index) => present(nodes[index], `node ${index}`).name,
        faults: (cause) => (simulation.causes()[cause] ?? []).join(' '),
      };
      const simulation = createSimulation(simulationPlan({ compiled, workload, seed, system, variant }), {
        record(observation) {
          for (const row of make(observation, names)) gathered.push({ system: system.id, variant, ...row });
        },
      });
      for (let slice = 1; slice <= slices; slice++) {
        if (slice < slices) simulation.runUntil(Math.round((horizon * slice) / slices) as Instant);
        else simulation.finish();
        yield* gathered;
        gathered = [];
      }
    }
  }
}

function observationRows(observation: Observation, names: Names): readonly Row[] {
  const { at, kind, ...rest } = observation;
  const known: Record<string, unknown> = { at_us: BigInt(at), kind };
  const more: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'message' || name === 'person' || name === 'object' || name === 'failure')
      known[name] = value;
    else if (name === 'node') known['node'] = names.node(value as number);
    else if (name === 'cause') known['faults'] = names.faults(value as number);
    else if (name !== 'spans') more[name] = value;
  }
  return [Object.keys(more).length === 0 ? known : { ...known, more: JSON.stringify(more) }];
}

function wayRows(observation: Observation, names: Names): readonly Row[] {
  if (observation.kind !== 'delivered' && observation.kind !== 'undelivered') return [];
  const { message, person, spans } = observation;
  return spans.map(({ start, end, holder, reason, cause }) => ({
    message,
    recipient: person,
    start_us: BigInt(start),
    end_us: BigInt(end),
    holder: names.node(holder),
    reason,
    faults: names.faults(cause),
  }));
}
