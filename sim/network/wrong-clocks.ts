// Whose wall clocks are wrong now, by how much, and because of which faults.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Stations } from './station.ts';

/** What wrong clocks are made of. */
export interface WrongClocksOptions {
  readonly field: FaultField;
  readonly scheduler: Scheduler;
  readonly stations: Stations;
  readonly draw: AddressedDraw;
}

/** The clocks of a simulation's nodes as faults disturb them. */
export class WrongClocks {
  readonly #options: WrongClocksOptions;
  readonly #faults: readonly FaultIndex[];

  constructor(options: WrongClocksOptions) {
    this.#options = options;
    const { faults } = options.field.timeline;
    this.#faults = [...faults.keys()].filter((index) => faults[index]?.kind === 'clock');
  }

  /** Whether any clock of this run is ever wrong because of a fault. */
  get any(): boolean {
    return this.#faults.length > 0;
  }

  /** Shown time minus true time of a node now, whole milliseconds. */
  skewMs(node: NodeIndex): number {
    const { field, scheduler } = this.#options;
    let skew = 0;
    for (const index of this.#striking(node)) {
      const fault = field.fault(index);
      if (fault.kind === 'clock')
        skew += Math.round(fault.skewMs * field.timeline.severity(index, scheduler.now));
    }
    return skew;
  }

  /** Faults because of which a node's clock is wrong now. */
  causeOf(node: NodeIndex): CauseToken {
    const { field } = this.#options;
    let cause = noCause;
    for (const index of this.#striking(node)) cause = field.blame(cause, index);
    field.countContact(cause);
    return cause;
  }

  #striking(node: NodeIndex): readonly FaultIndex[] {
    if (this.#faults.length === 0) return [];
    const { field, scheduler, stations, draw } = this.#options;
    const { place, name } = stations.of(node);
    return this.#faults.filter((index) => {
      const fault = field.fault(index);
      return (
        fault.kind === 'clock' &&
        field.timeline.holds(index, 0, scheduler.now) &&
        field.reach(index, place) > 0 &&
        (fault.share === undefined || draw('clock', fault.id, name) < fault.share)
      );
    });
  }
}
