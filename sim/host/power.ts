// Machines going down and coming up: by faults of what they stand on, and by `boot:` and `halt:`.
import { present } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { ComponentId } from '../world.ts';
import type { HostedNode } from './node.ts';
import type { NodeHealth } from './node-health.ts';
import type { NodeHost } from './node-host.ts';

/** What power is made of. */
export interface PowerOptions {
  readonly scheduler: Scheduler;
  readonly host: NodeHost;
  readonly health: NodeHealth;
  readonly nodes: readonly HostedNode[];
  /** From the wish to boot until the cores run. */
  readonly bootTime: Duration;
  /** Between two attempts while start-up dependencies forbid it. */
  readonly retryInterval: Duration;
}

/** Decides which nodes run. */
export class Power {
  readonly #options: PowerOptions;
  readonly #bootEvent: EventKind;
  readonly #byName = new Map<string, HostedNode>();
  readonly #byComponent = new Map<ComponentId, HostedNode[]>();
  /** Nodes that should run, whether or not they can. */
  readonly #wanted = new Set<NodeIndex>();
  readonly #booting = new Set<NodeIndex>();

  constructor(options: PowerOptions) {
    this.#options = options;
    for (const node of options.nodes) {
      this.#byName.set(node.name, node);
      const { component } = node.spec;
      if (component === undefined) continue;
      const neighbours = this.#byComponent.get(component);
      if (neighbours === undefined) this.#byComponent.set(component, [node]);
      else neighbours.push(node);
    }
    this.#bootEvent = options.scheduler.register('boot', (index, regardless, attempt) =>
      this.#tryToBoot(index, attempt, regardless === true),
    );
    options.health.onChange((component) => this.#componentChanged(component));
  }

  /**
   * The run begins: what runs then has run for long, so start-up dependencies do not matter, and all of it answers
   * before the first of it speaks.
   */
  startAll(): void {
    const { host, nodes } = this.#options;
    for (const node of nodes) {
      if (node.spec.startsStopped === true) continue;
      this.#wanted.add(node.index);
      if (this.#canRun(node)) host.build(node.index);
    }
    for (const node of nodes) if (node.up) host.begin(node.index);
  }

  /** `boot:<name>`: the node shall run, as soon as what it needs to start allows. */
  boot(name: string): void {
    const node = this.#named(name);
    this.#wanted.add(node.index);
    if (!node.up) this.#beginBoot(node);
  }

  /** `halt:<name>`: the node shall not run. Its disk is kept. */
  halt(name: string): void {
    const node = this.#named(name);
    this.#wanted.delete(node.index);
    this.#options.host.stop(node.index, 'kept', noCause);
  }

  /** An operator switches the node on, although something that it needs to start may be missing. */
  bootRegardless(index: NodeIndex): void {
    this.#wanted.add(index);
    if (!this.#options.host.node(index).up) this.#scheduleBoot(index, true);
  }

  /** An operator puts the last backup in place of the node's disk and boots it from that. */
  restoreBackup(index: NodeIndex, cause: CauseToken): void {
    const { host } = this.#options;
    const node = host.node(index);
    host.stop(index, 'kept', cause);
    for (const { storage } of node.parts.values()) storage.restoreBackup();
    host.forgets(node, cause);
    if (this.#wanted.has(index) && this.#canRun(node)) this.#beginBoot(node);
  }

  #componentChanged(component: ComponentId): void {
    const { host, health } = this.#options;
    for (const node of this.#byComponent.get(component) ?? []) {
      const canRun = health.isUp(component);
      if (node.up && !canRun)
        host.stop(node.index, health.diskAfterCrash(component), health.causeOf(component));
      else if (!node.up && canRun && this.#wanted.has(node.index)) this.#beginBoot(node);
    }
  }

  #beginBoot(node: HostedNode): void {
    if (this.#booting.has(node.index)) return;
    this.#scheduleBoot(node.index, undefined);
  }

  #scheduleBoot(index: NodeIndex, regardless: true | undefined): void {
    this.#booting.add(index);
    const { scheduler, bootTime } = this.#options;
    scheduler.schedule((scheduler.now + bootTime) as Instant, this.#bootEvent, index, regardless);
  }

  /** `regardless` of what it needs to start. */
  #tryToBoot(index: NodeIndex, attempt: number, regardless: boolean): void {
    const { scheduler, host, health, retryInterval } = this.#options;
    const node = host.node(index);
    const { component } = node.spec;
    // While the component is down nothing is tried: its return begins a boot of its own.
    if (node.up || !this.#wanted.has(index) || !this.#canRun(node)) {
      this.#booting.delete(index);
      return;
    }
    if (!regardless && component !== undefined && !health.canStart(component, index, attempt)) {
      const at = (scheduler.now + retryInterval) as Instant;
      scheduler.schedule(at, this.#bootEvent, index, undefined, attempt + 1);
      return;
    }
    this.#booting.delete(index);
    host.start(index);
  }

  #canRun(node: HostedNode): boolean {
    return node.spec.component === undefined || this.#options.health.isUp(node.spec.component);
  }

  #named(name: string): HostedNode {
    return present(this.#byName.get(name), 'node', name);
  }
}
