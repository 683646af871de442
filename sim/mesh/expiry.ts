// When messages die. The rules are those of The ONE 1.6 (core/Message.java, routing/ActiveRouter.java,
// https://github.com/akeranen/the-one), so that results can be compared copy by copy:
// - What is left of a lifetime counts in whole minutes, rounded down. At 0 nobody takes a copy any more, except the
//   destination.
// - A node looks for dead copies every 60 s, and not while it sends: a copy dies between one minute before its time
//   and its time.
import type { Bundle } from '../../protocol/dtn/router.ts';
import { minutes, never, type Duration, type Instant } from '../../protocol/time.ts';
import type { MeshNode } from './mesh-node.ts';

const minute = minutes(1);
/** Between two looks for dead copies: ActiveRouter.TTL_CHECK_INTERVAL. */
const interval = minutes(1);

/** Lifetimes of one replay. */
export class Expiry {
  readonly #lifetime: Duration | undefined;
  readonly #bundles: readonly Bundle[];
  readonly #drop: (node: MeshNode, position: number) => void;
  readonly #schedule: (node: MeshNode, at: Instant) => void;
  /** The first message that is not dead yet. */
  #alive = 0;

  /**
   * @param drop takes a copy out of a node's buffer
   * @param schedule lets the node have a turn at that instant
   */
  constructor(
    lifetime: Duration | undefined,
    bundles: readonly Bundle[],
    drop: (node: MeshNode, position: number) => void,
    schedule: (node: MeshNode, at: Instant) => void,
  ) {
    this.#lifetime = lifetime;
    this.#bundles = bundles;
    this.#drop = drop;
    this.#schedule = schedule;
  }

  /** Whether anybody but the destination may still take a copy. */
  isRelayed({ createdAt }: Bundle, now: Instant): boolean {
    return this.#lifetime === undefined || createdAt + this.#lifetime - now >= minute;
  }

  /** A node holds a new copy. */
  added(node: MeshNode, bundle: Bundle, now: Instant): void {
    if (this.#lifetime === undefined) return;
    const dead = this.#deadAt(bundle);
    if (dead < node.firstDeadAt) node.firstDeadAt = dead;
    if (node.sending === undefined) this.#plan(node, now);
  }

  /** A node begins to send: while it does, it does not look. */
  pause(node: MeshNode, now: Instant): void {
    if (this.#lifetime === undefined) return;
    // Looks that found nothing were not carried out: they are made up for here.
    const last = Math.min(now, node.purgeDueAt - 1);
    node.purgedAt = (node.purgedAt + Math.floor((last - node.purgedAt) / interval) * interval) as Instant;
  }

  /** A node has ended sending: a look that was due meanwhile is made now. */
  resume(node: MeshNode, now: Instant): void {
    if (this.#lifetime === undefined) return;
    if (now - node.purgedAt >= interval) this.#purge(node, now);
    node.purgeDueAt = never;
    this.#plan(node, now);
  }

  /** A node's turn, while it is not sending. */
  check(node: MeshNode, now: Instant): void {
    if (node.purgeDueAt > now) return;
    this.#purge(node, now);
    node.purgeDueAt = never;
    this.#plan(node, now);
  }

  #deadAt(bundle: Bundle | undefined): Instant {
    if (bundle === undefined || this.#lifetime === undefined) return never;
    return (bundle.createdAt + this.#lifetime - minute + 1) as Instant;
  }

  #purge(node: MeshNode, now: Instant): void {
    node.purgedAt = now;
    if (node.firstDeadAt > now) return;
    // Messages are listed in the order in which they were written, so the dead ones are those before some place.
    while (this.#alive < this.#bundles.length && this.#deadAt(this.#bundles[this.#alive]) <= now)
      this.#alive++;
    const alive = this.#alive;
    const { store } = node;
    let first = this.#bundles.length;
    for (let position = store.head; position < store.tail; position++) {
      const message = store.at(position);
      if (message < 0) continue;
      if (message < alive) this.#drop(node, position);
      else if (message < first) first = message;
    }
    node.firstDeadAt = this.#deadAt(this.#bundles[first]);
  }

  /** Plans the first look that finds something. */
  #plan(node: MeshNode, now: Instant): void {
    if (node.firstDeadAt === never) return;
    const wanted = Math.max(node.firstDeadAt, now + 1) - node.purgedAt;
    const due = (node.purgedAt + Math.ceil(wanted / interval) * interval) as Instant;
    if (due >= node.purgeDueAt) return;
    node.purgeDueAt = due;
    this.#schedule(node, due);
  }
}
