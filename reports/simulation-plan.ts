// From a compiled scenario to what one simulation is a function of.
import type { CompiledScenario } from '../scenarios/compile.ts';
import { foreignCodeOf } from './foreign-code.ts';
import type { SimulationPlan } from '../sim/simulation.ts';
import type { System } from '../sim/systems/system.ts';
import type { Workload } from '../sim/workload/workload.ts';

/** Which simulation of a scenario. */
export interface PlanOptions {
  readonly compiled: CompiledScenario;
  /** The workload of that seed. */
  readonly workload: Workload;
  readonly seed: number;
  readonly system: System;
  /** The twin has no faults, and nobody has anything to do about them. */
  readonly variant: 'run' | 'twin';
}

/**
 * The plan of one system's run, or of its twin.
 * @throws ForeignPackagesMissing
 */
export function simulationPlan({ compiled, workload, seed, system, variant }: PlanOptions): SimulationPlan {
  return {
    world: compiled.world,
    workload,
    faults: variant === 'run' ? compiled.faults : [],
    actions: variant === 'run' ? compiled.actions : [],
    system,
    parameters: compiled.systems.get(system.id) ?? new Map(),
    seed: String(seed),
    limits: compiled.limits,
    foreign: foreignCodeOf(system),
  };
}
