// Which sessions stand with whom, and the handshakes that make them (bitchat/Noise/NoiseSessionManager.swift).
import { LazyMap } from '../../lazy-map.ts';
import type { Effects } from '../../core.ts';
import type { UserMessageId } from '../../message.ts';
import { compareCodePoints } from '../../order.ts';
import { after, type Clock, type Instant } from '../../time.ts';
import { noise as limits, packetTypes, type SessionPolicy } from '../constants.ts';
import { PacketContent } from '../packet.ts';
import type { PeerConfig } from '../peer-config.ts';
import { peerIdOf, type PeerId } from '../peer-id.ts';
import type { Transmitter } from '../transmitter.ts';
import { XxHandshake } from './handshake.ts';
import { RateLimit } from './rate-limit.ts';
import { NoiseTransport } from './transport.ts';

/** Timers of handshakes that this phone began; the peer follows. */
export const handshakeTimer = 'noise/';

/** Bytes of a first message: an ephemeral key and nothing else. */
const firstMessageBytes = 32;

interface Initiating {
  readonly role: 'initiator';
  readonly handshake: XxHandshake;
  /** It already follows one that came to nothing. */
  readonly isRetry: boolean;
}

interface Responding {
  readonly role: 'responder';
  readonly handshake: XxHandshake;
  readonly until: Instant;
}

interface Established {
  readonly transport: NoiseTransport;
  readonly since: Instant;
}

interface PeerSession {
  established: Established | undefined;
  handshake: Initiating | Responding | undefined;
  /** Unauthenticated first messages are ignored until then. */
  ignoresUntil: Instant;
  readonly handshakes: RateLimit;
  readonly messages: RateLimit;
  /** Frames that overtook the last message of the handshake. */
  deferred: PacketContent[];
  /** Frames in a row that did not open. */
  unopened: number;
}

/** How a handshake is begun. */
export interface HandshakeOptions {
  readonly isRetry: boolean;
  /** Messages that wait for it. */
  readonly carries: readonly UserMessageId[];
}

/**
 * Sessions by peer. A first message of somebody with whom a session stands proves nothing yet: on iOS the old keys then only
 * receive until the new ones are proven, or come back after a while; on Android they stay in use. Where both begin at once,
 * the one with the lower id stays the initiator.
 */
export class NoiseSessions {
  readonly #config: PeerConfig;
  readonly #transmitter: Transmitter;
  readonly #peers = new LazyMap<PeerId, PeerSession>();
  readonly #handshakes = new RateLimit(limits.handshakes, limits.handshakeWindow);
  readonly #messages = new RateLimit(limits.messages, limits.messageWindow);
  readonly #policy: SessionPolicy;
  #deferred = 0;

  constructor(config: PeerConfig, transmitter: Transmitter) {
    this.#config = config;
    this.#transmitter = transmitter;
    this.#policy = config.policy.sessions;
  }

  /** Sessions that stand. */
  get established(): number {
    let count = 0;
    for (const { established } of this.#peers.values()) if (established !== undefined) count++;
    return count;
  }

  /** Peers of whom anything is kept: for tests of the bound. */
  get remembered(): number {
    return this.#peers.size;
  }

  /** Whether something can be sealed for the peer now. */
  isEstablished(peer: PeerId, clock: Clock): boolean {
    return this.#sendingTransport(peer, clock) !== undefined;
  }

  /** Begins a handshake unless one is under way, a session stands, or there were too many. */
  begin(peer: PeerId, options: HandshakeOptions, clock: Clock, out: Effects): void {
    if (!this.isEstablished(peer, clock)) this.#initiate(peer, options, clock, out);
  }

  /** Makes a session that stands anew: what is said meanwhile waits. */
  renew(peer: PeerId, options: HandshakeOptions, clock: Clock, out: Effects): void {
    if (this.isEstablished(peer, clock)) this.#initiate(peer, options, clock, out);
  }

  #initiate(peer: PeerId, options: HandshakeOptions, clock: Clock, out: Effects): void {
    if (this.#peers.get(peer)?.handshake !== undefined) return;
    const session = this.#admit(peer, clock, out);
    if (session === undefined) return;
    session.established = undefined;
    const handshake = this.#handshake('initiator');
    session.handshake = { role: 'initiator', handshake, isRetry: options.isRetry };
    out.setTimer(handshakeTimer + peer, after(clock.now, limits.initiatorTimeout));
    this.#send(peer, handshake.write(), options.carries, clock, out);
  }

  /** Nothing is kept of the peer. */
  drop(peer: PeerId, out: Effects): void {
    const session = this.#peers.get(peer);
    if (session === undefined) return;
    if (session.handshake?.role === 'initiator') out.cancelTimer(handshakeTimer + peer);
    this.#deferred -= session.deferred.length;
    this.#peers.delete(peer);
  }

  /** The time of a handshake that this phone began is over. Which attempt it was; undefined when it is no more. */
  expire(peer: PeerId): 'first' | 'retry' | undefined {
    const session = this.#peers.get(peer);
    const handshake = session?.handshake;
    if (session === undefined || handshake?.role !== 'initiator') return undefined;
    session.handshake = undefined;
    return handshake.isRetry ? 'retry' : 'first';
  }

  /** Takes a message of a handshake. When it was the last one: the frames that had overtaken it. */
  receiveHandshake(content: PacketContent, clock: Clock, out: Effects): readonly PacketContent[] | undefined {
    const { sender, payload } = content;
    // Each message counts, answers too (NoiseEncryptionService.processHandshakeMessage).
    const session = this.#admit(sender, clock, out);
    if (session === undefined) return undefined;
    this.#settle(session, clock);
    if (payload.length === firstMessageBytes && !this.#respond(session, sender, clock, out)) return undefined;
    // Nothing is under way that this could belong to: working keys are not touched.
    if (session.handshake === undefined) {
      // What counts a stranger's messages is all that is kept of them.
      if (session.established === undefined && !this.#policy.isLimited) this.#peers.delete(sender);
      return undefined;
    }
    const { handshake } = session.handshake;
    // A message of another handshake, or one that was changed: this one is lost.
    if (handshake.read(payload) === undefined) {
      this.#abandon(session, sender, clock, out);
      return undefined;
    }
    if (handshake.writesNext === true) {
      const answer = handshake.write();
      if (answer === undefined) {
        this.#abandon(session, sender, clock, out);
        return undefined;
      }
      this.#send(sender, answer, content.carries, clock, out);
    }
    return this.#conclude(session, sender, handshake, clock, out);
  }

  /** Seals for the peer; undefined while no session stands. */
  seal(peer: PeerId, plaintext: Uint8Array, clock: Clock): Uint8Array | undefined {
    return this.#sendingTransport(peer, clock)?.seal(plaintext);
  }

  /** What is inside a frame; undefined when it cannot be opened, and 'no session' where one should be begun so that the next can. */
  open(
    content: PacketContent,
    clock: Clock,
    out: Effects,
  ): Uint8Array | 'no session' | 'deferred' | undefined {
    const { answersStrayFrames, isLimited, mostUnopened } = this.#policy;
    const stray = answersStrayFrames ? 'no session' : undefined;
    const session = this.#peers.get(content.sender);
    if (session === undefined) return stray;
    this.#settle(session, clock);
    const { established, handshake } = session;
    if (established === undefined && handshake === undefined) return stray;
    if (isLimited) {
      if (!session.messages.hasRoom(clock.now) || !this.#messages.hasRoom(clock.now)) return undefined;
      session.messages.note(clock.now);
      this.#messages.note(clock.now);
    }
    const opened = established?.transport.open(content.payload);
    session.unopened = opened === undefined && established !== undefined ? session.unopened + 1 : 0;
    if (session.unopened >= mostUnopened) {
      this.drop(content.sender, out);
      return 'no session';
    }
    if (opened !== undefined || handshake?.role !== 'responder') return opened;
    return this.#defer(session, content) ? 'deferred' : undefined;
  }

  /** Keys that may seal: on iOS not those that are about to be replaced. */
  #sendingTransport(peer: PeerId, clock: Clock): NoiseTransport | undefined {
    const session = this.#peers.get(peer);
    if (session === undefined) return undefined;
    this.#settle(session, clock);
    const isPaused = this.#policy.pausesOldKeys && session.handshake !== undefined;
    return isPaused ? undefined : session.established?.transport;
  }

  /** Ends what has had its time: old sessions, and handshakes whose last message never came. */
  #settle(session: PeerSession, { now }: Clock): void {
    const { established, handshake } = session;
    if (handshake?.role === 'responder' && now >= handshake.until) this.#rollBack(session, now);
    if (established !== undefined && now - established.since >= this.#policy.lifetime)
      session.established = undefined;
  }

  /** The old keys, if there are any, send again. */
  #rollBack(session: PeerSession, now: Instant): void {
    session.handshake = undefined;
    this.#deferred -= session.deferred.length;
    session.deferred = [];
    if (session.established !== undefined && this.#policy.pausesOldKeys)
      session.ignoresUntil = after(now, limits.rollbackCooldown);
  }

  /** Becomes the responder to a first message. False when it is ignored. */
  #respond(session: PeerSession, peer: PeerId, clock: Clock, out: Effects): boolean {
    const { established, handshake, ignoresUntil } = session;
    if (established !== undefined && clock.now < ignoresUntil) return false;
    const isCrossed = handshake?.role === 'initiator';
    if (isCrossed && compareCodePoints(this.#config.identity.peerId, peer) < 0) return false;
    if (isCrossed) out.cancelTimer(handshakeTimer + peer);
    // Another first message makes a new answer, but on iOS no more time for it, since the old keys wait meanwhile.
    const { pausesOldKeys, responderTimeout } = this.#policy;
    const until =
      handshake?.role === 'responder' && pausesOldKeys ? handshake.until : after(clock.now, responderTimeout);
    session.handshake = { role: 'responder', handshake: this.#handshake('responder'), until };
    return true;
  }

  #abandon(session: PeerSession, peer: PeerId, { now }: Clock, out: Effects): void {
    if (session.handshake?.role === 'initiator') out.cancelTimer(handshakeTimer + peer);
    this.#rollBack(session, now);
    out.observe({ kind: 'situation', name: 'bitchat.handshake-failed' });
  }

  #conclude(
    session: PeerSession,
    peer: PeerId,
    handshake: XxHandshake,
    clock: Clock,
    out: Effects,
  ): readonly PacketContent[] | undefined {
    const result = handshake.result();
    if (result === undefined) return undefined;
    // Somebody who has a key, but not the one that this peer id is the hash of.
    if (peerIdOf(result.remoteStatic) !== peer) {
      this.#abandon(session, peer, clock, out);
      return undefined;
    }
    if (session.handshake?.role === 'initiator') out.cancelTimer(handshakeTimer + peer);
    session.handshake = undefined;
    session.established = { transport: new NoiseTransport(result), since: clock.now };
    session.ignoresUntil = clock.now;
    const early = session.deferred;
    this.#deferred -= early.length;
    session.deferred = [];
    return early;
  }

  #defer(session: PeerSession, content: PacketContent): boolean {
    if (session.deferred.length >= this.#policy.mostDeferred || this.#deferred >= limits.mostDeferred)
      return false;
    session.deferred.push(content);
    this.#deferred++;
    return true;
  }

  /** The peer's session, for one handshake message more; undefined when there were too many. Strangers leave nothing behind then. */
  #admit(peer: PeerId, { now }: Clock, out: Effects): PeerSession | undefined {
    const known = this.#peers.get(peer);
    const { isLimited } = this.#policy;
    if (isLimited && (!this.#handshakes.hasRoom(now) || known?.handshakes.hasRoom(now) === false)) {
      out.observe({ kind: 'situation', name: 'bitchat.handshakes-limited' });
      return undefined;
    }
    const session = known ?? newSession();
    this.#peers.set(peer, session);
    if (isLimited) {
      this.#handshakes.note(now);
      session.handshakes.note(now);
    }
    return session;
  }

  #handshake(role: 'initiator' | 'responder'): XxHandshake {
    const { noiseSecret: secret, noisePublicKey: publicKey } = this.#config.identity;
    return new XxHandshake(role, { secret, publicKey }, this.#config.random.bytes(32));
  }

  #send(
    recipient: PeerId,
    payload: Uint8Array | undefined,
    carries: readonly UserMessageId[],
    clock: Clock,
    out: Effects,
  ): void {
    if (payload === undefined) return;
    const fields = {
      version: 1,
      type: packetTypes.noiseHandshake,
      timestamp: clock.wall,
      sender: this.#config.identity.peerId,
      recipient,
      payload,
    } as const;
    this.#transmitter.originate(new PacketContent(fields, carries), clock, out);
  }
}

function newSession(): PeerSession {
  return {
    established: undefined,
    handshake: undefined,
    ignoresUntil: 0 as Instant,
    handshakes: new RateLimit(limits.handshakesPerPeer, limits.handshakeWindow),
    messages: new RateLimit(limits.messagesPerPeer, limits.messageWindow),
    deferred: [],
    unopened: 0,
  };
}
