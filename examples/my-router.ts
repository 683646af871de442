// A router of your own, to start from: epidemic routing, written out.
//
//   npx netsplit mesh contacts.gz --messages messages.gz --router examples/my-router.ts
//
// netsplit makes one router per node and asks it only about copies that the node holds and that the peer neither holds
// nor was ever delivered. Whatever is addressed to the peer itself is handed over without asking. Contacts, transfer
// times, buffers and lifetimes are netsplit's business. Every message has `index`, `id`, `source`, `destination`,
// `bytes` and `createdAt`; nodes are numbers from 0, times are microseconds.
//
// Routers must be deterministic: take chance from `random`, time from `now`, and nothing from outside.
import type { Bundle, DtnRouter, DtnRouterContext } from '../protocol/dtn/router.ts';

class MyRouter implements DtnRouter<ReadonlySet<number>> {
  readonly node: number;
  /** Messages that this node holds. Peers in contact see it: it is the `summary` that they are given. */
  readonly summary = new Set<number>();

  constructor({ node }: DtnRouterContext) {
    this.node = node;
  }

  /** Should the peer have a copy? Epidemic routing: yes, if it lacks one. */
  offers(bundle: Bundle, _peer: number, theirs: ReadonlySet<number> | undefined): boolean {
    return theirs === undefined || !theirs.has(bundle.index);
  }

  // What follows is told to the router, and each of it may be left out.

  creates(bundle: Bundle): void {
    this.summary.add(bundle.index);
  }

  /** A copy arrived; `note` is what the sender's `hands` returned. */
  receives(bundle: Bundle, _from: number, _note: unknown): void {
    this.summary.add(bundle.index);
  }

  drops(bundle: Bundle): void {
    this.summary.delete(bundle.index);
  }

  // Also: `contactBegins` and `learns` (what two routers tell each other), `hands` (what travels with a copy), `rank`
  // (which copy goes first) and `revision` (a number to change when `offers` would answer differently than before).
}

export const createRouter = (context: DtnRouterContext): DtnRouter => new MyRouter(context);
