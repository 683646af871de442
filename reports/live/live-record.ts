// What a run that happened in real time has in its record besides: how late the machine was, and how it compares.
import { z } from 'zod';

/** One node's copy of one shared object, where the two runs differ. */
const differenceSchema = z.object({
  node: z.string(),
  object: z.string(),
  /** Entries `[type, state key, sender, content]` that only one of them has; the first few. */
  onlySimulated: z.array(z.string()),
  onlyLive: z.array(z.string()),
});

const delaysSchema = z.object({
  /** Deliveries with a delay. */
  count: z.number(),
  p10: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
});

export const comparisonSchema = z.object({
  /** Expected deliveries, and which of the two runs made them. */
  deliveries: z.object({
    expected: z.number(),
    both: z.number(),
    onlySimulated: z.number(),
    onlyLive: z.number(),
    neither: z.number(),
  }),
  /** Copies of shared objects at the end, on nodes that ran in both. */
  states: z.object({ compared: z.number(), equal: z.number(), differences: z.array(differenceSchema) }),
  latencyMs: z.object({
    simulated: delaysSchema,
    live: delaysSchema,
    /** Moved by this much, one distribution lies within the chance band of the other. */
    apart: z.number(),
    /** So much is allowed: steps of a delivery times how late a step is. */
    tolerance: z.number(),
    /** Half the width of the chance band, as a share. */
    band: z.number(),
  }),
  /** Deliveries and states are compared one by one; otherwise, where people race, distributions alone. */
  oneByOne: z.boolean(),
  verdict: z.object({
    deliveries: z.boolean().nullable(),
    states: z.boolean().nullable(),
    latency: z.boolean(),
    agree: z.boolean(),
  }),
});

export const liveSchema = z.object({
  processes: z.number(),
  /** Wall time before the epoch: processes started and connected. */
  preparedSeconds: z.number(),
  /** By how much events of the nodes' clocks came late, milliseconds. */
  lateMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), most: z.number() }),
  /** When it was stopped, seconds since the epoch; missing of a run that came to its horizon. */
  stoppedAt: z.number().optional(),
  /** Missing of a run that was stopped. */
  comparison: comparisonSchema.optional(),
});

export type LiveRecord = z.infer<typeof liveSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type StateDifference = z.infer<typeof differenceSchema>;
