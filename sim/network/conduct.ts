// Which machines are hostile now, and how.
import { noCause } from '../../protocol/failure.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Stations } from './station.ts';

/** What conduct is made of. */
export interface ConductOptions {
  readonly field: FaultField;
  readonly scheduler: Scheduler;
  readonly stations: Stations;
  readonly draw: AddressedDraw;
  readonly machines: readonly NodeIndex[];
}

/** How machines behave, as `byzantine` faults have it. */
export class Conduct {
  readonly #options: ConductOptions;
  readonly #faults: readonly FaultIndex[];

  constructor(options: ConductOptions) {
    this.#options = options;
    const { faults } = options.field.timeline;
    this.#faults = [...faults.keys()].filter((index) => faults[index]?.kind === 'byzantine');
  }

  /** In which way a machine is hostile now; undefined while it is honest. The last fault decides where several do. */
  of(node: NodeIndex): string | undefined {
    const { field, scheduler, stations, draw } = this.#options;
    let behaviour: string | undefined;
    for (const index of this.#faults) {
      const fault = field.fault(index);
      const { place, name } = stations.of(node);
      if (fault.kind !== 'byzantine' || field.reach(index, place) === 0) continue;
      if (!field.timeline.holds(index, 0, scheduler.now)) continue;
      if (fault.share !== undefined && draw('byzantine', fault.id, name) >= fault.share) continue;
      behaviour = fault.behaviour;
      field.countContact(field.blame(noCause, index));
    }
    return behaviour;
  }

  /** Calls for every machine whose conduct changes, and for none in runs without such faults. */
  onChange(listener: (node: NodeIndex, behaviour: string | undefined) => void): void {
    if (this.#faults.length === 0) return;
    const known = new Map<NodeIndex, string>();
    this.#options.field.onAnyChange(() => {
      for (const node of this.#options.machines) {
        const behaviour = this.of(node);
        if (behaviour === known.get(node)) continue;
        if (behaviour === undefined) known.delete(node);
        else known.set(node, behaviour);
        listener(node, behaviour);
      }
    });
  }
}
