// Every metric of a run, in the order of the reference (docs/reference/metrics.md, which is made from it).
import { blame } from '../blame.ts';
import { availability } from './availability.ts';
import { backlog } from './backlog.ts';
import { blastRadius } from './blast-radius.ts';
import { byClass } from './by-class.ts';
import { convergence } from './convergence.ts';
import { cutOff } from './cut-off.ts';
import { delivery } from './delivery.ts';
import { disputedState } from './disputed-state.ts';
import { divergence } from './divergence.ts';
import { energy } from './energy.ts';
import { latency } from './latency.ts';
import type { Metric } from './metric.ts';
import { order } from './order.ts';
import { overTime } from './over-time.ts';
import { recovery } from './recovery.ts';
import { refusals } from './refusals.ts';
import { serverLoad } from './server-load.ts';
import { tasks } from './tasks.ts';
import { traffic } from './traffic.ts';
import { undecryptable } from './undecryptable.ts';

/** A metric, and where its figures stand: below `systems.<id>` of run.json, and in which Parquet files beside it. */
export interface ListedMetric {
  readonly metric: Metric<unknown>;
  readonly record: readonly string[];
  readonly files: readonly string[];
}

export const metrics: readonly ListedMetric[] = [
  { metric: delivery, record: ['delivery', 'whenConnected', 'twin.delivery'], files: ['fates'] },
  {
    metric: latency,
    record: ['latencyMs', 'latencyDeliveredOnlyMs', 'latencyCurve', 'twin.latencyMs'],
    files: ['fates'],
  },
  { metric: byClass, record: ['byClass'], files: ['fates'] },
  { metric: availability, record: ['availability', 'twin.availability'], files: ['fates'] },
  { metric: cutOff, record: ['cutOff'], files: ['incidents'] },
  { metric: blastRadius, record: ['blastRadius'], files: ['fates', 'incidents'] },
  { metric: recovery, record: ['recovery'], files: ['fates'] },
  { metric: backlog, record: ['backlog'], files: ['fates'] },
  { metric: overTime, record: ['series'], files: ['series', 'fates', 'incidents'] },
  { metric: convergence, record: ['convergence'], files: ['incidents'] },
  { metric: divergence, record: ['divergence'], files: ['incidents'] },
  { metric: disputedState, record: ['disputedState'], files: ['disputes', 'refused'] },
  { metric: refusals, record: ['refusals'], files: ['counts'] },
  { metric: undecryptable, record: ['undecryptable'], files: ['incidents'] },
  { metric: order, record: ['order', 'twin.order'], files: ['fates', 'messages'] },
  { metric: tasks, record: ['tasks'], files: ['tasks'] },
  { metric: traffic, record: ['bytes', 'twin.bytes'], files: ['traffic', 'fates'] },
  { metric: energy, record: ['energy', 'twin.energy'], files: ['traffic', 'fates'] },
  { metric: serverLoad, record: ['serverLoad', 'twin.serverLoad'], files: ['load', 'fates'] },
  { metric: blame, record: ['blame', 'blameAccount', 'faults'], files: ['charges', 'spans', 'fates'] },
];
