// One system on one world: deploys it, connects its nodes to media and health, and lets it run.
import { assert, present } from '../protocol/assert.ts';
import type { Core } from '../protocol/core.ts';
import type { Instant } from '../protocol/time.ts';
import { MessageLedger } from './blame.ts';
import { CauseTable } from './causes.ts';
import { taskAssumptions } from './host/undertakings.ts';
import { DeploymentRecord } from './host/deployment-record.ts';
import { Devices, isComputer } from './host/devices.ts';
import { FactRecorder } from './host/facts.ts';
import { declareTimings } from './host/timings.ts';
import { createNode, type HostedNode } from './host/node.ts';
import { Operations } from './host/operations.ts';
import { Power } from './host/power.ts';
import { PushGateway } from './host/push-gateway.ts';
import { SimulatedHost } from './host/simulated-host.ts';
import type { CreateSurroundings, Surroundings } from './host/surroundings.ts';
import { TrafficMeter } from './host/traffic.ts';
import { Kernel, type StepResult } from './kernel/kernel.ts';
import { Trace, type Checkpoint, type TraceDetail } from './kernel/trace.ts';
import type { ObservationSink } from './observation.ts';
import { outcomeOf } from './outcome.ts';
import type { NodeAtEnd, NodeSpec } from './systems/system.ts';
import type { EarlyEnd, Simulation, SimulationPlan, SimulationResult } from './simulation.ts';
import type { Computer, Device } from './workload/workload.ts';

/** Events between two checkpoints of the digest. */
const checkpointInterval = 65_536;

/** The event handled last, as far as it can be told. */
export interface EventDescription {
  readonly instant: Instant;
  readonly label: string;
  readonly node: string | undefined;
  /** The number scheduled with it. */
  readonly extra: number;
  readonly details: readonly TraceDetail[];
}

/** A simulation whose events can be looked at, for `verify` and `diff`. */
export interface TracedSimulation extends Simulation {
  /** Digests on the way. */
  readonly checkpoints: readonly Checkpoint[];
  readonly events: number;
  /** Events so far of one kind, by the label it has in the digest; none when there is no such kind. */
  eventsOf(label: string): number;
  /** From now on keeps, for the event in hand, what it did. Slower; the digest stays the same. */
  explain(): void;
  readonly last: EventDescription;
  digest(): string;
  /** Ids of the faults behind each cause token so far. */
  causes(): readonly (readonly string[])[];
}

/** Makes a simulation in surroundings of the caller's choice; `sim/create-simulation.ts` has the real ones. */
export function createSimulationIn(
  createSurroundings: CreateSurroundings,
  plan: SimulationPlan,
  sink: ObservationSink,
): TracedSimulation {
  return new RunningSimulation(createSurroundings, plan, sink);
}

class RunningSimulation implements TracedSimulation {
  readonly #plan: SimulationPlan;
  readonly #sink: ObservationSink;
  readonly #trace: Trace;
  readonly #kernel: Kernel;
  readonly #causes = new CauseTable();
  readonly #deployment: DeploymentRecord;
  readonly #nodes: readonly HostedNode[];
  readonly #ledger: MessageLedger;
  readonly #traffic: TrafficMeter;
  readonly #facts: FactRecorder;
  readonly #host: SimulatedHost;
  readonly #surroundings: Surroundings;
  readonly #operations: Operations;
  #ended: Exclude<StepResult, 'event'> | EarlyEnd | undefined;
  #result: SimulationResult | undefined;

  constructor(createSurroundings: CreateSurroundings, plan: SimulationPlan, sink: ObservationSink) {
    const { workload, system } = plan;
    this.#plan = plan;
    this.#sink = sink;
    this.#trace = new Trace(system.codec, checkpointInterval, plan.withoutDigest !== true);
    this.#trace.label(system.id);
    this.#kernel = new Kernel({
      horizon: workload.windows.horizon,
      limits: plan.limits,
      trace: this.#trace.isOn ? this.#trace : undefined,
    });
    const deployment = new DeploymentRecord(plan);
    this.#deployment = deployment;
    system.deploy(deployment);
    const timings = declareTimings(deployment);

    this.#nodes = hostedNodes(plan, deployment);
    this.#ledger = createLedger(plan, deployment, sink);
    this.#traffic = new TrafficMeter(this.#kernel, sink, () => this.#surroundings.settle());
    const host = new SimulatedHost({
      scheduler: this.#kernel,
      trace: this.#trace,
      codec: system.codec,
      nodes: this.#nodes,
      ledger: this.#ledger,
      traffic: this.#traffic,
      draw: deployment.draw,
      encodeEverything: plan.encodeEverything ?? false,
      watcher: plan.watcher,
    });
    this.#host = host;
    this.#surroundings = createSurroundings({
      host,
      plan,
      world: deployment.world,
      nodes: deployment.nodes,
      causes: this.#causes,
      accessOf: (node) => devices.accessOf(node),
    });
    const devices = new Devices({
      scheduler: this.#kernel,
      host,
      surroundings: this.#surroundings,
      workload,
      nodes: this.#nodes,
      ledger: this.#ledger,
      sink,
      exogenous: deployment.draw,
      tasks: new Set(system.tasks),
      ...timings,
    });
    this.#facts = new FactRecorder(this.#ledger, sink, devices);
    const power = new Power({
      scheduler: this.#kernel,
      host,
      health: this.#surroundings.health,
      nodes: this.#nodes,
      ...timings,
    });
    const { pushWays } = this.#surroundings;
    const push = new PushGateway(this.#kernel, host, devices, deployment.nodesByName, pushWays);
    host.attach({ surroundings: this.#surroundings, facts: this.#facts, push, power });
    this.#scheduleFaults();
    this.#operations = new Operations({
      scheduler: this.#kernel,
      sink,
      host,
      power,
      surroundings: this.#surroundings,
    });
    this.#scheduleBeginning(power, devices);
  }

  get now(): Instant {
    return this.#kernel.now;
  }

  get touched(): boolean {
    return this.#surroundings.touched?.() ?? true;
  }

  get events(): number {
    return this.#kernel.events;
  }

  get checkpoints(): readonly Checkpoint[] {
    return this.#trace.checkpoints;
  }

  eventsOf(label: string): number {
    return this.#kernel.eventsOf(label);
  }

  get last(): EventDescription {
    const { label, node, extra } = this.#kernel.last;
    return {
      instant: this.#kernel.now,
      label,
      node: this.#nodes[node]?.name,
      extra,
      details: [...this.#trace.details],
    };
  }

  explain(): void {
    this.#trace.explain();
  }

  digest(): string {
    return this.#trace.digest();
  }

  causes(): readonly (readonly string[])[] {
    return this.#causes.sets();
  }

  step(): boolean {
    if (this.#ended !== undefined) return false;
    const result = this.#kernel.step();
    if (result === 'event') return true;
    this.#ended = result;
    return false;
  }

  runUntil(instant: Instant): void {
    for (let next = this.#kernel.next; next !== undefined && next <= instant; next = this.#kernel.next)
      if (!this.step()) return;
    this.#kernel.advanceTo(instant);
  }

  finish(limit?: EarlyEnd): SimulationResult {
    if (this.#result !== undefined) return this.#result;
    this.#ended ??= limit;
    while (this.step());
    const { windows } = this.#plan.workload;
    const endedBy = present(this.#ended, 'reason for the end');
    const end = endedBy === 'horizon' ? windows.horizon : this.#kernel.now;
    if (endedBy === 'horizon') this.#kernel.advanceTo(end);
    this.#ledger.finish(end);
    this.#traffic.report(end);
    this.#result = {
      system: this.#plan.system.id,
      digest: this.#trace.digest(),
      outcome: outcomeOf(
        this.#ledger,
        this.#nodes.map(({ name }) => ({ name, cores: this.inspect(name) })),
        this.#facts.tasksDone,
      ),
      tasks: this.#plan.system.tasks ?? [],
      events: this.#kernel.events,
      endedBy,
      nodes: this.#nodes.map(({ name }) => name),
      causes: this.#causes.sets(),
      assumptions: [
        ...this.#deployment.assumptions,
        ...(this.#surroundings.assumptions ?? []),
        ...((this.#plan.workload.tasks?.scheduled.length ?? 0) > 0 ? taskAssumptions : []),
      ],
      situations: this.#facts.situations,
      counters: this.#facts.counters,
      refusals: this.#facts
        .refusals()
        .map(({ node, ...refusal }) => ({ node: this.#nodes[node]?.name ?? '', ...refusal })),
      faultContacts: this.#surroundings.faultContacts(),
      touched: this.touched,
      actionsDone: this.#operations.done,
      endedByAction: this.#operations.ended,
      load: this.#nodes.flatMap(({ index, name, processors, spec }) =>
        spec.person === undefined ? [{ node: name, processors, ...this.#host.load.of(index) }] : [],
      ),
      findings: this.#plan.system.conclude?.(this.#nodesAtEnd(end)) ?? [],
      busiestNodes: this.#kernel
        .busiest(5)
        .map(({ node, events }) => ({ name: this.#nodes[node]?.name ?? `node ${node}`, events })),
    };
    return this.#result;
  }

  inspect(node: string): unknown {
    const index = present(this.#deployment.nodesByName.get(node), `node ${node}`);
    const { parts } = present(this.#nodes[index], `node ${node}`);
    return Object.fromEntries([...parts].map(([name, { core }]) => [name, core?.inspect() ?? 'down']));
  }

  cores(): ReadonlyMap<string, readonly Core[]> {
    const up = this.#nodes.map(({ name, parts }): [string, readonly Core[]] => [
      name,
      [...parts.values()].flatMap(({ core }) => core ?? []),
    ]);
    return new Map(up.filter(([, cores]) => cores.length > 0));
  }

  #nodesAtEnd(end: Instant): readonly NodeAtEnd[] {
    return this.#nodes.map(({ name, clock, parts, forgotAt }) => {
      clock.set(end);
      const cores = [...parts.values()].map(({ core }) => core).filter((core) => core !== undefined);
      const forgotAtMs =
        forgotAt === undefined ? undefined : this.#plan.world.epochWallMs + Math.floor(forgotAt / 1_000);
      return { name, clock, cores, forgotAtMs };
    });
  }

  /** Faults begin and end as observations; what they do is the surroundings' business. */
  #scheduleFaults(): void {
    const { faults } = this.#plan;
    const event = this.#kernel.register('fault-told', (_node, _payload, edge) => {
      const { id } = present(faults[edge >> 1], 'fault of an event');
      const active = edge % 2 === 0;
      if (active || !this.#operations.ended.has(id))
        this.#sink.record({ kind: 'fault', at: this.#kernel.now, fault: id, active });
    });
    for (const [index, fault] of faults.entries()) {
      assert(fault.end >= fault.start, `fault ${fault.id} ends before it begins`);
      this.#kernel.schedule(fault.start, event, -1, undefined, 2 * index);
      this.#kernel.schedule(fault.end, event, -1, undefined, 2 * index + 1);
    }
  }

  /** At the epoch: nodes start, then open connections are there, then people and devices. */
  #scheduleBeginning(power: Power, devices: Devices): void {
    const { internet } = this.#surroundings;
    for (const endpoint of this.#deployment.endpoints) internet.addEndpoint(endpoint);
    const event = this.#kernel.register('begin', () => {
      power.startAll();
      internet.openWarmLinks(this.#deployment.warmLinks);
      devices.begin();
    });
    this.#kernel.schedule(0 as Instant, event);
  }
}

function hostedNodes(plan: SimulationPlan, deployment: DeploymentRecord): readonly HostedNode[] {
  return deployment.nodes.map((spec, index) => {
    return createNode(index, spec, plan.world.epochWallMs, personalDevice(plan, spec)?.clockSkewMs ?? 0);
  });
}

/** The device of a person that a node is. */
export function personalDevice(plan: SimulationPlan, spec: NodeSpec): Device | Computer | undefined {
  const person = spec.person === undefined ? undefined : plan.workload.people[spec.person];
  return isComputer(spec) ? person?.computer : person?.device;
}

/** The account of a deployment's messages. */
export function createLedger(
  plan: SimulationPlan,
  deployment: DeploymentRecord,
  sink: ObservationSink,
): MessageLedger {
  const devices = new Map(
    deployment.nodes.flatMap((spec, index) =>
      spec.person === undefined || isComputer(spec) ? [] : [[spec.person, index]],
    ),
  );
  return new MessageLedger({
    workload: plan.workload,
    sink,
    nodeCount: deployment.nodes.length,
    deviceOf: (person) => devices.get(person),
    devicesRelay: plan.system.usesRadio,
    deviceToDevice: plan.system.isDeviceToDevice,
    deviceHosts: new Set(
      deployment.nodes.flatMap(({ hostsDevices }, index) => (hostsDevices === true ? [index] : [])),
    ),
  });
}
