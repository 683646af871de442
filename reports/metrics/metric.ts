// What a metric is: a pure function of what happened in a run and in its twin, with its definition beside it.
import type { Action } from '../../sim/faults/action.ts';
import type { Fault } from '../../sim/faults/fault.ts';
import type { SimulationResult } from '../../sim/simulation.ts';
import type { Workload } from '../../sim/workload/workload.ts';
import type { ExpectedDeliveries } from '../expected-deliveries.ts';
import type { Fates } from '../fates.ts';

/** One simulation: what became of every expected delivery, and what the simulation says of itself. */
export interface Simulated {
  readonly fates: Fates;
  readonly result: SimulationResult;
}

/** All that is known of one system in a run. */
export interface Evidence {
  readonly workload: Workload;
  readonly expected: ExpectedDeliveries;
  /** The declared faults; empty when there were none. */
  readonly faults: readonly Fault[];
  /** What operators were to do about them; nothing unless given. */
  readonly actions?: readonly Action[];
  readonly run: Simulated;
  /** The same without the faults. The run itself when there were none. */
  readonly twin: Simulated;
}

/** A figure or a set of figures, with what a reader must know to quote it. */
export interface Metric<Figures> {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly definition: string;
  readonly caveats: readonly string[];
  compute(evidence: Evidence): Figures;
}

/** The faults with the ends that they had in a run: an action may have ended them. */
export function faultsAsTheyWere(
  faults: readonly Fault[],
  { endedByAction }: SimulationResult,
): readonly Fault[] {
  return faults.map((fault) => ({ ...fault, end: endedByAction.get(fault.id) ?? fault.end }));
}

/** When the last declared fault ends, in microseconds; undefined without faults. */
export function lastHeal(faults: readonly Fault[]): number | undefined {
  return faults.length === 0 ? undefined : Math.max(...faults.map(({ end }) => end));
}
