// What cores say about themselves becomes observations, entries in the account of messages, and counts.
import { assertNever } from '../../protocol/assert.ts';
import type { CoreFact, RefusalFate } from '../../protocol/core.ts';
import type { UserMessageId } from '../../protocol/message.ts';
import type { TaskId } from '../../protocol/task.ts';
import type { Instant } from '../../protocol/time.ts';
import type { MessageLedger } from '../blame.ts';
import type { NodeIndex, ObservationSink } from '../observation.ts';

/** What people do about what their clients show them as failed. */
export interface People {
  failedVisibly(message: UserMessageId, node: NodeIndex): void;
  taskFailed(task: TaskId): void;
}

/** How often a node did not take as it came what a peer had sent. */
export interface RefusalCount {
  readonly node: NodeIndex;
  readonly from: string;
  readonly fate: RefusalFate;
  readonly rule: string;
  times: number;
}

/** Takes the facts of all cores of a simulation. */
export class FactRecorder {
  readonly situations = new Map<string, number>();
  readonly counters = new Map<string, number>();
  readonly #refusals = new Map<string, RefusalCount>();
  readonly #ledger: MessageLedger;
  readonly #sink: ObservationSink;
  readonly #people: People;
  /** When each task was done. */
  readonly tasksDone = new Map<TaskId, Instant>();
  /** Shared objects of which each node has said that it has a copy. */
  readonly #copies = new Map<NodeIndex, Set<string>>();

  constructor(ledger: MessageLedger, sink: ObservationSink, people: People) {
    this.#ledger = ledger;
    this.#sink = sink;
    this.#people = people;
  }

  /** In the order in which each was first met. */
  refusals(): readonly RefusalCount[] {
    return [...this.#refusals.values()];
  }

  /** A node's disk is lost: it has no copy of anything any more, and cannot say so itself. */
  diskLost(node: NodeIndex, at: Instant): void {
    for (const object of this.#copiesOf(node)) this.#sink.record({ kind: 'replica-gone', at, node, object });
    this.#copies.delete(node);
  }

  #copiesOf(node: NodeIndex): Set<string> {
    let copies = this.#copies.get(node);
    if (copies === undefined) this.#copies.set(node, (copies = new Set()));
    return copies;
  }

  record(fact: CoreFact, node: NodeIndex, at: Instant): void {
    switch (fact.kind) {
      case 'accepted':
        return this.#ledger.accepted(fact.message, at);
      case 'delivered':
        // The sender's own copy, or somebody who is no member: not an expected delivery, but worth a count.
        if (!this.#ledger.delivered(fact.message, fact.person, node, at))
          add(this.situations, 'delivered-unexpected', 1);
        return;
      case 'attempt-failed': {
        const { kind: failure, cause } = fact.failure;
        return this.#sink.record({ kind: 'attempt-failed', at, message: fact.message, failure, cause });
      }
      case 'failed':
        this.#sink.record({ kind: 'failed', at, message: fact.message, cause: fact.cause });
        return this.#people.failedVisibly(fact.message, node);
      case 'task-done':
        if (this.tasksDone.has(fact.task)) return;
        this.tasksDone.set(fact.task, at);
        return this.#sink.record({ kind: 'task-done', at, task: fact.task });
      case 'task-failed':
        return this.#taskFailed(fact, at);
      case 'hold':
        if (fact.since !== undefined && fact.since < at)
          this.#ledger.heldSince(fact.messages, node, fact.since, fact.reason, fact.cause);
        return this.#ledger.hold(fact.messages, node, at, fact.reason, fact.cause);
      case 'not-kept':
        return this.#ledger.notKept(fact.messages, node, at);
      case 'replica':
        this.#copiesOf(node).add(fact.object);
        return this.#sink.record({
          kind: 'replica',
          at,
          node,
          object: fact.object,
          aspects: fact.aspects,
        });
      case 'replica-gone':
        this.#copiesOf(node).delete(fact.object);
        return this.#sink.record({ kind: 'replica-gone', at, node, object: fact.object });
      case 'replica-entries':
        return this.#sink.record({ ...fact, at, node });
      case 'refused':
        return this.#refused(fact, node, at);
      case 'situation':
        return add(this.situations, fact.name, 1);
      case 'counter':
        return add(this.counters, fact.name, fact.by);
      default:
        return assertNever(fact);
    }
  }

  #refused(
    { from, fate, rule, kept }: Extract<CoreFact, { kind: 'refused' }>,
    node: NodeIndex,
    at: Instant,
  ): void {
    if (kept !== undefined) {
      const { message, ...what } = kept;
      const said = message === undefined ? what : { ...what, message };
      this.#sink.record({ kind: 'refused', at, node, from, fate, rule, ...said });
    }
    const name = `${node} ${from} ${fate} ${rule}`;
    const known = this.#refusals.get(name);
    if (known === undefined) this.#refusals.set(name, { node, from, fate, rule, times: 1 });
    else known.times++;
  }

  #taskFailed({ task, step, failure, shown }: Extract<CoreFact, { kind: 'task-failed' }>, at: Instant): void {
    if (this.tasksDone.has(task)) return;
    const { kind, cause } = failure;
    const status = kind === 'status' ? { status: failure.status } : {};
    this.#sink.record({ kind: 'task-failed', at, task, step, failure: kind, ...status, shown, cause });
    if (shown) this.#people.taskFailed(task);
  }
}

function add(sums: Map<string, number>, name: string, by: number): void {
  sums.set(name, (sums.get(name) ?? 0) + by);
}
