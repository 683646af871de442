// A node's state at an instant: the run is simulated again up to there, and its cores describe themselves.
import type { Instant } from '../../protocol/time.ts';
import type { CompiledScenario } from '../../scenarios/compile.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { DeploymentRecord } from '../../sim/host/deployment-record.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import type { TracedSimulation } from '../../sim/running-simulation.ts';
import type { NodeSpec, System } from '../../sim/systems/system.ts';
import { durationInWords } from '../figures-in-words.ts';
import { simulationPlan } from '../simulation-plan.ts';

/** Which node, when, and of which simulation. */
export interface InspectionOptions {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly system: System;
  readonly variant: 'run' | 'twin';
  readonly node: string;
  /** Microseconds since the epoch; what happens at this instant has happened. */
  readonly at: number;
}

/** What a node is at an instant. */
export interface Inspection {
  readonly system: string;
  readonly variant: 'run' | 'twin';
  readonly seed: number;
  readonly node: string;
  /** Microseconds since the epoch. */
  readonly at: number;
  /** Events handled up to then. */
  readonly events: number;
  /** Ids of the faults at work. */
  readonly faults: readonly string[];
  /** By part: what its core says of itself, or `down`. */
  readonly state: unknown;
}

/** There is no such node; `nearest` are names that look like the one that was asked for. */
export class UnknownNode extends RangeError {
  override readonly name = 'UnknownNode';
  readonly nearest: readonly string[];

  constructor(node: string, nodes: readonly string[]) {
    super(`there is no node "${node}"`);
    this.nearest = nearest(node, nodes, 5);
  }
}

/** The nodes that a system has when it is deployed for these people, in order of deployment. */
export function nodesOf(
  options: Pick<InspectionOptions, 'compiled' | 'seed' | 'system'>,
): readonly Pick<NodeSpec, 'name' | 'person' | 'device'>[] {
  const { compiled, seed } = options;
  const workload = compiled.workload(String(seed));
  const plan = simulationPlan({ ...options, workload, variant: 'twin' });
  const deployment = new DeploymentRecord(plan);
  plan.system.deploy(deployment);
  return deployment.nodes;
}

/** Their names. */
export function nodeNamesOf(
  options: Pick<InspectionOptions, 'compiled' | 'seed' | 'system'>,
): readonly string[] {
  return nodesOf(options).map(({ name }) => name);
}

/**
 * Simulates up to the instant and looks.
 * @throws UnknownNode
 * @throws RangeError when the instant is not within the run
 */
export function inspectNode(options: InspectionOptions): Inspection {
  const { seed, system, variant, node, at } = options;
  const nodes = nodeNamesOf(options);
  if (!nodes.includes(node)) throw new UnknownNode(node, nodes);
  const { simulation, faults } = simulatedUntil(options);
  return {
    system: system.id,
    variant,
    seed,
    node,
    at,
    events: simulation.events,
    faults,
    state: simulation.inspect(node),
  };
}

/** A simulation at an instant. */
export interface SimulatedInstant {
  readonly simulation: TracedSimulation;
  /** Ids of the faults at work. */
  readonly faults: readonly string[];
}

/**
 * Simulates up to the instant.
 * @throws RangeError when the instant is not within the run
 */
export function simulatedUntil({
  compiled,
  seed,
  system,
  variant,
  at,
}: Omit<InspectionOptions, 'node'>): SimulatedInstant {
  const until = instantWithin(at, compiled);
  const workload = compiled.workload(String(seed));
  const active = new Set<string>();
  const simulation = createSimulation(simulationPlan({ compiled, workload, seed, system, variant }), {
    record(observation) {
      if (observation.kind !== 'fault') return;
      if (observation.active) active.add(observation.fault);
      else active.delete(observation.fault);
    },
  });
  simulation.runUntil(until);
  return { simulation, faults: [...active] };
}

/** @throws RangeError when the instant, microseconds since the epoch, is not within the run */
export function instantWithin(at: number, { windows: { horizon } }: CompiledScenario): Instant {
  if (at >= 0 && at <= horizon) return at as Instant;
  throw new RangeError(
    `expected an instant from 0 s to the horizon, ${durationInWords(horizon / 1_000_000)} after the epoch`,
  );
}
