// What faults do on the air: frames that a jammer drowns, and frames that arrive twice.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { Stations } from '../network/station.ts';
import type { NodeIndex } from '../observation.ts';

/** What disturbances are made of. */
export interface RadioFaultsOptions {
  readonly field: FaultField;
  readonly scheduler: Scheduler;
  readonly stations: Stations;
}

/** Disturbances of the air around phones. */
export interface RadioFaults {
  /** Told after something began or ended that may disturb the air. */
  onChange(listener: () => void): void;
  /** Share of the frames between two phones that jammers drown now: a frame and its answer have to be heard at both. */
  jammed(left: NodeIndex, right: NodeIndex): number;
  /** Faults that disturb the air at either phone now. */
  causeOf(left: NodeIndex, right: NodeIndex): CauseToken;
  /** Of two causes. */
  union(left: CauseToken, right: CauseToken): CauseToken;
  /** Share of the frames to a phone that arrive twice now. */
  duplicated(receiver: NodeIndex): number;
}

/** A phone is where its person is, as far as the world knows: its network's place. */
export function createRadioFaults(options: RadioFaultsOptions): RadioFaults {
  return new FaultsOnAir(options);
}

class FaultsOnAir implements RadioFaults {
  readonly #options: RadioFaultsOptions;
  readonly #jamming: readonly FaultIndex[];
  readonly #duplication: readonly FaultIndex[];

  constructor(options: RadioFaultsOptions) {
    this.#options = options;
    const { faults } = options.field.timeline;
    const ofKind = (kind: string): readonly FaultIndex[] =>
      [...faults.keys()].filter((index) => faults[index]?.kind === kind);
    this.#jamming = ofKind('radio-jamming');
    this.#duplication = ofKind('duplication');
  }

  onChange(listener: () => void): void {
    if (this.#jamming.length > 0) this.#options.field.onAnyChange(listener);
  }

  jammed(left: NodeIndex, right: NodeIndex): number {
    return this.#jamming.length === 0
      ? 0
      : Math.max(this.#at(left, this.#jamming), this.#at(right, this.#jamming));
  }

  causeOf(left: NodeIndex, right: NodeIndex): CauseToken {
    let cause = noCause;
    for (const index of this.#jamming)
      if (this.#severity(index, left) > 0 || this.#severity(index, right) > 0)
        cause = this.#options.field.blame(cause, index);
    this.#options.field.countContact(cause);
    return cause;
  }

  union(left: CauseToken, right: CauseToken): CauseToken {
    return this.#options.field.union(left, right);
  }

  duplicated(receiver: NodeIndex): number {
    return this.#duplication.length === 0 ? 0 : this.#at(receiver, this.#duplication);
  }

  #at(node: NodeIndex, faults: readonly FaultIndex[]): number {
    let spared = 1;
    for (const index of faults) {
      const fault = this.#options.field.fault(index);
      if (fault.kind === 'radio-jamming' || fault.kind === 'duplication')
        spared *= 1 - fault.probability * this.#severity(index, node);
    }
    return 1 - spared;
  }

  #severity(index: FaultIndex, node: NodeIndex): number {
    const { field, scheduler, stations } = this.#options;
    if (field.reach(index, stations.of(node).place) === 0) return 0;
    return field.timeline.severity(index, scheduler.now);
  }
}
