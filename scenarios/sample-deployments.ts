// What systems bring to the world when they are deployed: looked at with a few people of the scenario, before any run.
import { DeploymentRecord } from '../sim/host/deployment-record.ts';
import { declareTimings } from '../sim/host/timings.ts';
import type { System } from '../sim/systems/system.ts';
import type { Workload } from '../sim/workload/workload.ts';
import type { Assumption, Component, World } from '../sim/world.ts';

/** Deploys systems for a sample of the people, each at most once, when first asked for. */
export class SampleDeployments {
  readonly #world: World;
  readonly #parametersOf: (system: string) => ReadonlyMap<string, number>;
  readonly #sample: () => Workload;
  readonly #records = new Map<string, DeploymentRecord>();
  #workload: Workload | undefined;

  /** `sample` makes a few people of the scenario; `parametersOf` gives what the scenario sets for a system. */
  constructor(
    world: World,
    parametersOf: (system: string) => ReadonlyMap<string, number>,
    sample: () => Workload,
  ) {
    this.#world = world;
    this.#parametersOf = parametersOf;
    this.#sample = sample;
  }

  /** The whole world as this system sees it. */
  components(system: System): Iterable<Component> {
    return this.#record(system).world.components.values();
  }

  /** What the system lists, its parameters among it, with the values that hold in this scenario. */
  assumptions(system: System): readonly Assumption[] {
    return this.#record(system).assumptions.slice(this.#world.assumptions.length);
  }

  #record(system: System): DeploymentRecord {
    let record = this.#records.get(system.id);
    if (record === undefined) {
      record = new DeploymentRecord({
        world: this.#world,
        workload: (this.#workload ??= this.#sample()),
        faults: [],
        system,
        parameters: this.#parametersOf(system.id),
        seed: 'sample',
        limits: { events: 1, eventsPerInstant: 1 },
      });
      system.deploy(record);
      declareTimings(record);
      this.#records.set(system.id, record);
    }
    return record;
  }
}
