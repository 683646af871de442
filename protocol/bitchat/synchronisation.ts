// Asking neighbours for broadcasts that were missed, and answering them.
import type { Address, Effects } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { after, epoch, type Clock, type Duration, type Instant, type WallTime } from '../time.ts';
import { gossip, packetTypes, type GossipPolicy } from './constants.ts';
import type { GossipStore } from './gossip-store.ts';
import type { Neighbourhood, NeighbourLink } from './neighbourhood.ts';
import { PacketContent } from './packet.ts';
import type { PeerId } from './peer-id.ts';
import { decodeSyncRequest, encodeSyncRequest } from './sync-request.ts';
import type { Transmitter } from './transmitter.ts';

/** Timers of this part: the round, and the first request to each new neighbour. */
export const roundTimer = 'gossip-round';
export const firstSyncTimer = 'gossip-first/';

/**
 * Anti-entropy rounds while the application is open, each 30 s from its opening. While there is nobody to ask they are
 * not held: what they would have dropped is dropped when somebody comes.
 */
export class Synchronisation {
  readonly #self: PeerId;
  readonly #store: GossipStore;
  readonly #neighbourhood: Neighbourhood;
  readonly #transmitter: Transmitter;
  readonly #policy: GossipPolicy;
  #openedAt = epoch;
  #purgedAt = epoch;
  #isRunning = false;

  constructor(
    self: PeerId,
    policy: GossipPolicy,
    store: GossipStore,
    neighbourhood: Neighbourhood,
    transmitter: Transmitter,
  ) {
    this.#self = self;
    this.#policy = policy;
    this.#store = store;
    this.#neighbourhood = neighbourhood;
    this.#transmitter = transmitter;
  }

  open(clock: Clock, out: Effects): void {
    this.#store.purge(clock.wall);
    this.#openedAt = clock.now;
    this.#purgedAt = clock.now;
    if (this.#neighbourhood.linkCount > 0) this.resume(clock, out);
  }

  close(out: Effects): void {
    this.#isRunning = false;
    out.cancelTimer(roundTimer);
  }

  /** Somebody is connected: rounds are worth holding. */
  resume(clock: Clock, out: Effects): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#purgeWhenDue(clock);
    this.#scheduleRound(clock, out);
  }

  /** A verified peer is connected for the first time: ask it soon. */
  greet(link: NeighbourLink, clock: Clock, out: Effects): void {
    out.setTimer(firstSyncTimer + link.address, after(clock.now, gossip.firstSync));
  }

  firstRequest(address: Address, clock: Clock, out: Effects): void {
    const link = this.#neighbourhood.link(address);
    if (link !== undefined) this.#ask([link], clock, out);
  }

  round(clock: Clock, out: Effects): void {
    if (this.#neighbourhood.linkCount === 0) {
      this.#isRunning = false;
      return;
    }
    this.#purgeWhenDue(clock);
    this.#scheduleRound(clock, out);
    const links = this.#neighbourhood.links();
    // An Android phone asks whoever hears it, an iPhone those whom it knows.
    this.#ask(this.#policy.marksAnswers ? links.filter(({ peer }) => peer !== undefined) : links, clock, out);
  }

  /** Sends what the neighbour lacks. Requests that are relayed, malformed or, to an iPhone, too many get no answer. */
  answer(request: PacketContent, link: NeighbourLink, clock: Clock, out: Effects): void {
    const { marksAnswers } = this.#policy;
    if (link.peer !== request.sender || (marksAnswers && !this.#neighbourhood.mayAsk(link, clock.now)))
      return;
    const decoded = decodeSyncRequest(request.payload);
    if (decoded === undefined) return;
    for (const content of this.#store.answer(decoded, clock.wall))
      if (content.sender !== link.peer) this.#transmitter.sendOn(link, content, marksAnswers, out);
  }

  #scheduleRound({ now }: Clock, out: Effects): void {
    const held = Math.floor((now - this.#openedAt) / gossip.round);
    out.setTimer(roundTimer, after(this.#openedAt, (gossip.round * (held + 1)) as Duration));
  }

  /** Purges as of the last instant at which it was due, counted from the opening. */
  #purgeWhenDue({ now, wall }: Clock): void {
    const periods = Math.floor((now - this.#openedAt) / gossip.purgeEvery);
    const due = (this.#openedAt + periods * gossip.purgeEvery) as Instant;
    if (due <= this.#purgedAt) return;
    this.#purgedAt = due;
    this.#store.purge((wall - Math.floor((now - due) / 1_000)) as WallTime);
  }

  #ask(links: readonly NeighbourLink[], clock: Clock, out: Effects): void {
    if (links.length === 0) return;
    const payload = encodeSyncRequest(this.#store.request(clock.wall));
    const request = new PacketContent(
      { version: 1, type: packetTypes.requestSync, timestamp: clock.wall, sender: this.#self, payload },
      carriesNothing,
    );
    for (const link of links) {
      link.askedAt = clock.now;
      this.#transmitter.sendOn(link, request, false, out);
    }
  }
}
