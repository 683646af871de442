// The process of one live node: connects it, builds it, lets it run, and tells the coordinator what happens.
import { join } from 'node:path';
import { present } from '../../protocol/assert.ts';
import { NodeClock } from '../host/node-clock.ts';
import type { NodeIndex } from '../observation.ts';
import { personalDevice } from '../running-simulation.ts';
import type { SimulationPlan } from '../simulation.ts';
import type { NodeSpec } from '../systems/system.ts';
import { Disk } from './disk.ts';
import { causeOf, fromWire, toWire, type FromNode, type NodeSetup, type Told, type ToNode } from './ipc.ts';
import { LiveInternet } from './live-internet.ts';
import { LiveNode } from './live-node.ts';
import { createLiveWorld, peersOf, type LiveWorld } from './live-world.ts';
import { LiveUnavailable, loadSwarm, type SwarmPackages } from './packages.ts';
import { PacedScheduler, RealClock } from './paced-scheduler.ts';
import { Swarm } from './swarm.ts';
import { Ways } from './ways.ts';

/** The coordinator, as the process of a node sees it. */
export interface Coordinator {
  send(message: FromNode): void;
  onMessage(listener: (message: ToNode) => void): void;
  /** Ends this process. */
  exit(): void;
}

/** Runs one node of the plan until the coordinator ends it. */
export async function runNodeProcess(
  plan: SimulationPlan,
  setup: NodeSetup,
  coordinator: Coordinator,
): Promise<void> {
  try {
    const program = new NodeProgram(plan, setup, coordinator, await loadSwarm());
    coordinator.onMessage((message) => program.receive(message));
    await program.listen();
    coordinator.send({ kind: 'listening' });
  } catch (error) {
    const isUnavailable = error instanceof LiveUnavailable;
    coordinator.send({ kind: 'failed', reason: (error as Error).message, isUnavailable });
  }
}

/** One live node with all that it stands on. */
export class NodeProgram {
  readonly #coordinator: Coordinator;
  readonly #scheduler = new PacedScheduler();
  readonly #world: LiveWorld;
  readonly #self: NodeIndex;
  readonly #swarm: Swarm;
  readonly #internet: LiveInternet;
  readonly #node: LiveNode;
  readonly #away = new Set<NodeIndex>();
  #bytes = 0;
  #told: Told[] = [];

  constructor(plan: SimulationPlan, setup: NodeSetup, coordinator: Coordinator, packages: SwarmPackages) {
    const scheduler = this.#scheduler;
    this.#coordinator = coordinator;
    const world = createLiveWorld(plan, scheduler, (node) => !this.#away.has(node));
    this.#world = world;
    this.#self = present(world.deployment.nodesByName.get(setup.node), `node ${setup.node}`);
    const spec = present(world.nodes[this.#self], setup.node);
    this.#swarm = new Swarm({
      packages,
      bootstrap: setup.bootstrap,
      self: this.#self,
      names: world.nodes.map(({ name }) => name),
      peers: peersOf(world, this.#self),
      seed: plan.seed,
      listener: {
        frame: (from, frame) => {
          scheduler.catchUp();
          this.#internet.receive(from, frame);
        },
        lost: (peer) => {
          scheduler.catchUp();
          this.#internet.connectionLost(peer);
        },
      },
    });
    this.#internet = new LiveInternet({
      world,
      ways: new Ways(world),
      self: this.#self,
      life: setup.life,
      accept: (part, input, transit) => this.#node.accept(part, input, transit),
      // What is known of a message is told before it goes on: a death in between would leave a hole in its account.
      transmit: (to, frame) => {
        this.#flush();
        this.#swarm.send(to, frame);
      },
      countBytes: (bytes) => (this.#bytes += bytes),
    });
    const form = present(plan.system.live, `live support of ${plan.system.id}`).storedForm;
    const disks = new Map(
      Object.keys(spec.parts).map((part) => [
        part,
        new Disk(join(setup.folder, String(this.#self), `${part}.log`), form),
      ]),
    );
    const { component } = spec;
    const { health } = world.internet;
    this.#node = new LiveNode({
      spec,
      scheduler,
      clock: clockOf(world, spec, this.#self),
      disks,
      internet: this.#internet,
      workFactor: () => (component === undefined ? 1 : health.workFactor(component)),
      listener: {
        fact: (at, fact) =>
          this.#tell({ at, kind: 'fact', fact, faults: world.causes.faults(causeOf(fact)) }),
        arrived: (at, messages, transit, passedOn) =>
          this.#tell({
            at,
            kind: 'arrived',
            messages,
            transit: toWire(world.causes, transit),
            ...(passedOn === undefined ? {} : { passedOn }),
          }),
        computing: (at, messages) => this.#tell({ at, kind: 'computing', messages }),
        outside: (at, to, message) => coordinator.send({ kind: 'outside', at, to, message }),
      },
    });
  }

  async listen(): Promise<void> {
    await this.#swarm.listen();
  }

  receive(message: ToNode): void {
    this.#scheduler.catchUp();
    switch (message.kind) {
      case 'dial':
        return this.#inBackground(
          this.#swarm.connect().then(() => this.#coordinator.send({ kind: 'connected' })),
        );
      case 'build':
        this.#node.build(message.isRestart);
        return this.#coordinator.send({ kind: 'built' });
      case 'epoch':
        return this.#scheduler.begin(new RealClock(message.beganAt));
      case 'begin':
        return this.#node.begin();
      case 'input': {
        const { part, input, transit, wall } = message;
        const way = transit === undefined ? undefined : fromWire(this.#world.causes, transit);
        return this.#node.accept(part, input, way, wall);
      }
      case 'network':
        return this.#internet.networkChanged();
      case 'peer':
        return this.#peerChanged(message);
      case 'look':
        return this.#describe();
      case 'end':
        return this.#inBackground(this.#end());
    }
  }

  /** What the cores say of themselves, by part. */
  inspect(): Readonly<Record<string, unknown>> {
    return this.#node.inspect();
  }

  #peerChanged({ node, up, isSilent, faults }: Extract<ToNode, { kind: 'peer' }>): void {
    if (node === this.#self) return;
    if (up) {
      this.#away.delete(node);
      this.#swarm.peerUp(node);
      this.#internet.peerUp(node);
    } else {
      this.#away.add(node);
      this.#swarm.peerDown(node);
      this.#internet.peerDown(node, isSilent, this.#world.causes.intern(faults));
    }
  }

  #describe(): void {
    this.#flush();
    const { plan } = this.#world;
    this.#coordinator.send({
      kind: 'seen',
      inspection: this.#node.inspect(),
      objects: plan.system.live?.sharedObjects(this.#node.cores()) ?? [],
      lateness: this.#scheduler.lateness,
      bytes: this.#bytes,
      events: this.#scheduler.events,
    });
  }

  async #end(): Promise<void> {
    this.#scheduler.stop();
    this.#internet.clear();
    this.#node.clear();
    await this.#swarm.stop();
    this.#coordinator.exit();
  }

  /** What fails here fails the run. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#coordinator.send({ kind: 'failed', reason: String(error), isUnavailable: false }),
    );
  }

  /** Told in bundles, once per turn of the event loop. */
  #tell(entry: Told): void {
    if (this.#told.push(entry) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    if (this.#told.length === 0) return;
    const entries = this.#told;
    this.#told = [];
    const contacts = [...this.#world.internet.field.contacts()];
    this.#coordinator.send({ kind: 'told', entries, contacts });
  }
}

function clockOf(world: LiveWorld, spec: NodeSpec, self: NodeIndex): NodeClock {
  const { plan, internet } = world;
  const skewMs = personalDevice(plan, spec)?.clockSkewMs ?? 0;
  const clock = new NodeClock(plan.world.epochWallMs, spec.clock ?? { skewMs, driftPartsPerMillion: 0 });
  const { clocks } = internet;
  if (clocks.any) clock.disturbance = () => clocks.skewMs(self);
  return clock;
}
