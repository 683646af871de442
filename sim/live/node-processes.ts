// The processes of a run's nodes, as their machines: they are started and killed here, and the others are told.
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../protocol/assert.ts';
import type { Input } from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Instant, WallTime } from '../../protocol/time.ts';
import type { HostedNode } from '../host/node.ts';
import type { DiskFate } from '../host/node-health.ts';
import type { NodeHost } from '../host/node-host.ts';
import type { Port, Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import {
  toWire,
  type Contacts,
  type FromNode,
  type NodeAtEnd,
  type NodeSetup,
  type Told,
  type ToNode,
} from './ipc.ts';
import type { LiveWorld } from './live-world.ts';

/** Starts the process of a node, which expects the setup as its first message. */
export type SpawnNode = (setup: NodeSetup) => ChildProcess;

/** What the processes are made from. */
export interface ProcessesOptions {
  readonly world: LiveWorld;
  readonly nodes: readonly HostedNode[];
  readonly spawn: SpawnNode;
  readonly setup: Pick<NodeSetup, 'bootstrap' | 'folder'>;
  /** When the event in hand was due. */
  readonly due: () => Instant;
  readonly listener: ProcessListener;
}

/** Told of what nodes say and of what becomes of them. */
export interface ProcessListener {
  /** `killedAt`: when its process was killed meanwhile. */
  told(node: NodeIndex, entries: readonly Told[], killedAt: Instant | undefined): void;
  outside(node: NodeIndex, message: Extract<FromNode, { kind: 'outside' }>): void;
  started(node: NodeIndex): void;
  stopped(node: NodeIndex, disk: DiskFate, cause: CauseToken): void;
  hindered(node: NodeIndex, cause: CauseToken): void;
  /** A process ended that nobody had ended, or said that it cannot go on. */
  failed(reason: string, isUnavailable: boolean): void;
}

interface Process {
  readonly child: ChildProcess;
  readonly life: number;
  /** What the process says, or is to say. */
  readonly said: Map<FromNode['kind'], Expectation>;
  readonly hasExited: Promise<void>;
  isEnding: boolean;
  killedAt: Instant | undefined;
  contacts: Contacts;
}

/**
 * While all processes are waited for, one of them has to say something within this and as long again for each process,
 * milliseconds. What takes longest is to load the code, half a second of processor time each.
 */
const patience = { base: 60_000, perProcess: 1_000 };
/** Processes named in a message. */
const mostNamed = 3;

/** All processes of a run. */
export class NodeProcesses implements NodeHost {
  readonly #options: ProcessesOptions;
  readonly #processes: (Process | undefined)[] = [];
  readonly #all = new Set<Process>();
  readonly #past: Process[] = [];
  /** What is meant for a process that is not there yet. */
  readonly #held = new Map<NodeIndex, ToNode[]>();
  #beganAt: bigint | undefined;
  #isOver = false;
  /** Runs out when nothing is heard while all are waited for. */
  #patience: NodeJS.Timeout | undefined;

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  /** Starts one process for each node, connects them all, and builds their cores. */
  async prepare(): Promise<void> {
    const { nodes } = this.#options;
    for (const { index } of nodes) this.#spawn(index, 0);
    await this.#everybody('listening');
    this.#tellAll({ kind: 'dial' });
    await this.#everybody('connected');
    for (const { index, spec } of nodes)
      if (spec.startsStopped !== true) this.#tell(index, { kind: 'build', isRestart: false });
    await this.#everybody('built', ({ spec }) => spec.startsStopped !== true);
  }

  /** So that nobody waits for ever for processes that cannot find each other. */
  #givesUp(kind: FromNode['kind'], nodes: readonly HostedNode[], milliseconds: number): void {
    const silent = nodes.filter(({ index }) => this.#processes[index]?.said.get(kind)?.isHeard !== true);
    const names = silent.slice(0, mostNamed).map(({ name }) => name);
    const more = silent.length > mostNamed ? ` and ${silent.length - mostNamed} more` : '';
    this.#options.listener.failed(
      `no process said anything for ${milliseconds / 1_000} seconds; not ${kind}: ${names.join(', ')}${more}`,
      false,
    );
  }

  /** The run begins: `beganAt` on the machine's monotonic clock, nanoseconds. */
  begins(beganAt: bigint): void {
    this.#beganAt = beganAt;
    this.#tellAll({ kind: 'epoch', beganAt });
  }

  /** What every node is now; undefined for those that are down. */
  async look(): Promise<readonly (NodeAtEnd | undefined)[]> {
    const { nodes } = this.#options;
    for (const { index, up } of nodes) if (up) this.#tell(index, { kind: 'look' });
    await this.#everybody('seen', ({ up }) => up);
    return Promise.all(
      nodes.map(async ({ index, up }) =>
        up ? ((await this.#hasSaid(index, 'seen')) as NodeAtEnd & FromNode) : undefined,
      ),
    );
  }

  /** Every process ends in order; whoever has not after `atMost` milliseconds is killed. */
  async end(atMost: number): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#patience);
    for (const process of this.#all) {
      process.isEnding = true;
      if (process.child.connected) process.child.send({ kind: 'end' } satisfies ToNode);
    }
    const killing = setTimeout(() => this.kill(), atMost);
    await Promise.all([...this.#all].map(({ hasExited }) => hasExited));
    clearTimeout(killing);
  }

  /** Every process ends at once. */
  kill(): void {
    this.#isOver = true;
    for (const process of this.#all) {
      process.isEnding = true;
      process.child.kill('SIGKILL');
    }
  }

  /** How often faults have changed what any process sent, by fault. */
  contacts(): ReadonlyMap<string, number> {
    const sums = new Map<string, number>();
    for (const { contacts } of this.#past)
      for (const [fault, times] of contacts) sums.set(fault, (sums.get(fault) ?? 0) + times);
    return sums;
  }

  /** Process ids, for those who look after them. */
  get pids(): readonly number[] {
    return [...this.#all].map(({ child }) => child.pid ?? 0);
  }

  // --- What devices, power and push services ask ---

  node(index: NodeIndex): HostedNode {
    return present(this.#options.nodes[index], `node ${index}`);
  }

  isUp(index: NodeIndex): boolean {
    return this.node(index).up;
  }

  deliver({ node, part }: Port, input: Input, transit: Transit | undefined): void {
    if (this.node(node).up) this.#give(node, part, input, transit);
  }

  deliverToUser(index: NodeIndex, input: Input, transit?: Transit): void {
    const { spec, up } = this.node(index);
    if (up && spec.userPart !== undefined) this.#give(index, spec.userPart, input, transit);
  }

  #give(index: NodeIndex, part: string, input: Input, transit: Transit | undefined): void {
    if (input.kind === 'network') this.#tell(index, { kind: 'network' });
    this.#tell(index, {
      kind: 'input',
      part,
      input,
      ...(transit === undefined ? {} : { transit: toWire(this.#options.world.causes, transit) }),
      ...(input.kind === 'user' ? { wall: this.#wallOf(index) } : {}),
    });
  }

  /** What a person's device shows at the instant at which the scenario lets the person act. */
  #wallOf(index: NodeIndex): WallTime {
    const { clock } = this.node(index);
    clock.set(this.#options.due());
    return clock.wall;
  }

  build(index: NodeIndex): void {
    const node = this.node(index);
    node.up = true;
    this.#options.listener.started(index);
    // Those of the beginning are built before it.
    if (node.incarnation === 0 && node.spec.startsStopped !== true) return;
    const isRestart = node.incarnation > 0;
    this.#tell(index, { kind: 'dial' });
    this.#tell(index, { kind: 'build', isRestart });
    for (const other of this.#options.nodes) {
      if (other.index === index) continue;
      this.#tellPeer(other.index, index, true, false, noCause);
      if (!other.up) this.#tellPeer(index, other.index, false, true, noCause);
    }
  }

  begin(index: NodeIndex): void {
    this.#tell(index, { kind: 'begin' });
  }

  start(index: NodeIndex): void {
    this.build(index);
    this.begin(index);
  }

  stop(index: NodeIndex, disk: DiskFate, cause: CauseToken): void {
    const node = this.node(index);
    if (!node.up) return;
    node.up = false;
    node.incarnation++;
    const { world, listener, setup } = this.#options;
    const { component } = node.spec;
    const isSilent = component !== undefined && !world.internet.health.isUp(component);
    for (const other of this.#options.nodes)
      if (other.index !== index) this.#tellPeer(other.index, index, false, isSilent, cause);
    const process = this.#processes[index];
    this.#processes[index] = undefined;
    if (process !== undefined) {
      process.isEnding = true;
      process.killedAt = world.scheduler.now;
      process.child.kill('SIGKILL');
    }
    listener.stopped(index, disk, cause);
    void this.#replace(index, process, () => {
      if (disk === 'lost') rmSync(join(setup.folder, String(index)), { recursive: true, force: true });
    });
  }

  /** The next process loads its code while the machine is off; what it writes to is free once the last one is gone. */
  async #replace(index: NodeIndex, last: Process | undefined, between: () => void): Promise<void> {
    await last?.hasExited;
    between();
    if (!this.#isOver) this.#spawn(index, this.node(index).incarnation);
  }

  forgets(): void {
    // What a disk has lost is gone with its folder.
  }

  hindered(index: NodeIndex, cause: CauseToken): void {
    this.#options.listener.hindered(index, cause);
  }

  // --- Processes ---

  #spawn(index: NodeIndex, life: number): void {
    const { spawn, setup, listener } = this.#options;
    const { name } = this.node(index);
    const child = spawn({ ...setup, node: name, life });
    const process: Process = {
      child,
      life,
      said: new Map(),
      isEnding: false,
      killedAt: undefined,
      contacts: [],
      hasExited: hasEnded(child),
    };
    this.#processes[index] = process;
    this.#all.add(process);
    this.#past.push(process);
    child.on('message', (message: FromNode) => this.#heard(index, process, message));
    // Whatever cannot be sent is for a process that is at its end: its exit says so.
    child.on('error', (error) => {
      if (child.pid === undefined) listener.failed(`the process of ${name}: ${error.message}`, false);
    });
    child.on('exit', (code, signal) => {
      this.#all.delete(process);
      if (!process.isEnding)
        listener.failed(`the process of ${name} ended (${signal ?? `code ${code ?? 0}`})`, false);
    });
    if (this.#beganAt !== undefined) this.#send(process, { kind: 'epoch', beganAt: this.#beganAt });
    for (const message of this.#held.get(index) ?? []) this.#send(process, message);
    this.#held.delete(index);
  }

  #heard(index: NodeIndex, process: Process, message: FromNode): void {
    const { listener } = this.#options;
    this.#patience?.refresh();
    // What a process told before it was killed may be heard afterwards.
    if (message.kind === 'told') {
      process.contacts = message.contacts;
      listener.told(index, message.entries, process.killedAt);
    }
    if (message.kind === 'told' || process.isEnding) return;
    if (message.kind === 'outside') listener.outside(index, message);
    else if (message.kind === 'failed')
      listener.failed(
        message.isUnavailable ? message.reason : `${this.node(index).name}: ${message.reason}`,
        message.isUnavailable,
      );
    else expectation(process, message.kind).hear(message);
  }

  async #everybody(kind: FromNode['kind'], which: (node: HostedNode) => boolean = () => true): Promise<void> {
    const nodes = this.#options.nodes.filter(which);
    const milliseconds = patience.base + patience.perProcess * nodes.length;
    this.#patience = setTimeout(() => this.#givesUp(kind, nodes, milliseconds), milliseconds);
    try {
      await Promise.all(nodes.map(({ index }) => this.#hasSaid(index, kind)));
    } finally {
      clearTimeout(this.#patience);
      this.#patience = undefined;
    }
  }

  async #hasSaid(index: NodeIndex, kind: FromNode['kind']): Promise<FromNode> {
    return expectation(present(this.#processes[index], `process of node ${index}`), kind).promise;
  }

  #tellPeer(to: NodeIndex, node: NodeIndex, up: boolean, isSilent: boolean, cause: CauseToken): void {
    const faults = this.#options.world.causes.faults(cause);
    if (this.node(to).up) this.#tell(to, { kind: 'peer', node, up, isSilent, faults });
  }

  #tellAll(message: ToNode): void {
    for (const { index } of this.#options.nodes) this.#tell(index, message);
  }

  #tell(index: NodeIndex, message: ToNode): void {
    const process = this.#processes[index];
    if (process !== undefined) return this.#send(process, message);
    const held = this.#held.get(index);
    if (held === undefined) this.#held.set(index, [message]);
    else held.push(message);
  }

  #send({ child }: Process, message: ToNode): void {
    if (child.connected) child.send(message);
  }
}

/** Something that a process is to say. */
class Expectation {
  readonly promise: Promise<FromNode>;
  isHeard = false;
  #resolve: (message: FromNode) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  hear(message: FromNode): void {
    this.isHeard = true;
    this.#resolve(message);
  }
}

function expectation({ said }: Process, kind: FromNode['kind']): Expectation {
  let known = said.get(kind);
  if (known === undefined) said.set(kind, (known = new Expectation()));
  return known;
}

/** Ends when the process is gone, or could not be started. */
function hasEnded(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
  });
}
