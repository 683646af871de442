// What a store-carry-forward router is: one node's decisions about which copy goes to whom. What a contact can carry,
// who is busy, what a buffer drops and when a message dies is the world's business and not a router's.
import type { RandomStream } from '../random-stream.ts';
import type { Instant } from '../time.ts';

/** A message as routers know it; one object for all its copies. */
export interface Bundle {
  /** Its place in the list of messages: 0, 1, 2, … */
  readonly index: number;
  readonly id: string;
  /** Nodes are numbers: the place of their name in the sorted list of names. */
  readonly source: number;
  readonly destination: number;
  readonly bytes: number;
  readonly createdAt: Instant;
}

/**
 * One node's router. A host asks it only about copies that its node holds and that the peer neither holds nor was
 * ever delivered; a copy for the peer itself is handed over without asking.
 * @typeParam Summary what two routers in contact know of each other, such as PRoPHET's delivery predictabilities.
 *   Reading it costs neither time nor bytes: a boundary of the model, and that of the simulators it is compared with.
 */
export interface DtnRouter<Summary = unknown> {
  /**
   * Whether the peer should have a copy. A refusal holds for the rest of the contact unless `revision` of one of the
   * two changes meanwhile.
   */
  offers(bundle: Bundle, peer: number, summary: Summary | undefined, now: Instant): boolean;

  /**
   * Which copy goes first: the highest rank among all offers to all peers in contact, and among equals the copy
   * received first. Without it, peers are served in the order in which their contacts began, and copies in the order
   * in which they were received.
   */
  rank?(bundle: Bundle, peer: number, summary: Summary | undefined, now: Instant): number;

  /** Changes whenever `offers` may answer differently than before, transfers of the asked bundle apart. */
  readonly revision?: number;

  /** What those in contact may look at whenever they decide. It is the router's own, changing object. */
  readonly summary?: Summary;

  /**
   * A contact begins. What is returned is told to the peer; it must not change any more.
   * Both nodes note the contact before either is told anything.
   */
  contactBegins?(peer: number, now: Instant): Summary | undefined;

  /** What the peer's `contactBegins` returned; once per contact. */
  learns?(peer: number, told: Summary | undefined, now: Instant): void;

  /** What `contactBegins` returned, as whole numbers, for links that carry bytes. */
  writes?(told: Summary, now: Instant): readonly number[];

  /** The other way round; undefined when the numbers make no sense. What is read ages on like the peer's own. */
  reads?(numbers: readonly number[], now: Instant): Summary | undefined;

  /** The node's own user wrote a message; the node holds it now. */
  creates?(bundle: Bundle): void;

  /** A copy has arrived at the peer. What is returned travels with it (spray-and-wait: how many copies it may make). */
  hands?(bundle: Bundle, peer: number): unknown;

  /** A copy has arrived here, with what its sender's `hands` returned. Not called at the message's destination. */
  receives?(bundle: Bundle, from: number, note: unknown): void;

  /** The node holds the copy no longer: its time was up, or room was needed. It may receive the message again. */
  drops?(bundle: Bundle): void;
}

/** What a router is made from. */
export interface DtnRouterContext {
  readonly node: number;
  /** How many nodes there are. */
  readonly nodes: number;
  /** The node's own stream, for routers that leave something to chance. */
  readonly random: RandomStream;
}

/** Makes the router of one node. */
export type CreateDtnRouter = (context: DtnRouterContext) => DtnRouter;
