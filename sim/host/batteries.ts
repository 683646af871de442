// Phones without mains: when the grid at its person's home is gone, a phone lasts as long as its battery, and starts
// again some minutes after the power is back. What the battery held at that moment is exogenous.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import { minutes, type Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Person } from '../workload/workload.ts';
import type { ComponentId } from '../world.ts';
import type { NodeHealth } from './node-health.ts';
import type { NodeHost } from './node-host.ts';

/** Somebody's phone. */
export interface BatteryOwner {
  readonly node: NodeIndex;
  readonly person: Person;
}

/** What batteries are made of. */
export interface BatteriesOptions {
  readonly scheduler: Scheduler;
  readonly host: NodeHost;
  readonly health: NodeHealth;
  readonly exogenous: AddressedDraw;
  readonly owners: readonly BatteryOwner[];
  /** The phone runs again. */
  readonly onReturn: (node: NodeIndex) => void;
}

interface Battery extends BatteryOwner {
  /** The phone will go off, or on, by this. */
  pending: EventHandle | undefined;
  cause: CauseToken;
}

/** From the return of the power to a phone that runs: people notice, plug it in, it charges a little. Assumed; 2 to 60 min. */
const returnAfter = minutes(10);
/** Between full and this share of it is what a battery holds at a moment that nobody chose. Assumed; 0.05 to 0.5. */
const leastCharge = 0.2;

/** Switches phones off and on with the grids of their people's homes. */
export function followGrids(options: BatteriesOptions): void {
  const batteries = new Batteries(options);
  options.health.onChange((component) => batteries.componentChanged(component));
}

class Batteries {
  readonly #options: BatteriesOptions;
  readonly #byGrid = new Map<ComponentId, Battery[]>();
  readonly #byNode = new Map<NodeIndex, Battery>();
  readonly #empty: EventKind;
  readonly #return: EventKind;

  constructor(options: BatteriesOptions) {
    this.#options = options;
    const { scheduler } = options;
    for (const owner of options.owners) {
      const { grid } = owner.person;
      if (grid === undefined) continue;
      const battery: Battery = { ...owner, pending: undefined, cause: noCause };
      this.#byNode.set(owner.node, battery);
      const neighbours = this.#byGrid.get(grid);
      if (neighbours === undefined) this.#byGrid.set(grid, [battery]);
      else neighbours.push(battery);
    }
    this.#empty = scheduler.register('battery-empty', (node) => this.#runsOut(node));
    this.#return = scheduler.register('battery-charged', (node) => this.#comesBack(node));
  }

  componentChanged(grid: ComponentId): void {
    const { health, host, scheduler } = this.#options;
    const batteries = this.#byGrid.get(grid);
    if (batteries === undefined) return;
    const hasPower = health.isUp(grid);
    for (const battery of batteries) {
      const wantsChange = host.isUp(battery.node) !== hasPower;
      if (battery.pending !== undefined) scheduler.cancel(battery.pending);
      battery.pending = undefined;
      if (!wantsChange) continue;
      if (!hasPower) battery.cause = health.causeOf(grid);
      const wait = hasPower ? returnAfter : this.#chargeLeft(battery);
      const event = hasPower ? this.#return : this.#empty;
      battery.pending = scheduler.schedule((scheduler.now + wait) as Instant, event, battery.node);
    }
  }

  #chargeLeft({ person }: Battery): number {
    const { exogenous, scheduler } = this.#options;
    const share = exogenous('battery', person.id, scheduler.now);
    return Math.round(person.device.batteryLife * (leastCharge + (1 - leastCharge) * share));
  }

  #runsOut(node: NodeIndex): void {
    const battery = this.#byNode.get(node);
    if (battery === undefined) return;
    battery.pending = undefined;
    this.#options.host.stop(node, 'kept', battery.cause);
  }

  #comesBack(node: NodeIndex): void {
    const battery = this.#byNode.get(node);
    if (battery === undefined) return;
    battery.pending = undefined;
    this.#options.host.start(node);
    this.#options.onReturn(node);
  }
}
