// What a run found about one system: the part of run.json below `systems.<id>`.
import { z } from 'zod';
import { taskKinds } from '../protocol/task.ts';

/** A share of something; null where there was nothing to take a share of. */
const share = z.number().min(0).max(1).nullable();

/** Shares are of expected deliveries: one message × one recipient. */
export const deliverySchema = z.object({
  /** Messages for which somebody pressed send in the sending window. */
  sent: z.number(),
  expected: z.number(),
  delivered: z.number(),
  ratio: share,
  /** Counts only messages sent at least that long before the horizon. */
  within: z.object({ '10s': share, '1m': share, '1h': share }),
});

/** Percentiles over expected deliveries. A null that `beyondHorizon` lists is infinite: print `> horizon`. */
export const latencySchema = z.object({
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  beyondHorizon: z.array(z.enum(['p50', 'p90', 'p99'])),
});

export const recoverySchema = z.object({
  /** Why `seconds` is what it is: there were no faults; the twin was never left; it was, and recovered or did not. */
  status: z.enum(['no-faults', 'never-left', 'recovered', 'not-recovered']),
  /** After the end of the last fault; null when there were no faults or it never happened within the sending window. */
  seconds: z.number().nullable(),
});

const agreement = {
  /** At the horizon every replica of every object agrees. Null: the system has no replicas. */
  converged: z.boolean().nullable(),
  /** From the last fault's end until no object's replicas differ for longer than a minute any more. */
  seconds: z.number().nullable(),
  /** From the last fault's end until no two replicas differ at all, up to the horizon. */
  strictSeconds: z.number().nullable(),
  /** Objects whose replicas differed for longer than a minute at some time. */
  diverged: z.number(),
  longestSeconds: z.number(),
};

export const convergenceSchema = z.object({
  ...agreement,
  objects: z.number(),
  /** The same in one aspect of the copies each: for Matrix the state of rooms, and their forward extremities. */
  aspects: z.record(z.string(), z.object(agreement)).default({}),
  /** Whether at the horizon every copy holds all that the others hold. Null: the system has no replicas. */
  historyComplete: z.boolean().nullable().default(null),
  /** Objects of which an entry fell back to an older one although nobody revoked it (for Matrix: state resets). */
  resets: z.number().default(0),
  /** Why replicas differ at the horizon, in words of the system's own closed list: how many differ so, by aspect. */
  causes: z
    .array(z.object({ aspect: z.string(), cause: z.string(), replicas: z.number(), objects: z.number() }))
    .default([]),
  /** Findings of which there is more to say, one by one: which entry of a state was reset, from what to what, and why. */
  details: z
    .array(z.object({ object: z.string(), aspect: z.string(), node: z.string(), detail: z.string() }))
    .default([]),
});

export const blameLineSchema = z.object({
  /** A fault's id, or `unexplained`. */
  fault: z.string(),
  title: z.string(),
  reason: z.string(),
  /** Sort of node that held the messages: `phone`, `hs`, `signal/chat`. */
  holder: z.string(),
  /** Late or lost deliveries on whose way this was. */
  deliveries: z.number(),
  /** Excess delay over the twin of late deliveries, charged to this line. */
  excessSeconds: z.number(),
  /** Part of it that passed while no fault was at work, in consequence of what the fault had done before. */
  consequenceSeconds: z.number(),
  /** Lost deliveries of which this is the last fault at work. */
  neverDelivered: z.number(),
});

export const blameAccountSchema = z.object({
  /** Deliveries later than in the twin by more than a second. */
  late: z.number(),
  /** Deliveries missing where the twin has them. */
  lost: z.number(),
  /** Sum over late deliveries of the delay beyond the twin's. */
  excessSeconds: z.number(),
  /** Part of it that passed while no fault was at work, after one had been. */
  consequenceSeconds: z.number(),
  /** Late or lost without any fault on their way. */
  unexplainedDeliveries: z.number(),
  unexplainedSeconds: z.number(),
  /** The larger of the shares of deliveries and of seconds that no fault explains. */
  unexplainedShare: z.number(),
  /** Missing with and without faults, by why in words. */
  missingInTwinToo: z.array(z.object({ why: z.string(), deliveries: z.number() })),
});

export const cutOffSchema = z.object({
  /** People cut off at some time; for longer than a minute, an hour. */
  people: z.number(),
  overOneMinute: z.number(),
  overOneHour: z.number(),
  /** Of those cut off: each person's total. */
  medianSeconds: z.number().nullable(),
  longestSeconds: z.number().nullable(),
  /** Sum over all people. */
  personHours: z.number(),
});

export const backlogSchema = z.object({
  /** Most expected deliveries outstanding beyond the twin's at any time. */
  peak: z.number(),
  /** Seconds since the epoch of that peak; null when there was none. */
  peakAt: z.number().nullable(),
  /** From the last fault's end until no more than 1 % of the peak is left for good; null: never, or no peak. */
  drainSeconds: z.number().nullable(),
});

const keyWaitsSchema = z.object({
  /** Expected deliveries that were on the recipient's device before their key. */
  deliveries: z.number(),
  /** Of those: not readable by the horizon. */
  never: z.number(),
  /** Null: none, or beyond the horizon. */
  medianSeconds: z.number().nullable(),
  longestSeconds: z.number().nullable(),
});

export const undecryptableSchema = keyWaitsSchema.extend({ twin: keyWaitsSchema });

export const trafficSchema = z.object({
  internet: z.number(),
  radio: z.number(),
  /** Time that radios were sending, summed over devices. */
  airSeconds: z.number(),
  /** Time that radios listened for others, summed over devices; records of older versions have none. */
  scanSeconds: z.number().optional(),
  perDelivery: z.number().nullable(),
});

export const availabilitySchema = z.object({
  /** People who sent something or were written to. */
  people: z.number(),
  median: share,
  /** Tenth percentile over people: one in ten had no more. */
  p10: share,
  worst: share,
  /** People with less than 99, 90 and 50 %. */
  below99: z.number(),
  below90: z.number(),
  below50: z.number(),
});

/** What the faults touched, of what had a measured delivery at all. */
export const blastRadiusSchema = z.object({
  people: share,
  conversations: share,
  countries: share,
  deliveries: share,
  /** The most people cut off at one instant. */
  cutOffAtOnce: z.number(),
});

export const orderSchema = z.object({
  /** Deliveries to somebody who already had a later message of the same conversation. */
  outOfOrder: z.number(),
  outOfOrderShare: share,
  /** Copies that reached an application which had the message. */
  duplicates: z.number(),
});

const divergenceFigures = {
  /** Stretches longer than a minute in which the replicas of one object did not all agree. */
  windows: z.number(),
  /** Objects that had one. */
  objects: z.number(),
  medianSeconds: z.number().nullable(),
  objectHours: z.number(),
};

export const divergenceSchema = z.object({
  ...divergenceFigures,
  aspects: z.record(z.string(), z.object(divergenceFigures)),
});

const disputeCounts = {
  /** Stretches longer than a minute in which not all copies of an object held the same for an entry. */
  windows: z.number(),
  objects: z.number(),
  longestSeconds: z.number(),
  /** Sum of the windows' lengths. */
  entryHours: z.number(),
  /** Parts of objects (for Matrix: events) that were kept without effect because of differing entries; of those, what somebody said. */
  refused: z.number(),
  refusedSpeech: z.number(),
};

/** On which entries copies of shared objects differed (for Matrix: state keys), and what was refused because of it. */
export const disputedStateSchema = z.object({
  ...disputeCounts,
  /** Windows that were still open at the horizon. */
  open: z.number(),
  medianSeconds: z.number().nullable(),
  twin: z.object(disputeCounts),
  /** The same by type of entry: `m.room.member`. */
  byType: z.array(z.object({ type: z.string(), ...disputeCounts })),
  /** Entries one by one, the longest disputed first; no more than twenty. */
  entries: z.array(
    z.object({
      object: z.string(),
      entry: z.string(),
      windows: z.number(),
      /** In all its windows together. */
      seconds: z.number(),
      /** Seconds since the epoch; the end is null while copies still differ. Null, too, where there was no window. */
      firstStart: z.number().nullable(),
      lastEnd: z.number().nullable(),
      /** Who held what for the longest time in the longest window; the value is null where copies had none. */
      sides: z.array(z.object({ value: z.string().nullable(), nodes: z.array(z.string()) })),
      /** How often a node kept something without effect because of it. */
      softFailed: z.number(),
      rejected: z.number(),
      /** What that was, and at how many nodes; the first ten. `message`: which of the people's, as `explain` knows it. */
      refused: z.array(
        z.object({ id: z.string(), message: z.number().nullable(), fate: z.string(), nodes: z.number() }),
      ),
    }),
  ),
});

export const energySchema = z.object({
  /** Sending, receiving and looking for others. */
  radioJoules: z.number(),
  /** Of these: looking for others. Records of older versions have none. */
  scanJoules: z.number().optional(),
  internetJoules: z.number(),
  perDeliveryJoules: z.number().nullable(),
});

export const serverLoadSchema = z.object({
  servers: z.number(),
  busySeconds: z.number(),
  inputsPerDelivery: z.number().nullable(),
  /** The server with the busiest minute, and how much of what its processors have in a minute was asked for in it. */
  busiest: z.string().nullable(),
  busiestMinute: z.number().nullable(),
  /** Where a system has servers of several architectures, of each: work, inputs, and the busiest minute of one of its servers. */
  services: z
    .array(
      z.object({
        service: z.string(),
        busySeconds: z.number(),
        inputs: z.number(),
        busiestMinute: z.number(),
      }),
    )
    .optional(),
});

export const classRowSchema = z.object({
  dimension: z.enum(['distance', 'conversation', 'country']),
  name: z.string(),
  expected: z.number(),
  shareOfExpected: share,
  delivered: share,
  withinOneMinute: share,
  twinDelivered: share,
  twinWithinOneMinute: share,
  /** In the run; records made before these have none. */
  withinTenSeconds: share.optional(),
  withinOneHour: share.optional(),
  late: z.number().optional(),
  lost: z.number().optional(),
  latencyMs: latencySchema.optional(),
});

/** Counts per bucket of equal length. Those of deliveries go by instant of sending, up to the end of sending. */
export const seriesSchema = z.object({
  /** Seconds since the epoch of the first bucket's start. */
  start: z.number(),
  bucketSeconds: z.number(),
  expected: z.array(z.number()),
  withinOneMinute: z.array(z.number()),
  ever: z.array(z.number()),
  twinWithinOneMinute: z.array(z.number()),
  twinEver: z.array(z.number()),
  /** At the end of each bucket, up to the horizon: people cut off, expected deliveries outstanding. */
  cutOff: z.array(z.number()),
  outstanding: z.array(z.number()),
  twinOutstanding: z.array(z.number()),
  /** At the same instants: expected deliveries on a device that lacks their key. Older records have none. */
  undecryptable: z.array(z.number()).default([]),
  twinUndecryptable: z.array(z.number()).default([]),
});

/** Cumulative: deliveries no later than each edge. */
export const latencyCurveSchema = z.object({
  edgesMs: z.array(z.number()),
  delivered: z.array(z.number()),
  twin: z.array(z.number()),
  expected: z.number(),
});

export const taskFiguresSchema = z.object({
  kind: z.enum(taskKinds),
  /** False: the system has no counterpart of it, and all counts are 0. */
  offered: z.boolean(),
  attempted: z.number(),
  /** Done within the deadline; later than that; shown as failed and left at that; neither by the horizon. */
  inTime: z.number(),
  late: z.number(),
  failed: z.number(),
  open: z.number(),
  /** Why the system has no counterpart of it; absent where it has, or where it is not simulated yet. */
  without: z.string().optional(),
  deadlineSeconds: z.number(),
  /** Over attempted tasks; null: beyond the horizon, or none attempted. */
  medianSeconds: z.number().nullable(),
  twinAttempted: z.number(),
  twinInTime: z.number(),
  /** Of those not in time: what was in the way at the deadline. */
  reasons: z.array(z.object({ reason: z.string(), tasks: z.number() })),
  /** Of those not in time that the twin did in time: by fault (a task with two faults in its way counts under both). */
  blame: z.array(z.object({ fault: z.string(), title: z.string(), tasks: z.number() })),
});

export const twinSchema = z.object({
  /** Where no fault could touch the system, the run is its own twin: the two digests are one. */
  digest: z.string(),
  outcome: z.string(),
  events: z.number(),
  delivery: deliverySchema,
  latencyMs: latencySchema,
  bytes: trafficSchema,
  availability: availabilitySchema.optional(),
  order: orderSchema.optional(),
  energy: energySchema.optional(),
  serverLoad: serverLoadSchema.optional(),
});

/** What a server did not take as another had sent it, and how often. */
const refusalSchema = z.object({
  node: z.string(),
  from: z.string(),
  fate: z.enum(['dropped', 'redacted', 'rejected', 'soft-failed', 'unconnected', 'rate-limited']),
  rule: z.string(),
  times: z.number(),
  twinTimes: z.number(),
});

/** The headline with another share of people who send again by hand. */
const resendBoundSchema = z.object({
  within1m: share,
  ratio: share,
  twinWithin1m: share,
  twinRatio: share,
});

export const systemRecordSchema = z.object({
  title: z.string(),
  description: z.string(),
  /** How near its model is to what people run (sim/systems/fidelity.ts); records made before grades have none. */
  fidelity: z.enum(['A', 'B', 'C']).optional(),
  digest: z.string(),
  outcome: z.string(),
  events: z.number(),
  endedBy: z.enum(['horizon', 'event-limit', 'instant-limit', 'time-limit', 'memory-limit', 'interrupt']),
  /** Names and events of the busiest nodes, when a limit ended it. */
  busiestNodes: z.array(z.object({ name: z.string(), events: z.number() })),
  delivery: deliverySchema,
  /** The same over deliveries whose sender and recipient both had a network throughout the first minute. */
  whenConnected: deliverySchema,
  latencyMs: latencySchema,
  latencyDeliveredOnlyMs: latencySchema,
  recoverySeconds: z.number().nullable(),
  recovery: recoverySchema,
  convergence: convergenceSchema,
  bytes: trafficSchema,
  blame: z.array(blameLineSchema),
  blameAccount: blameAccountSchema,
  faults: z.array(z.object({ id: z.string(), bit: z.number() })),
  cutOff: cutOffSchema,
  backlog: backlogSchema,
  /** What came before its key. Records made before keys were traffic have none. */
  undecryptable: undecryptableSchema.optional(),
  /** Records made before refusals were counted have none. */
  refusals: z.array(refusalSchema).default([]),
  byClass: z.array(classRowSchema),
  /** Records made before these metrics have none of them. */
  availability: availabilitySchema.optional(),
  blastRadius: blastRadiusSchema.optional(),
  order: orderSchema.optional(),
  divergence: divergenceSchema.optional(),
  disputedState: disputedStateSchema.optional(),
  energy: energySchema.optional(),
  serverLoad: serverLoadSchema.optional(),
  /** What people set out to do beyond writing, by kind; none when the scenario asks for none. */
  tasks: z.array(taskFiguresSchema).default([]),
  /** With nobody and with everybody sending again what failed visibly; only where it was asked for. */
  resend: z.object({ never: resendBoundSchema, always: resendBoundSchema }).optional(),
  series: seriesSchema,
  latencyCurve: latencyCurveSchema,
  /** Counts of observations: resends, failed attempts, failures shown to people, duplicates. */
  counts: z.record(z.string(), z.number()),
  situations: z.record(z.string(), z.number()),
  counters: z.record(z.string(), z.number()),
  twin: twinSchema,
});

export type SystemRecord = z.infer<typeof systemRecordSchema>;
export type DeliveryFigures = z.infer<typeof deliverySchema>;
export type LatencyFigures = z.infer<typeof latencySchema>;
export type RecoveryFigures = z.infer<typeof recoverySchema>;
export type ConvergenceFigures = z.infer<typeof convergenceSchema>;
export type BlameLine = z.infer<typeof blameLineSchema>;
export type BlameAccount = z.infer<typeof blameAccountSchema>;
export type CutOffFigures = z.infer<typeof cutOffSchema>;
export type ResendBound = z.infer<typeof resendBoundSchema>;
export type BacklogFigures = z.infer<typeof backlogSchema>;
export type UndecryptableFigures = z.infer<typeof undecryptableSchema>;
export type RefusalFigures = z.infer<typeof refusalSchema>;
export type AvailabilityFigures = z.infer<typeof availabilitySchema>;
export type BlastRadiusFigures = z.infer<typeof blastRadiusSchema>;
export type OrderFigures = z.infer<typeof orderSchema>;
export type DisputedState = z.infer<typeof disputedStateSchema>;
export type DivergenceFigures = Omit<z.infer<typeof divergenceSchema>, 'aspects'>;
export type EnergyFigures = z.infer<typeof energySchema>;
export type ServerLoadFigures = z.infer<typeof serverLoadSchema>;
export type TrafficFigures = z.infer<typeof trafficSchema>;
export type TaskFigures = z.infer<typeof taskFiguresSchema>;
export type ClassRow = z.infer<typeof classRowSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type LatencyCurve = z.infer<typeof latencyCurveSchema>;
