// What operators did, as data: at an instant, or after a condition has held for a while.
import type { Duration, Instant } from '../../protocol/time.ts';

/** What an operator can see. `down`: something that the selector means does not work; `working`: all of it does. */
export type Condition =
  | { readonly kind: 'fault'; readonly fault: string; readonly is: 'active' | 'over' }
  | { readonly kind: 'components'; readonly selector: string; readonly are: 'down' | 'working' }
  | { readonly kind: 'done'; readonly action: string };

/** When an action happens: at an instant, or once every condition has held together for so long. Each happens once. */
export type ActionTime =
  | { readonly kind: 'at'; readonly at: Instant }
  | { readonly kind: 'after'; readonly conditions: readonly Condition[]; readonly for: Duration };

/** Fields every action has. */
export interface ActionBase {
  /** Unique among faults and actions. */
  readonly id: string;
  readonly title: string;
  readonly when: ActionTime;
  readonly source: string;
  /** The fault to which it answers: what it costs users is charged to that, and to the action itself without one. */
  readonly because?: string;
}

/** Something that an operator does. Faults that name it as `endsWith` end with it. */
export type Action = ActionBase &
  (
    | { readonly do: 'repair' }
    /** Out of rotation: no new connections, and open ones are closed. */
    | { readonly do: 'drain'; readonly target: string }
    /** To this member of a failover, or to the next one that works. */
    | { readonly do: 'fail-over'; readonly target: string; readonly to?: string }
    | { readonly do: 'switch-health-checks-off'; readonly target: string }
    /** This share of requests is refused with the status. */
    | { readonly do: 'throttle'; readonly target: string; readonly share: number; readonly status: number }
    /** So many times the capacity, growing over `rampUp`. */
    | {
        readonly do: 'add-capacity';
        readonly target: string;
        readonly factor: number;
        readonly rampUp?: Duration;
      }
    /** Switches machines on although what they need to start is missing. */
    | { readonly do: 'start'; readonly target: string }
    /** Machines begin anew from their last backup. One is taken at every multiple of `backupEvery` since the epoch. */
    | { readonly do: 'restore-backup'; readonly target: string; readonly backupEvery: Duration }
    /** Servers forget that they wanted to wait before trying their peers again. */
    | { readonly do: 'clear-back-offs'; readonly target: string }
    /** Ends what an earlier action brought about. */
    | { readonly do: 'lift'; readonly action: string }
  );

export type ActionKind = Action['do'];
