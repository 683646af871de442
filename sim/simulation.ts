// One system on one world, from the epoch to the horizon. Driven from outside, one event at a time.
import type { Core, RefusalFate } from '../protocol/core.ts';
import type { TaskKind } from '../protocol/task.ts';
import type { Duration, Instant } from '../protocol/time.ts';
import type { Action } from './faults/action.ts';
import type { Fault } from './faults/fault.ts';
import type { CreateForeignCode } from './foreign-code.ts';
import type { ObservationSink } from './observation.ts';
import type { Finding, System } from './systems/system.ts';
import type { Workload } from './workload/workload.ts';
import type { Assumption, World } from './world.ts';
import type { Watcher } from './watcher.ts';

/** Everything a simulation is a function of. */
export interface SimulationPlan {
  readonly world: World;
  readonly workload: Workload;
  /** Empty for the twin. */
  readonly faults: readonly Fault[];
  /** What operators do about them; nothing unless given, and in the twin. */
  readonly actions?: readonly Action[];
  readonly system: System;
  /** Values of system parameters set by the scenario, by name. */
  readonly parameters: ReadonlyMap<string, number>;
  readonly seed: string;
  readonly limits: Limits;
  /** Brings what a system of other people's code runs; only such a system asks for it. */
  readonly foreign?: CreateForeignCode | undefined;
  /** Nothing is hashed, and the result's digest is empty: for measurements of what the digest costs. */
  readonly withoutDigest?: boolean;
  /** Test mode: every message goes through its codec. Same digest. */
  readonly encodeEverything?: boolean;
  /** Looks on: for traces and pictures. Same digest. */
  readonly watcher?: Watcher;
  /** Test mode: one path's propagation is longer by this much; shows that the digest sees it. */
  readonly perturb?: { readonly from: string; readonly to: string; readonly by: Duration };
}

/** What ends a run early, with what it has. */
export interface Limits {
  readonly events: number;
  readonly eventsPerInstant: number;
}

/** Limits of the machine rather than of the scenario, which whoever drives a simulation watches; a live run can be stopped. */
export type EarlyEnd = 'time-limit' | 'memory-limit' | 'interrupt';

/** How much a machine worked, from the epoch on. */
export interface NodeLoad {
  readonly node: string;
  readonly processors: number;
  /** Microseconds of processor time, strangers' requests included. */
  readonly busy: number;
  /** Most of it that began within one minute of the clock. */
  readonly busiestMinute: number;
  /** Inputs that its cores took. */
  readonly inputs: number;
}

/** What a node did not take as it came, by peer, fate and rule. */
export interface Refusal {
  readonly node: string;
  readonly from: string;
  readonly fate: RefusalFate;
  readonly rule: string;
  readonly times: number;
}

/** What a finished simulation is known by. */
export interface SimulationResult {
  readonly system: string;
  /** Hash of every event handled. */
  readonly digest: string;
  /** Hash of what happened to each message and recipient and of every node's final state. */
  readonly outcome: string;
  readonly events: number;
  readonly endedBy: 'horizon' | 'event-limit' | 'instant-limit' | EarlyEnd;
  /** Names of nodes by index. */
  readonly nodes: readonly string[];
  /** Ids of the faults behind each cause token; token 0 is none. */
  readonly causes: readonly (readonly string[])[];
  readonly assumptions: readonly Assumption[];
  /** How often each situation was reached and each counter's sum. */
  readonly situations: ReadonlyMap<string, number>;
  readonly counters: ReadonlyMap<string, number>;
  /** What nodes did not take as it came; none where the protocol has no such word. */
  readonly refusals?: readonly Refusal[];
  /** Per fault: how many components it matched and how often it changed what the transport did. */
  readonly faultContacts: ReadonlyMap<string, number>;
  /**
   * Whether a fault or an action of the plan may have made a difference: false when none means anything that a node is,
   * stands on, or came across, and the run is that of its twin.
   */
  readonly touched: boolean;
  /** When each action was done; those that never were are missing. */
  readonly actionsDone: ReadonlyMap<string, Instant>;
  /** When each fault ended that an action ended. */
  readonly endedByAction: ReadonlyMap<string, Instant>;
  /** What people can do in the system beyond writing. */
  readonly tasks: readonly TaskKind[];
  /** Work of every node that is nobody's device, in order of deployment. */
  readonly load?: readonly NodeLoad[];
  /** What the system says is wrong at the end. */
  readonly findings: readonly Finding[];
  readonly busiestNodes: readonly { readonly name: string; readonly events: number }[];
}

/** A running simulation. */
export interface Simulation {
  readonly now: Instant;
  /** As in the result, so far. */
  readonly touched: boolean;
  /** Handles the next event; false when none is left before the horizon. */
  step(): boolean;
  /** Handles every event up to and including `instant`. */
  runUntil(instant: Instant): void;
  /** Runs to the horizon; or, where a limit is reached, ends here with what it has. */
  finish(limit?: EarlyEnd): SimulationResult;
  /** A node's cores as they describe themselves now. */
  inspect(node: string): unknown;
  /** The cores themselves of every node that is up, for looks that know what they look at. They are not to be stepped. */
  cores(): ReadonlyMap<string, readonly Core[]>;
}

/** Deploys the system and begins. Declared here, made in sim/kernel and sim/host. */
export type CreateSimulation = (plan: SimulationPlan, sink: ObservationSink) => Simulation;
