// A slice of what goes on in one simulation: between two instants, at some nodes, about one message; simulated again.
import type { Instant } from '../../protocol/time.ts';
import type { CompiledScenario } from '../../scenarios/compile.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { System } from '../../sim/systems/system.ts';
import { nodesOf, UnknownNode } from '../inspection/inspect-node.ts';
import { simulationPlan } from '../simulation-plan.ts';
import { Gatherer } from './gatherer.ts';

/** What is to be kept. */
export interface SliceOptions {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly system: System;
  readonly variant: 'run' | 'twin';
  /** Microseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  /** What leaves or reaches one of these; all when left out. */
  readonly nodes?: readonly string[] | undefined;
  /** What carries this user message; everything when left out. */
  readonly message?: number | undefined;
  /** More transfers than this are too many for what they are for. */
  readonly most: number;
}

/** A message of a protocol on its way from one node to another. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly sentAt: number;
  readonly takenAt: number;
  /** Of the protocol: `matrix.transaction`. */
  readonly kind: string;
  /** Whether it is a `message` of a link, a `request`, a `response` or a `push`. */
  readonly form: string;
  /** User messages in it. */
  readonly carries: readonly number[];
  readonly legs: readonly {
    readonly until: number;
    readonly reason: string;
    readonly faults: readonly string[];
  }[];
}

/** Something that a node did or that befell it, at one instant. */
export interface Happening {
  readonly at: number;
  readonly node: string;
  readonly what:
    | 'sent'
    | 'resent'
    | 'accepted'
    | 'delivered'
    | 'duplicate'
    | 'failed'
    | 'attempt-failed'
    | 'stopped'
    | 'started';
  readonly message?: number;
  readonly faults: readonly string[];
}

/** Where a user message was on its way to one recipient. */
export interface Stay {
  readonly message: number;
  readonly recipient: number;
  readonly start: number;
  readonly end: number;
  readonly holder: string;
  readonly reason: string;
  readonly faults: readonly string[];
}

/** A fault within the slice. */
export interface SliceFault {
  readonly id: string;
  readonly title: string;
  readonly start: number;
  readonly end: number;
}

/** Everything of a slice, in order of time. */
export interface Slice {
  readonly system: string;
  readonly seed: number;
  readonly variant: 'run' | 'twin';
  readonly epochMs: number;
  readonly from: number;
  readonly until: number;
  /** Nodes that something in it happened at, in order of deployment. */
  readonly nodes: readonly string[];
  readonly transfers: readonly Transfer[];
  readonly happenings: readonly Happening[];
  readonly stays: readonly Stay[];
  readonly faults: readonly SliceFault[];
}

/**
 * Simulates up to the slice's end and keeps what is in it. Stays are those of messages that have been delivered by then.
 * @throws UnknownNode
 * @throws SliceTooLarge
 */
export function takeSlice(options: SliceOptions): Slice {
  const { compiled, seed, system, variant, from, until } = options;
  const specs = nodesOf(options);
  const names = specs.map(({ name }) => name);
  for (const name of options.nodes ?? []) if (!names.includes(name)) throw new UnknownNode(name, names);
  const workload = compiled.workload(String(seed));
  const phones = new Map(
    specs.flatMap(({ name, person, device }) =>
      person === undefined || device === 'computer' ? [] : [[person as number, name] as const],
    ),
  );
  const gathered = new Gatherer(options, names, {
    ofPerson: (person) => phones.get(person) ?? `person ${person}`,
    senderOf: (message) => workload.messages[message]?.sender ?? -1,
  });
  const plan = simulationPlan({ compiled, workload, seed, system, variant });
  const simulation = createSimulation({ ...plan, watcher: gathered }, gathered);
  gathered.causes = () => simulation.causes();
  simulation.runUntil(until as Instant);
  const seen = new Set([
    ...(options.nodes ?? []),
    ...gathered.transfers.flatMap((each) => [each.from, each.to]),
    ...gathered.happenings.flatMap(({ node, message }) => (message === undefined ? [] : [node])),
  ]);
  const faults = compiled.faults.map(({ id, title, start, end }) => ({
    id,
    title,
    start,
    end: gathered.endedAt.get(id) ?? end,
  }));
  return {
    system: system.id,
    seed,
    variant,
    epochMs: compiled.world.epochWallMs,
    from,
    until,
    nodes: names.filter((name) => seen.has(name)),
    transfers: gathered.transfers,
    happenings: gathered.happenings.filter(({ node }) => seen.has(node)),
    stays: gathered.stays,
    faults: variant === 'twin' ? [] : faults.filter(({ start, end }) => end > from && start < until),
  };
}
