// run.json: what one run found, versioned and checked. Everything that a table, the dashboard or a script shows.
import { z } from 'zod';
import { liveSchema } from './live/live-record.ts';
import { systemRecordSchema } from './record-system.ts';

/** Version of the record's form. A reader refuses a later one and reads every earlier one. */
export const recordVersion = 1;

export const faultSchema = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.string(),
  /** Which components, in the selector language. */
  target: z.string(),
  /** Seconds since the epoch. */
  start: z.number(),
  end: z.number(),
  source: z.string(),
  /** Deliveries whose fate differs from the twin's because of it, by system. */
  bit: z.record(z.string(), z.number()),
  /** Likewise of what people set out to do beyond writing: tasks that were not done in time because of it. Older records have none. */
  bitTasks: z.record(z.string(), z.number()).optional(),
  /** How many components it matched or how often it changed what the transport did, by system. */
  contacts: z.record(z.string(), z.number()),
  mayBeIdle: z.boolean(),
  /** Why it may. */
  idleBecause: z.string().optional(),
});

export const assumptionSchema = z.object({
  /** `world`, `scenario`, or the system that declared it. */
  scope: z.string(),
  path: z.string(),
  value: z.union([z.number(), z.string(), z.boolean()]),
  unit: z.string(),
  meaning: z.string(),
  /** Where it comes from; absent when assumed. */
  source: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  calibratedOn: z.array(z.string()).optional(),
});

const expectationSchema = z.object({
  id: z.string(),
  basis: z.enum(['record', 'law', 'derived']),
  /** True, false, or null: does not apply to this run. */
  holds: z.boolean().nullable(),
  /** Null: beyond the horizon, or not measured. */
  measured: z.number().nullable(),
  /** The interval in words: `0.1 to 0.9`. */
  expected: z.string(),
  source: z.string(),
  statement: z.string(),
  system: z.string(),
  /** It depends on a parameter calibrated on this very outage: shows that the model fits, not that it is right. */
  fit: z.boolean(),
  /** Why `holds` is null, or what a null measurement means. */
  note: z.string().optional(),
  /** The same of the world without the faults, for which the twin stands; absent in older records and without faults. */
  withoutFaults: z.object({ holds: z.boolean().nullable(), measured: z.number().nullable() }).optional(),
});

/** A property that every run must have, whatever its scenario expects. */
const checkSchema = z.object({
  id: z.string(),
  holds: z.boolean(),
  statement: z.string(),
});

/** What operators did. */
const actionSchema = z.object({
  id: z.string(),
  title: z.string(),
  do: z.string(),
  target: z.string().optional(),
  /** The fault to which it answered. */
  because: z.string().optional(),
  source: z.string(),
  /** By system, seconds since the epoch; null where its time never came. */
  doneAt: z.record(z.string(), z.number().nullable()),
});

const windowsSchema = z.object({
  /** Seconds since the epoch. */
  sendingStart: z.number(),
  sendingEnd: z.number(),
  horizon: z.number(),
});

const performanceSchema = z.object({
  events: z.number(),
  wallSeconds: z.number(),
  eventsPerSecond: z.number(),
  peakMemoryMiB: z.number(),
});

export const runRecordSchema = z.object({
  version: z.literal(recordVersion),
  netsplit: z.string(),
  /** Id of the scenario. */
  scenario: z.string(),
  title: z.string(),
  description: z.string(),
  seed: z.number(),
  /** Values that were changed on the command line: `path=value`. */
  overrides: z.array(z.string()),
  /** The faults declared by the file were changed or left out: expectations do not apply. */
  faultsOverridden: z.boolean(),
  /** SHA-256 over the systems' digests in order of their names; outcome likewise. */
  digest: z.string(),
  outcome: z.string(),
  /** False when it was interrupted or a limit ended it. */
  complete: z.boolean(),
  /** Systems that an interrupt left out, because they and their twins were not through. */
  unfinished: z.array(z.string()).optional(),
  /** ISO 8601: what instant 0 stands for in the world. */
  epoch: z.string(),
  windows: windowsSchema,
  people: z.number(),
  systems: z.record(z.string(), systemRecordSchema),
  faults: z.array(faultSchema),
  actions: z.array(actionSchema).default([]),
  expectations: z.array(expectationSchema),
  checks: z.array(checkSchema),
  assumptions: z.array(assumptionSchema),
  /** The command that repeats this run. */
  reproduce: z.string(),
  /** Of a run that happened in real time. */
  live: liveSchema.optional(),
  /** ISO 8601 of the wall clock when the run ended, and what it cost: outside the digest. */
  recordedAt: z.string(),
  performance: performanceSchema,
});

/** What run.json holds. */
export type RunRecord = z.infer<typeof runRecordSchema>;
export type ActionRecord = z.infer<typeof actionSchema>;
export type FaultRecord = z.infer<typeof faultSchema>;
export type AssumptionRecord = z.infer<typeof assumptionSchema>;
export type ExpectationRecord = z.infer<typeof expectationSchema>;
export type CheckRecord = z.infer<typeof checkSchema>;
