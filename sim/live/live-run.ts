// One system of a scenario in real time: the coordinator starts a local DHT and a process for each node, lets people act
// and parts break when the scenario says so, and writes down what the nodes tell.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../../protocol/crypto.ts';
import { compareNumbers } from '../../protocol/order.ts';
import type { UserMessageId } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { MessageLedger } from '../blame.ts';
import { Devices } from '../host/devices.ts';
import { FactRecorder } from '../host/facts.ts';
import { createNode } from '../host/node.ts';
import { Power } from '../host/power.ts';
import { PushGateway } from '../host/push-gateway.ts';
import type { Surroundings } from '../host/surroundings.ts';
import { declareTimings } from '../host/timings.ts';
import { outcomeOf } from '../outcome.ts';
import { createLedger, personalDevice } from '../running-simulation.ts';
import type { NodeIndex, Observation, ObservationSink } from '../observation.ts';
import type { SimulationPlan, SimulationResult } from '../simulation.ts';
import type { SharedObject } from '../systems/system.ts';
import { fromWire, withCause, type FromNode, type NodeAtEnd, type Told } from './ipc.ts';
import { createLiveWorld, type LiveWorld } from './live-world.ts';
import { NodeProcesses, type SpawnNode } from './node-processes.ts';
import { LiveUnavailable } from './packages.ts';
import { PacedScheduler, RealClock } from './paced-scheduler.ts';
import { startTestnet, type RunningTestnet } from './testnet.ts';

/** What to run live. */
export interface LiveOptions {
  readonly plan: SimulationPlan;
  /** Takes the observations when the run is over, in the order of their instants. */
  readonly sink: ObservationSink;
  readonly spawn: SpawnNode;
  /** UDP port of the DHT's first node; a free one when left out. */
  readonly port?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is being done before the epoch, and then each second how far it is. */
  readonly onProgress?: ((progress: LiveProgress) => void) | undefined;
}

export type LiveProgress =
  | { readonly kind: 'preparing'; readonly processes: number }
  | { readonly kind: 'running'; readonly now: Instant; readonly horizon: Instant };

/** A live run that is over. */
export interface LiveOutcome {
  readonly result: SimulationResult;
  /** What each node holds of what is shared, by node name; nodes that were down at the end are missing. */
  readonly objects: ReadonlyMap<string, readonly SharedObject[]>;
  /** By how much events of the nodes' own clocks came late, microseconds, ascending. */
  readonly lateness: readonly number[];
  readonly processes: number;
  /** Wall time from the start to the epoch, seconds. */
  readonly preparedIn: number;
  /** When it was stopped; undefined when it came to its horizon. */
  readonly stoppedAt: Instant | undefined;
}

/** The run was stopped from outside before its epoch: there is nothing to keep. */
export class LiveInterrupted extends Error {
  override readonly name = 'LiveInterrupted';
}

/** Something that must not happen happened to a process. */
export class LiveFailed extends Error {
  override readonly name = 'LiveFailed';
}

/** From the last process's connection to the epoch, nanoseconds: all are told before. */
const leadTime = 300_000_000n;
/** What processes have for ending in order, milliseconds. */
const endingPatience = 5_000;

/**
 * Runs it from the epoch to the horizon, in as much time as the scenario says; stopped in between, it ends with what it has.
 * @throws LiveUnavailable when packages, ports or loopback are missing
 * @throws LiveInterrupted when stopped before the epoch
 * @throws LiveFailed when a process ends by itself
 */
export async function runLive(options: LiveOptions): Promise<LiveOutcome> {
  const testnet = await startTestnet(options.port);
  // Made last: if this process is killed, its nodes remove it.
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-live-'));
  try {
    const run = new LiveRun(options, { bootstrap: testnet.bootstrap, folder });
    return await run.finish();
  } finally {
    await testnet.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Something that was told, to be entered in the books when all of it is there. */
interface Entry {
  readonly at: Instant;
  enter(books: Books): void;
}

interface Books {
  readonly ledger: MessageLedger;
  readonly facts: FactRecorder;
  readonly sink: ObservationSink;
}

class LiveRun {
  readonly #options: LiveOptions;
  readonly #scheduler: PacedScheduler;
  readonly #world: LiveWorld;
  readonly #processes: NodeProcesses;
  readonly #devices: Devices;
  readonly #power: Power;
  readonly #push: PushGateway;
  readonly #entries: Entry[] = [];
  readonly #accepted = new Set<UserMessageId>();
  #fail: (error: Error) => void = () => undefined;

  constructor(
    options: LiveOptions,
    setup: { readonly bootstrap: RunningTestnet['bootstrap']; readonly folder: string },
  ) {
    const { plan, spawn } = options;
    this.#options = options;
    const scheduler = new PacedScheduler();
    this.#scheduler = scheduler;
    const world = createLiveWorld(plan, scheduler, (node) => this.#processes.isUp(node));
    this.#world = world;
    const { deployment } = world;
    const timings = declareTimings(deployment);
    const nodes = world.nodes.map((spec, index) =>
      createNode(index, spec, plan.world.epochWallMs, personalDevice(plan, spec)?.clockSkewMs ?? 0),
    );
    const { clocks } = world.internet;
    if (clocks.any) for (const node of nodes) node.clock.disturbance = () => clocks.skewMs(node.index);
    const processes = new NodeProcesses({
      world,
      nodes,
      spawn,
      setup,
      due: () => scheduler.due,
      listener: {
        told: (node, entries, killedAt) => {
          scheduler.catchUp();
          for (const entry of entries) this.#told(node, entry, killedAt);
        },
        outside: (node, message) => {
          scheduler.catchUp();
          this.#outside(node, message);
        },
        started: (node) => {
          const at = this.#now;
          this.#enter(at, ({ ledger }) => ledger.nodeUp(node, at));
        },
        stopped: (node, disk, cause) => {
          const at = this.#now;
          world.internet.field.countContact(cause);
          this.#enter(at, ({ ledger, facts }) => {
            if (disk === 'lost') facts.diskLost(node, at);
            ledger.nodeDown(node, at, cause);
          });
        },
        hindered: (node, cause) => {
          const at = this.#now;
          this.#enter(at, ({ ledger }) => ledger.cutOff(node, at, cause));
        },
        failed: (reason, isUnavailable) =>
          this.#fail(isUnavailable ? new LiveUnavailable(reason) : new LiveFailed(reason)),
      },
    });
    this.#processes = processes;
    const surroundings = surroundingsOf(world);
    this.#devices = new Devices({
      scheduler,
      host: processes,
      surroundings,
      workload: plan.workload,
      nodes,
      ledger: {
        sent: (message, node, at) => this.#enter(at, ({ ledger }) => ledger.sent(message, node, at)),
        isAccepted: (message) => this.#accepted.has(message),
      },
      sink: { record: (observation) => this.#observe(observation) },
      exogenous: deployment.draw,
      tasks: new Set(plan.system.tasks),
      ...timings,
    });
    this.#power = new Power({
      scheduler,
      host: processes,
      health: world.internet.health,
      nodes,
      ...timings,
    });
    const { pushWays } = world.internet;
    this.#push = new PushGateway(scheduler, processes, this.#devices, deployment.nodesByName, pushWays);
    this.#scheduleFaults();
    const beginning = scheduler.register('begin', () => {
      this.#power.startAll();
      this.#devices.begin();
    });
    scheduler.schedule(0 as Instant, beginning);
  }

  async finish(): Promise<LiveOutcome> {
    const { signal, onProgress } = this.#options;
    const failure = new Promise<never>((_resolve, reject) => (this.#fail = reject));
    failure.catch(() => undefined);
    const stopped = signal === undefined ? new Promise<never>(() => undefined) : abortOf(signal);
    const tooEarly = stopped.then(() => Promise.reject(new LiveInterrupted('stopped before its epoch')));
    tooEarly.catch(() => undefined);
    const startedAt = performance.now();
    try {
      onProgress?.({ kind: 'preparing', processes: this.#world.nodes.length });
      await Promise.race([failure, tooEarly, this.#processes.prepare()]);
      const beganAt = process.hrtime.bigint() + leadTime;
      this.#processes.begins(beganAt);
      const preparedIn = (performance.now() - startedAt) / 1_000;
      this.#scheduler.begin(new RealClock(beganAt));
      await Promise.race([failure, stopped, this.#horizon()]);
      const stoppedAt = signal?.aborted === true ? this.#now : undefined;
      if (stoppedAt !== undefined && stoppedAt <= 0) await tooEarly;
      const seen = await Promise.race([failure, this.#processes.look()]);
      return this.#conclude(seen, preparedIn, stoppedAt);
    } finally {
      this.#scheduler.stop();
      await this.#processes.end(endingPatience);
    }
  }

  get #now(): Instant {
    return this.#scheduler.now;
  }

  /** Ends when the horizon is reached. */
  #horizon(): Promise<void> {
    const { plan, onProgress } = this.#options;
    const { horizon } = plan.workload.windows;
    const scheduler = this.#scheduler;
    const second = 1_000_000;
    const tick = scheduler.register('live-progress', () => {
      onProgress?.({ kind: 'running', now: scheduler.now, horizon });
      scheduler.schedule((scheduler.now + second) as Instant, tick);
    });
    scheduler.schedule(0 as Instant, tick);
    return new Promise((resolve) => {
      const end = scheduler.register('live-horizon', () => resolve());
      scheduler.schedule(horizon, end);
    });
  }

  // --- What is told ---

  #enter(at: Instant, enter: Entry['enter']): void {
    this.#entries.push({ at, enter });
  }

  #observe(observation: Observation): void {
    this.#enter(observation.at, ({ sink }) => sink.record(observation));
  }

  #outside(node: NodeIndex, { to, message }: Extract<FromNode, { kind: 'outside' }>): void {
    if (to.startsWith('push:')) this.#push.notify(node, to.slice(5), message);
    else if (to.startsWith('boot:')) this.#power.boot(to.slice(5));
    else if (to.startsWith('halt:')) this.#power.halt(to.slice(5));
  }

  #told(node: NodeIndex, entry: Told, killedAt: Instant | undefined): void {
    // A process does a little more before the signal reaches it: for the account it did so before.
    const at = killedAt === undefined ? entry.at : (Math.min(entry.at, killedAt - 1) as Instant);
    const { causes } = this.#world;
    if (entry.kind === 'arrived') {
      const transit = fromWire(causes, entry.transit);
      this.#enter(at, ({ ledger }) => {
        for (const message of entry.messages) ledger.arrived(message, node, at, transit, entry.passedOn);
      });
      return;
    }
    if (entry.kind === 'computing') {
      this.#enter(at, ({ ledger }) => ledger.computing(entry.messages, node, at, causes.intern([])));
      return;
    }
    const fact = withCause(entry.fact, causes.intern(entry.faults));
    // What people do about it they do now.
    if (fact.kind === 'accepted') this.#accepted.add(fact.message);
    if (fact.kind === 'failed') this.#devices.failedVisibly(fact.message, node);
    if (fact.kind === 'task-failed' && fact.shown) this.#devices.taskFailed(fact.task);
    this.#enter(at, ({ facts }) => facts.record(fact, node, at));
  }

  #scheduleFaults(): void {
    const { faults } = this.#options.plan;
    const told = this.#scheduler.register('fault-told', (_node, fault, active) =>
      this.#observe({ kind: 'fault', at: this.#now, fault: fault as string, active: active === 1 }),
    );
    for (const { id, start, end } of faults) {
      this.#scheduler.schedule(start, told, -1, id, 1);
      this.#scheduler.schedule(end, told, -1, id, 0);
    }
  }

  // --- The end ---

  #conclude(
    seen: readonly (NodeAtEnd | undefined)[],
    preparedIn: number,
    stoppedAt: Instant | undefined,
  ): LiveOutcome {
    const { plan, sink } = this.#options;
    const { deployment, nodes, causes, internet } = this.#world;
    const end = stoppedAt ?? plan.workload.windows.horizon;
    const ledger = createLedger(plan, deployment, sink);
    const facts = new FactRecorder(ledger, sink, {
      failedVisibly: () => undefined,
      taskFailed: () => undefined,
    });
    const books: Books = { ledger, facts, sink };
    // Nodes tell in bundles: what happened first is entered first, whoever was heard first.
    const entries = this.#entries
      .filter(({ at }) => at < end)
      .sort((left, right) => compareNumbers(left.at, right.at));
    for (const entry of entries) entry.enter(books);
    ledger.finish(end);
    const internetBytes = seen.reduce((sum, node) => sum + (node?.bytes ?? 0), 0);
    sink.record({
      kind: 'traffic',
      at: end,
      internetBytes,
      radioBytes: 0,
      radioAirMicroseconds: 0,
      radioScanMicroseconds: 0,
    });
    const named = nodes.map(({ name }, index) => ({ name, cores: seen[index]?.inspection ?? 'down' }));
    const outcome = outcomeOf(ledger, named, facts.tasksDone);
    const contacts = new Map(internet.field.contacts());
    for (const [fault, times] of this.#processes.contacts())
      contacts.set(fault, (contacts.get(fault) ?? 0) + times);
    const result: SimulationResult = {
      system: plan.system.id,
      // Nobody can repeat a live run event by event: its digest stands for what it came to.
      digest: sha256Hex(`live ${outcome}`),
      outcome,
      tasks: plan.system.tasks ?? [],
      events: seen.reduce((sum, node) => sum + (node?.events ?? 0), this.#scheduler.events),
      endedBy: stoppedAt === undefined ? 'horizon' : 'interrupt',
      nodes: nodes.map(({ name }) => name),
      causes: causes.sets(),
      assumptions: deployment.assumptions,
      situations: facts.situations,
      counters: facts.counters,
      refusals: facts
        .refusals()
        .map(({ node, ...refusal }) => ({ node: nodes[node]?.name ?? '', ...refusal })),
      faultContacts: contacts,
      touched: plan.faults.length > 0,
      actionsDone: new Map(),
      endedByAction: new Map(),
      findings: [],
      busiestNodes: [],
    };
    const objects = new Map<string, readonly SharedObject[]>();
    for (const [index, node] of seen.entries())
      if (node !== undefined) objects.set(nodes[index]?.name ?? '', node.objects);
    const lateness = seen.flatMap((node) => [...(node?.lateness ?? [])]).sort(compareNumbers);
    return { result, objects, lateness, processes: nodes.length, preparedIn, stoppedAt };
  }
}

/** Ends when the signal is given. */
function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function surroundingsOf({ internet }: LiveWorld): Surroundings {
  return {
    health: internet.health,
    internet: internet.internet,
    radio: undefined,
    clocks: internet.clocks,
    pushWays: internet.pushWays,
    settle: () => undefined,
    faultContacts: () => internet.field.contacts(),
  };
}
