// The tables that queries see: Parquet files of all run folders laid over each other, and what their records say.
import { figures } from '../campaign/figures.ts';
import type { RunRecord } from '../record.ts';

/** Type of a column that comes from records. */
export type ColumnType = 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN';
export type Cell = string | number | boolean | null;

/** A table filled from the records of runs. */
export interface RecordTable {
  readonly name: string;
  readonly about: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  rows(record: RunRecord): readonly (readonly Cell[])[];
}

/** A view over a file that run folders hold. */
export interface FileTable {
  readonly name: string;
  readonly file: string;
  readonly about: string;
}

/** Views by the files' names. Every row begins with `run`, the folder. */
export const fileTables: readonly FileTable[] = [
  { name: 'fates', file: 'fates.parquet', about: 'one row per system and expected delivery' },
  {
    name: 'messages',
    file: 'messages.parquet',
    about: 'one row per system, run or twin, and message: what befell it',
  },
  { name: 'spans', file: 'spans.parquet', about: 'where deliveries that came late or never were, and why' },
  { name: 'charges', file: 'charges.parquet', about: 'the account of blame, entry by entry' },
  { name: 'series', file: 'series.parquet', about: 'what the curves show, per system and bucket of time' },
  {
    name: 'incidents',
    file: 'incidents.parquet',
    about: 'people cut off, copies that differ, findings at the end',
  },
  {
    name: 'traffic',
    file: 'traffic.parquet',
    about: 'bytes, air time and time of listening by hour, in run and twin',
  },
  {
    name: 'tasks',
    file: 'tasks.parquet',
    about: 'what people set out to do beyond writing, in run and twin',
  },
  {
    name: 'counts',
    file: 'counts.parquet',
    about: 'situations, counters and refusals as they were counted, in run and twin',
  },
  {
    name: 'disputes',
    file: 'disputes.parquet',
    about: 'entries of shared objects (state keys of rooms) on which copies differed, and who held what',
  },
  {
    name: 'refused',
    file: 'refused.parquet',
    about: 'what servers rejected or soft-failed, by which rule, and because of which disputed entry',
  },
  {
    name: 'resend_never',
    file: 'resend-never.parquet',
    about: 'like fates, had nobody sent again by hand (runs with --resend-bounds)',
  },
  {
    name: 'resend_always',
    file: 'resend-always.parquet',
    about: 'like fates, had everybody sent again by hand (runs with --resend-bounds)',
  },
  {
    name: 'ways',
    file: 'ways.parquet',
    about: 'where every delivery was, and why, in runs recorded at full level',
  },
  { name: 'load', file: 'load.parquet', about: 'work of each server, in run and twin' },
  {
    name: 'observations',
    file: 'observations.parquet',
    about: 'every observation, in runs recorded at full level',
  },
];

const microseconds = (seconds: number): number => Math.round(seconds * 1_000_000);

/** Tables from `run.json`. Each begins with `run`, which is filled in for them. */
export const recordTables: readonly RecordTable[] = [
  {
    name: 'runs',
    about: 'one row per run: scenario, seed, digests, windows',
    columns: {
      scenario: 'VARCHAR',
      title: 'VARCHAR',
      seed: 'BIGINT',
      complete: 'BOOLEAN',
      people: 'BIGINT',
      epoch: 'VARCHAR',
      sending_start_us: 'BIGINT',
      sending_end_us: 'BIGINT',
      horizon_us: 'BIGINT',
      last_fault_end_us: 'BIGINT',
      overrides: 'VARCHAR',
      netsplit: 'VARCHAR',
      digest: 'VARCHAR',
      outcome: 'VARCHAR',
    },
    rows: (record) => [
      [
        record.scenario,
        record.title,
        record.seed,
        record.complete,
        record.people,
        record.epoch,
        microseconds(record.windows.sendingStart),
        microseconds(record.windows.sendingEnd),
        microseconds(record.windows.horizon),
        record.faults.length === 0 ? null : microseconds(Math.max(...record.faults.map(({ end }) => end))),
        record.overrides.join('; '),
        record.netsplit,
        record.digest,
        record.outcome,
      ],
    ],
  },
  {
    name: 'parameters',
    about: 'values changed on the command line or varied by a campaign, one row each',
    columns: { path: 'VARCHAR', value: 'VARCHAR' },
    rows: ({ overrides }) =>
      overrides.map((override) => {
        const equals = override.indexOf('=');
        return [override.slice(0, equals), override.slice(equals + 1)];
      }),
  },
  {
    name: 'systems',
    about: 'one row per run and system: fidelity, events, digests',
    columns: {
      system: 'VARCHAR',
      title: 'VARCHAR',
      fidelity: 'VARCHAR',
      events: 'BIGINT',
      digest: 'VARCHAR',
    },
    rows: ({ systems }) =>
      Object.entries(systems).map(([id, { title, fidelity, events, digest }]) => [
        id,
        title,
        fidelity ?? null,
        events,
        digest,
      ]),
  },
  {
    name: 'figures',
    about:
      'the figures that campaigns compare; value is null where there is nothing to measure, infinity beyond the horizon',
    columns: { system: 'VARCHAR', figure: 'VARCHAR', value: 'DOUBLE', unit: 'VARCHAR' },
    rows: ({ systems }) =>
      Object.entries(systems).flatMap(([id, system]) =>
        figures.map((figure) => {
          const value = figure.of(system);
          const number = value === 'beyond-horizon' ? Infinity : value === 'nothing' ? null : value;
          return [id, figure.id, number, figure.unit];
        }),
      ),
  },
  {
    name: 'faults',
    about: 'one row per run and fault, with the deliveries that it changed by system',
    columns: {
      fault: 'VARCHAR',
      title: 'VARCHAR',
      kind: 'VARCHAR',
      target: 'VARCHAR',
      start_us: 'BIGINT',
      end_us: 'BIGINT',
      system: 'VARCHAR',
      bit: 'BIGINT',
    },
    rows: ({ faults }) =>
      faults.flatMap(({ id, title, kind, target, start, end, bit }) =>
        Object.entries(bit).map(([system, count]) => [
          id,
          title,
          kind,
          target,
          microseconds(start),
          microseconds(end),
          system,
          count,
        ]),
      ),
  },
  {
    name: 'expectations',
    about: 'one row per run and expectation; holds is null where it does not apply',
    columns: {
      expectation: 'VARCHAR',
      system: 'VARCHAR',
      basis: 'VARCHAR',
      fit: 'BOOLEAN',
      holds: 'BOOLEAN',
      measured: 'DOUBLE',
      expected: 'VARCHAR',
    },
    rows: ({ expectations }) =>
      expectations.map(({ id, system, basis, fit, holds, measured, expected }) => [
        id,
        system,
        basis,
        fit,
        holds,
        measured,
        expected,
      ]),
  },
];
