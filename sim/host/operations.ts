// What operators can do to the machines of a simulation, and the record of what they did.
import type { Instant } from '../../protocol/time.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { ObservationSink } from '../observation.ts';
import type { Power } from './power.ts';
import type { SimulatedHost } from './simulated-host.ts';
import type { Surroundings } from './surroundings.ts';

/** What operations are made of. */
export interface OperationsOptions {
  readonly scheduler: Scheduler;
  readonly sink: ObservationSink;
  readonly host: SimulatedHost;
  readonly power: Power;
  readonly surroundings: Surroundings;
}

/** The actions of a run as they happen. */
export class Operations {
  /** When each action was done. */
  readonly done = new Map<string, Instant>();
  /** When each fault ended that an action ended. */
  readonly ended = new Map<string, Instant>();

  /** From now on operators watch and act. */
  constructor({ scheduler, sink, host, power, surroundings }: OperationsOptions) {
    const ended = scheduler.register('fault-ended', (_node, fault) =>
      sink.record({ kind: 'fault', at: scheduler.now, fault: fault as string, active: false }),
    );
    surroundings.operate?.(
      {
        start: (node) => power.bootRegardless(node),
        backUp: (node) => {
          for (const { storage } of host.node(node).parts.values()) storage.backUp();
        },
        restoreBackup: (node, cause) => power.restoreBackup(node, cause),
        clearBackOffs: (node) => {
          if (!host.isUp(node)) return;
          for (const part of host.node(node).parts.values())
            host.hand(part, { kind: 'operator', order: 'clear-back-offs' }, undefined, undefined);
        },
      },
      {
        acted: (action) => {
          this.done.set(action, scheduler.now);
          sink.record({ kind: 'action', at: scheduler.now, action });
        },
        ended: (fault, at) => {
          this.ended.set(fault, at);
          scheduler.schedule(at, ended, -1, fault);
        },
      },
    );
  }
}
