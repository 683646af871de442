// A phone with the application: guards what comes in, passes it to its parts, relays it.
import type {
  Address,
  Core,
  CoreFactory,
  Effects,
  Input,
  StoredState,
  TimerName,
  UserAction,
} from '../core.ts';
import { SeenFilter } from '../seen-filter.ts';
import { after, type Clock, type Instant } from '../time.ts';
import {
  announcing,
  cancelAbovePeers,
  mostMessageAgeMs,
  originTtl,
  packetTypes,
  gossip,
  type PlatformPolicy,
} from './constants.ts';
import { Conversations, retryTimer, sweepTimer } from './conversations.ts';
import { Couriers } from './couriers.ts';
import { isDirected, type Link } from './fan-out.ts';
import { FragmentBuffer } from './fragmentation.ts';
import { GossipStore } from './gossip-store.ts';
import { Neighbourhood, type NeighbourLink } from './neighbourhood.ts';
import { handshakeTimer, NoiseSessions } from './noise/sessions.ts';
import type { NostrMessage } from './nostr/messages.ts';
import { isRelayTag } from './nostr/relay-pool.ts';
import { NostrTransport } from './nostr/transport.ts';
import type { Packet, PacketContent } from './packet.ts';
import { PeerBook } from './peer-book.ts';
import type { PeerId } from './peer-id.ts';
import type { PeerConfig } from './peer-config.ts';
import { announceTimer, Presence, verifiedAnnounce } from './presence.ts';
import { isSignedBy } from './signatures.ts';
import { firstSyncTimer, roundTimer, Synchronisation } from './synchronisation.ts';
import { transmitTimer } from './transmit-queue.ts';
import { Transmitter } from './transmitter.ts';

/**
 * The core of one phone. Its links come from the radio: a `tag` on `link-up` says that this side connected (it is the
 * central). Without the application open it does nothing.
 */
export function createPeer(config: PeerConfig): CoreFactory {
  return (stored) => new Peer(config, stored);
}

/** Somebody was connected and is no more; the peer follows. */
const unlinkedTimer = 'unlinked/';

class Peer implements Core {
  // What every packet asks for, duplicates too, comes first.
  readonly #self: PeerId;
  readonly #neighbourhood: Neighbourhood;
  readonly #seen: SeenFilter;
  readonly #policy: PlatformPolicy;
  readonly #transmitter: Transmitter;
  #isOpen = false;
  #duplicates = 0;
  readonly #config: PeerConfig;
  readonly #originTtl: number;
  /** Both made for the first fragment: most phones never see one. */
  #fragments: FragmentBuffer | undefined;
  #seenFragments: SeenFilter | undefined;
  readonly #gossip: GossipStore;
  readonly #presence: Presence;
  readonly #synchronisation: Synchronisation;
  readonly #conversations: Conversations;
  readonly #couriers: Couriers;
  readonly #nostr: NostrTransport | undefined;
  readonly #book = new PeerBook();

  constructor(config: PeerConfig, stored: StoredState | undefined) {
    const { policy, random, identity, cancelsRelays } = config;
    this.#self = identity.peerId;
    this.#policy = policy;
    this.#config = config;
    this.#originTtl = config.originTtl ?? originTtl;
    this.#seen = new SeenFilter(policy.seen);
    const neighbourhood = new Neighbourhood(this.#book, policy.reachableFor);
    this.#neighbourhood = neighbourhood;
    const transmitter = new Transmitter({
      ...{ neighbourhood, policy, random, cancelsRelays },
      originTtl: this.#originTtl,
    });
    const store = new GossipStore(this.#book, identity.peerId, policy.gossip, config.purgeOnStale);
    this.#gossip = store;
    this.#transmitter = transmitter;
    this.#presence = new Presence(config, neighbourhood, transmitter, store);
    this.#synchronisation = new Synchronisation(
      identity.peerId,
      policy.gossip,
      store,
      neighbourhood,
      transmitter,
    );
    const sessions = new NoiseSessions(config, transmitter);
    const couriers = new Couriers(config, { neighbourhood, transmitter, sessions }, stored);
    this.#couriers = couriers;
    const nostr = config.nostr === undefined ? undefined : new NostrTransport(config, config.nostr);
    this.#nostr = nostr;
    const parts = { neighbourhood, transmitter, gossip: store, sessions, couriers, nostr };
    this.#conversations = new Conversations(config, parts, stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'message':
        if (input.message.kind === 'bitchat.packet')
          this.#receive(input.message as Packet, input.from, clock, out);
        else this.#conversations.receiveNostr(input.message as NostrMessage, input.from, clock, out);
        return;
      case 'timer':
        return this.#onTimer(input.timer, clock, out);
      case 'link-up':
        if (isRelayTag(input.tag)) return this.#nostr?.connected(input.tag, input.link, clock, out);
        return this.#connect(input.link, input.tag === undefined ? 'peripheral' : 'central', clock, out);
      case 'link-down':
        if (this.#nostr?.failed(input.link, input.tag, input.failure, clock, out) === true)
          return this.#conversations.relayFailed(out);
        if (input.link !== undefined) this.#unlinked(this.#neighbourhood.remove(input.link), clock, out);
        return;
      case 'network':
        if (input.up) this.#nostr?.networkUp(out);
        return;
      case 'user':
        return this.#onUser(input.action, clock, out);
      default:
        return;
    }
  }

  inspect(): unknown {
    return {
      peerId: this.#config.identity.peerId,
      open: this.#isOpen,
      connected: this.#neighbourhood.connectedPeers(),
      knownPeers: this.#neighbourhood.knownPeers,
      stored: this.#gossip.messages,
      carried: this.#couriers.carried,
      ...this.#conversations.inspect(),
    };
  }

  #onUser(action: UserAction, clock: Clock, out: Effects): void {
    switch (action.kind) {
      case 'open-app':
        this.#isOpen = true;
        this.#synchronisation.open(clock, out);
        this.#conversations.open(clock, out);
        this.#nostr?.open(out);
        return;
      case 'close-app':
        return this.#close(clock, out);
      case 'send':
        return this.#conversations.send(action, clock, out);
      case 'resend':
        return this.#conversations.resend(action.message, clock, out);
      case 'administer':
        return; // a mesh has nobody to administer it
      case 'begin-writing':
        return; // nobody is shown as writing here
      case 'undertake':
        return; // no accounts, no groups, no history: nothing to undertake but writing
    }
  }

  #connect(link: Address, role: Link['role'], clock: Clock, out: Effects): void {
    if (!this.#isOpen) return;
    this.#neighbourhood.add(link, role, clock.now);
    this.#expire(clock, out);
    this.#synchronisation.resume(clock, out);
    this.#presence.greet(clock, out);
  }

  /** Who was connected to the phone, and is no more, has a while to be heard of. */
  #unlinked(peer: PeerId | undefined, clock: Clock, out: Effects): void {
    const { forgetsAfterLink } = this.#policy;
    if (peer !== undefined && forgetsAfterLink !== undefined)
      out.setTimer(unlinkedTimer + peer, after(clock.now, forgetsAfterLink));
  }

  /** That while is over. */
  #forgetUnheard(peer: PeerId, { now }: Clock, out: Effects): void {
    const unlinkedAt = (now - (this.#policy.forgetsAfterLink ?? 0)) as Instant;
    if (this.#neighbourhood.isHeardSince(peer, unlinkedAt)) return;
    this.#neighbourhood.forget(peer);
    this.#forget(peer, out);
  }

  #expire({ now }: Clock, out: Effects): void {
    const gone = this.#neighbourhood.expire(now);
    if (this.#policy.forgetsAfterLink !== undefined) for (const peer of gone) this.#forget(peer, out);
  }

  #forget(peer: PeerId, out: Effects): void {
    if (this.#config.purgeOnStale) this.#gossip.forget(peer);
    this.#conversations.forget(peer, out);
  }

  #close(clock: Clock, out: Effects): void {
    this.#isOpen = false;
    this.#presence.close(out);
    this.#synchronisation.close(out);
    this.#conversations.close(out);
    this.#nostr?.close(out);
    this.#transmitter.stop(out);
    this.#fragments?.clear();
    for (const { address } of this.#neighbourhood.links()) out.cancelTimer(firstSyncTimer + address);
    const connected = this.#neighbourhood.connectedPeers();
    this.#neighbourhood.clearLinks();
    for (const peer of connected) this.#unlinked(peer, clock, out);
    if (this.#duplicates > 0)
      out.observe({ kind: 'counter', name: 'bitchat.duplicates-suppressed', by: this.#duplicates });
    this.#duplicates = 0;
  }

  #onTimer(timer: TimerName, clock: Clock, out: Effects): void {
    if (timer.startsWith(transmitTimer)) this.#transmitter.due(timer, out);
    else if (this.#nostr?.onTimer(timer, clock, out) === true) return;
    else if (timer === announceTimer) this.#presence.announce(clock, out);
    else if (timer === roundTimer) {
      this.#expire(clock, out);
      this.#synchronisation.round(clock, out);
    } else if (timer.startsWith(handshakeTimer))
      this.#conversations.handshakeDue(timer.slice(handshakeTimer.length) as PeerId, clock, out);
    else if (timer === sweepTimer) this.#conversations.sweep(clock, out);
    else if (timer.startsWith(retryTimer))
      this.#conversations.retryDue(timer.slice(retryTimer.length) as PeerId, clock, out);
    else if (timer.startsWith(unlinkedTimer))
      this.#forgetUnheard(timer.slice(unlinkedTimer.length) as PeerId, clock, out);
    else if (timer.startsWith(firstSyncTimer))
      this.#synchronisation.firstRequest(timer.slice(firstSyncTimer.length) as Address, clock, out);
  }

  /** Guard, de-duplication, content, relay: the order of BLEService.handleReceivedPacket. */
  #receive(packet: Packet, from: Address, clock: Clock, out: Effects): void {
    const { content } = packet;
    if (content.sender === this.#self) return;
    const seen =
      content.type === packetTypes.fragment
        ? (this.#seenFragments ??= new SeenFilter(this.#policy.seenFragments))
        : this.#seen;
    // Most of what comes was seen before, so that it costs no more than to find that out.
    if (!packet.answersSync && seen.has(content.key, clock.now) && this.#isTimely(content, clock))
      return this.#suppress(content, out);
    const link = this.#neighbourhood.link(from);
    if (link === undefined) return;
    const refusal = this.#refusal(packet, link, clock);
    if (refusal !== undefined) {
      out.observe({ kind: 'situation', name: refusal });
      return;
    }
    if (!seen.add(content.key, clock.now)) return this.#suppress(content, out);
    if (!this.#handle(packet, link, clock, out)) return;
    // To an Android phone everything that somebody says shows that it is here, to an iPhone its announces alone.
    if (this.#policy.platform === 'android' && content.type !== packetTypes.announce)
      this.#neighbourhood.heard(content.sender, clock.now);
    if (content.recipient !== this.#self) this.#transmitter.relay(packet, link, clock, out);
  }

  #suppress(content: PacketContent, out: Effects): void {
    this.#duplicates++;
    if (this.#config.cancelsRelays && this.#neighbourhood.degree > cancelAbovePeers)
      this.#transmitter.cancelRelay(content, out);
  }

  /** Why a packet is dropped at the entrance; undefined when it is let in. */
  #refusal({ content, answersSync }: Packet, link: NeighbourLink, clock: Clock): string | undefined {
    const age = clock.wall - content.timestamp;
    // An Android phone does not know of marks.
    if (answersSync && this.#policy.gossip.marksAnswers) {
      const asked = link.askedAt;
      if (asked === undefined || clock.now - asked > gossip.answerWindow) return 'bitchat.answer-unasked';
      const { type } = content;
      if (type === packetTypes.announce)
        return age * 1_000 > announcing.mostAge ? 'bitchat.announce-too-old' : undefined;
      return age > mostMessageAgeMs ? 'bitchat.message-too-old' : undefined;
    }
    return this.#isTimely(content, clock) ? undefined : 'bitchat.clock-skew';
  }

  #isTimely({ type, timestamp }: PacketContent, clock: Clock): boolean {
    const { mostAnnounceSkewMs, mostSkewMs } = this.#policy;
    return (
      Math.abs(clock.wall - timestamp) <= (type === packetTypes.announce ? mostAnnounceSkewMs : mostSkewMs)
    );
  }

  /** Takes in what the packet says. False when it must not spread. */
  #handle(packet: Packet, link: NeighbourLink, clock: Clock, out: Effects): boolean {
    const { content } = packet;
    const isForSelf = content.recipient === this.#self;
    switch (content.type) {
      case packetTypes.announce:
        return this.#handleAnnounce(packet, link, clock, out);
      case packetTypes.groupMessage:
        this.#gossip.keep(content, clock.wall);
        this.#conversations.receiveGroup(content, out);
        return true;
      case packetTypes.message:
        return this.#handlePublic(content, clock, out);
      case packetTypes.noiseHandshake:
        if (isForSelf && this.#conversations.receiveHandshake(content, clock, out))
          link.isAuthenticated ||= link.peer === content.sender;
        return true;
      case packetTypes.noiseEncrypted:
        if (isForSelf) this.#conversations.receivePrivate(content, clock, out);
        return true;
      case packetTypes.courierEnvelope: {
        const mail = isForSelf ? this.#couriers.receive(content, link, clock, out) : undefined;
        if (mail !== undefined) this.#conversations.receiveMail(mail, clock, out);
        return true;
      }
      case packetTypes.fragment: {
        const whole = (this.#fragments ??= new FragmentBuffer()).add(packet, clock.now);
        if (whole !== undefined && (isForSelf || !isDirected(content)))
          this.#receiveWhole(whole, link, clock, out);
        return true;
      }
      case packetTypes.requestSync:
        this.#synchronisation.answer(content, link, clock, out);
        return false;
      case packetTypes.leave:
        return this.#handleLeave(content);
      default:
        return true;
    }
  }

  /**
   * A packet put together of fragments. An iPhone takes an old one, which answers a request, if its author was asked, whoever sent it
   * (BLEFragmentHandler.swift). A recent one others tell as well: they have the fragments that its author sent, which are not kept
   * apart here, and what those come to is no answer.
   */
  #receiveWhole(packet: Packet, from: NeighbourLink, clock: Clock, out: Effects): void {
    const { answersSync, content } = packet;
    const isOld = answersSync && !this.#isTimely(content, clock);
    const link = isOld ? this.#neighbourhood.links().find(({ peer }) => peer === content.sender) : from;
    if (link !== undefined) this.#receive(packet, link.address, clock, out);
    else out.observe({ kind: 'situation', name: 'bitchat.answer-unasked' });
  }

  #handleAnnounce(packet: Packet, link: NeighbourLink, clock: Clock, out: Effects): boolean {
    const { content } = packet;
    const { sender } = content;
    const announce = verifiedAnnounce(content, this.#config.signatures);
    if (announce === undefined) return this.#refuseAnnounce(out);
    const author = this.#book.of(sender);
    const wasReachable = this.#neighbourhood.isPresent(author, clock.now);
    // Gossip may bring it late, which only an iPhone looks at; a flood does not, whatever the author's clock says.
    const isLate = packet.answersSync && this.#policy.gossip.marksAnswers;
    const saidAt = isLate ? content.timestamp : clock.wall;
    if (!this.#neighbourhood.note(author, announce, saidAt, clock)) return this.#refuseAnnounce(out);
    this.#gossip.keep(content, clock.wall, author);
    // Nobody has relayed it yet: its author is at the other end of this link.
    const isDirect = packet.ttl === this.#originTtl && !packet.answersSync;
    const isNew = isDirect && this.#neighbourhood.bind(link, sender);
    if (isNew) this.#synchronisation.greet(link, clock, out);
    if (isNew || (!wasReachable && this.#neighbourhood.isPresent(author, clock.now)))
      this.#conversations.flush(sender, clock, out);
    if (isDirect && link.peer === sender) this.#renewSession(link, sender, clock, out);
    if (isNew) this.#conversations.depositWith(sender, clock, out);
    const { noisePublicKey } = announce;
    this.#couriers.heard({ peer: sender, noisePublicKey, isDirect }, clock, out);
    return true;
  }

  /** A session that was made over links which are gone proves nothing of this one. */
  #renewSession(link: NeighbourLink, peer: PeerId, clock: Clock, out: Effects): void {
    const { renewedAfter } = this.#policy.sessions;
    if (renewedAfter === undefined || this.#neighbourhood.isAuthenticated(peer)) return;
    if (link.renewedAt !== undefined && clock.now - link.renewedAt < renewedAfter) return;
    if (this.#conversations.renewSession(peer, clock, out)) link.renewedAt = clock.now;
  }

  #refuseAnnounce(out: Effects): false {
    out.observe({ kind: 'situation', name: 'bitchat.announce-refused' });
    return false;
  }

  /**
   * Read and kept where its author's key is known and has signed it (BLEPublicMessageHandler.swift). An iPhone passes it on in any
   * case, an Android phone only then (SecurityManager.validatePacket).
   */
  #handlePublic(content: PacketContent, clock: Clock, out: Effects): boolean {
    const key = this.#book.get(content.sender)?.announce?.signingPublicKey;
    if (key === undefined || !isSignedBy(content, key, this.#config.signatures)) {
      out.observe({ kind: 'situation', name: 'bitchat.public-unsigned' });
      return this.#policy.platform === 'ios';
    }
    this.#gossip.keep(content, clock.wall);
    this.#conversations.receivePublic(content, out);
    return true;
  }

  /** A leave is believed when it is signed with the key that its author announced. */
  #handleLeave(content: PacketContent): boolean {
    const key = this.#neighbourhood.signingKey(content.sender);
    if (key === undefined || !isSignedBy(content, key, this.#config.signatures)) return false;
    this.#neighbourhood.forget(content.sender);
    this.#gossip.forget(content.sender);
    return true;
  }
}
