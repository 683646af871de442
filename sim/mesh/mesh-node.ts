// A node of a replay, and the contact of two nodes.
import type { DtnRouter } from '../../protocol/dtn/router.ts';
import { never, type Instant } from '../../protocol/time.ts';
import { CopyStore } from './copy-store.ts';

/** A node with its buffer, its router and what it is about to do. */
export class MeshNode {
  readonly index: number;
  /** Its place in the order of turns. */
  readonly turn: number;
  readonly router: DtnRouter;
  readonly store: CopyStore;
  /** Contacts, in the order in which they began. */
  readonly links: Link[] = [];
  /** The one transfer that it sends; kept until its own turn, also when the contact has ended. */
  sending: Link | undefined;
  /** The one transfer that it receives. */
  receiving: Link | undefined;
  /** Messages for this node that exist and were not delivered. */
  readonly awaited: number[] = [];
  /** When it last looked for copies whose time is up. */
  purgedAt = 0 as Instant;
  /** When it will look again and find one; before the first of its copies dies, there is no need to. */
  purgeDueAt = never;
  firstDeadAt = never;

  constructor(index: number, turn: number, router: DtnRouter, messages: number) {
    this.index = index;
    this.turn = turn;
    this.router = router;
    this.store = new CopyStore(messages);
  }

  /** A node takes part in one transfer at a time, in either direction and over all its contacts. */
  get isBusy(): boolean {
    return this.sending !== undefined || this.receiving !== undefined;
  }
}

/** Where one side of a contact has got to in offering its copies to the other. */
export class OfferCursor {
  /** Everything in the queue before this position was refused or is known to the peer. */
  position = 0;
  /** What that rests on: differs from `markOf` as soon as something may be offered that was passed over. */
  mark = -1;
  /** The side found the other busy and has to be woken when it is free. */
  waits = false;
}

/** Two nodes in contact, and the one transfer under way between them. */
export class Link {
  readonly left: MeshNode;
  readonly right: MeshNode;
  readonly fromLeft = new OfferCursor();
  readonly fromRight = new OfferCursor();
  isUp = true;
  /** Message under way; -1: none. */
  message = -1;
  /** Hops of the copy under way, as it arrives. */
  hops = 0;
  doneAt = 0 as Instant;

  constructor(left: MeshNode, right: MeshNode) {
    this.left = left;
    this.right = right;
  }

  /** The node at the other end. */
  peerOf(node: MeshNode): MeshNode {
    return node === this.left ? this.right : this.left;
  }

  /** The cursor of what `node` offers. */
  cursorOf(node: MeshNode): OfferCursor {
    return node === this.left ? this.fromLeft : this.fromRight;
  }
}
