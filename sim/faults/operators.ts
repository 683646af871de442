// The people who run things: they watch, wait until they are sure, and act.
import { assert, present } from '../../protocol/assert.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { CauseTable } from '../causes.ts';
import { matchSelector, parseSelector } from '../infrastructure/selector.ts';
import type { EventHandle, EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { ComponentId } from '../world.ts';
import type { Action, Condition } from './action.ts';
import type { FaultField } from './fault-field.ts';
import { footprint } from './fault-map.ts';
import type { FaultIndex } from './timeline.ts';

/** What operators can do to machines. */
export interface Machines {
  /** Boots it, although something that it needs to start may be missing. */
  start(node: NodeIndex): void;
  /** Keeps a copy of its disk. */
  backUp(node: NodeIndex): void;
  /** Stops it and boots it from the copy that was kept last; from an empty disk when there is none. */
  restoreBackup(node: NodeIndex, cause: CauseToken): void;
  clearBackOffs(node: NodeIndex): void;
}

/** What is told when it happens. */
export interface OperatorListener {
  acted(action: string): void;
  /** The fault is over then. */
  ended(fault: string, at: Instant): void;
}

/** What operators are made of. */
export interface OperatorOptions {
  readonly scheduler: Scheduler;
  readonly field: FaultField;
  readonly causes: CauseTable;
  readonly actions: readonly Action[];
  /** Nodes by the component that they are. */
  readonly nodes: ReadonlyMap<ComponentId, readonly NodeIndex[]>;
  readonly machines: Machines;
  readonly listener: OperatorListener;
}

/** An action whose conditions are watched. */
interface Watched {
  readonly number: number;
  readonly conditions: readonly ((now: Instant) => boolean)[];
  readonly patience: number;
  /** It will be done then, unless a condition ceases to hold. */
  pending: EventHandle | undefined;
}

/** Carries out the actions of a run. Makes no events where there are none. */
export class Operators {
  readonly #options: OperatorOptions;
  readonly #done = new Set<string>();
  readonly #watched: Watched[] = [];
  readonly #actEvent: EventKind | undefined;
  readonly #backUpEvent: EventKind | undefined;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { scheduler, actions, field } = options;
    if (actions.length === 0) return;
    this.#actEvent = scheduler.register('operator', (_node, _payload, number) => this.#act(number));
    this.#backUpEvent = scheduler.register('backup', (_node, _payload, number) => this.#backUp(number));
    for (const [number, action] of actions.entries()) {
      if (action.when.kind === 'at')
        scheduler.schedule(action.when.at, this.#actEvent, -1, undefined, number);
      else {
        const conditions = action.when.conditions.map((condition) => this.#seer(condition));
        this.#watched.push({ number, conditions, patience: action.when.for, pending: undefined });
      }
      if (action.do === 'restore-backup') this.#nextBackUp(number, action.backupEvery);
    }
    field.onAnyChange(() => this.#look());
    this.#look();
  }

  // --- Watching ---

  #look(): void {
    const { now } = this.#options.scheduler;
    for (const watched of this.#watched) this.#consider(watched, now);
  }

  #consider(watched: Watched, now: Instant): void {
    if (this.#done.has(this.#action(watched.number).id)) return;
    const { scheduler } = this.#options;
    const holds = watched.conditions.every((condition) => condition(now));
    if (holds && watched.pending === undefined) {
      const at = (now + watched.patience) as Instant;
      const event = present(this.#actEvent, 'event of an action');
      watched.pending = scheduler.schedule(at, event, -1, undefined, watched.number);
    } else if (!holds && watched.pending !== undefined) {
      scheduler.cancel(watched.pending);
      watched.pending = undefined;
    }
  }

  /** How an operator finds out about a condition. */
  #seer(condition: Condition): (now: Instant) => boolean {
    const { field } = this.#options;
    switch (condition.kind) {
      case 'done':
        return () => this.#done.has(condition.action);
      case 'fault': {
        const index = this.#faultCalled(condition.fault);
        return condition.is === 'active'
          ? (now) => field.timeline.holds(index, 0, now)
          : (now) => field.timeline.endOf(index) <= now;
      }
      case 'components': {
        const places = this.#meant(condition.selector).map((id) => field.places.of(id));
        const isAnyDown = (): boolean => places.some((place) => field.outage(place).isDown);
        // Nobody watches what this system does not have.
        return condition.are === 'down' ? isAnyDown : () => places.length > 0 && !isAnyDown();
      }
    }
  }

  // --- Acting ---

  #act(number: number): void {
    const { field, scheduler, listener } = this.#options;
    const { now } = scheduler;
    const action = this.#action(number);
    this.#done.add(action.id);
    listener.acted(action.id);
    const effect = field.timeline.faults.findIndex(({ doneBy }) => doneBy === action.id);
    if (effect >= 0) {
      field.timeline.begin(effect, now);
      field.changedByAction(effect);
    } else this.#actAtOnce(action, now);
    for (const [index, { endsWith }] of field.timeline.faults.entries())
      if (endsWith === action.id) this.#end(index, now);
    this.#look();
  }

  #actAtOnce(action: Action, now: Instant): void {
    const { field, machines } = this.#options;
    switch (action.do) {
      case 'fail-over':
        return this.#failOver(action, now);
      case 'lift': {
        const index = field.timeline.faults.findIndex(({ doneBy }) => doneBy === action.action);
        return index < 0 ? undefined : this.#end(index, now);
      }
      case 'start':
        return this.#forMachines(action.target, (node) => machines.start(node));
      case 'restore-backup':
        return this.#forMachines(action.target, (node) => machines.restoreBackup(node, this.#cause(action)));
      case 'clear-back-offs':
        return this.#forMachines(action.target, (node) => machines.clearBackOffs(node));
      default:
        return undefined;
    }
  }

  /** Ends an entry of the timeline that has begun. */
  #end(index: FaultIndex, now: Instant): void {
    const { field, listener } = this.#options;
    const { timeline } = field;
    if (timeline.startOf(index) > now || timeline.endOf(index) <= now) return;
    timeline.finish(index, now);
    const { id, doneBy } = timeline.fault(index);
    if (doneBy === undefined) listener.ended(id, timeline.endOf(index));
    field.changedByAction(index);
  }

  #failOver(action: Extract<Action, { do: 'fail-over' }>, now: Instant): void {
    const { field } = this.#options;
    for (const id of this.#meant(action.target)) {
      const failover = field.delayed.failoverOf(id);
      if (failover === undefined) continue;
      const members = field.graph.component(field.graph.indexOf(id)).redundancy?.members ?? [];
      const to = members.findIndex((member) => member === action.to);
      failover.move(to < 0 ? undefined : to, now, this.#cause(action));
    }
    field.changedByAction(undefined);
  }

  #nextBackUp(number: number, every: number): void {
    const { scheduler } = this.#options;
    const at = ((Math.floor(scheduler.now / every) + 1) * every) as Instant;
    scheduler.schedule(at, present(this.#backUpEvent, 'event of a backup'), -1, undefined, number);
  }

  #backUp(number: number): void {
    const action = this.#action(number);
    if (action.do !== 'restore-backup' || this.#done.has(action.id)) return;
    this.#forMachines(action.target, (node) => this.#options.machines.backUp(node));
    this.#nextBackUp(number, action.backupEvery);
  }

  /** Machines that the selector means, and those that stand on what it means. */
  #forMachines(target: string, act: (node: NodeIndex) => void): void {
    const { field, nodes } = this.#options;
    const { reach } = footprint(field.graph, target, 'none');
    for (const [component, there] of nodes)
      if ((reach[field.graph.indexOf(component)] ?? 0) > 0) for (const node of there) act(node);
  }

  #cause({ because, id }: Action): CauseToken {
    return this.#options.causes.intern([because ?? id]);
  }

  #meant(text: string): readonly ComponentId[] {
    const selector = parseSelector(text);
    return selector.ok
      ? matchSelector(selector.value, this.#options.field.graph.components).map(({ id }) => id)
      : [];
  }

  #faultCalled(id: string): FaultIndex {
    const index = this.#options.field.timeline.faults.findIndex((fault) => fault.id === id);
    assert(index >= 0, `a condition watches fault ${id}, which the run has`);
    return index;
  }

  #action(number: number): Action {
    return present(this.#options.actions[number], `action ${number}`);
  }
}
