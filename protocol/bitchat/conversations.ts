// What a phone's person says and reads: private messages through an outbox, group messages as broadcasts.
import { toHex, utf8 } from '../bytes.ts';
import type { Address, Effects, StoredState, UserAction } from '../core.ts';
import { noCause } from '../failure.ts';
import { LazyMap } from '../lazy-map.ts';
import { carriesNothing, type UserMessageId } from '../message.ts';
import { after, type Clock, type Instant } from '../time.ts';
import { handshakeRetries, outbox as limits, packetTypes } from './constants.ts';
import type { Couriers, OpenedMail } from './couriers.ts';
import type { GossipStore } from './gossip-store.ts';
import { groupOf, openGroupMessage, sealGroupMessage, type Group } from './group-message.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import type { NostrMessage } from './nostr/messages.ts';
import type { NostrTransport } from './nostr/transport.ts';
import { Outbox, type OutboxEntry } from './outbox.ts';
import { PacketContent } from './packet.ts';
import type { PeerConfig } from './peer-config.ts';
import { everybody, type PeerId } from './peer-id.ts';
import type { NoiseSessions } from './noise/sessions.ts';
import {
  decodePrivatePayload,
  encodePrivatePayload,
  fitsPrivateMessage,
  type PrivatePayload,
} from './private-payload.ts';
import { signed } from './signatures.ts';
import type { Transmitter } from './transmitter.ts';

/** Set while something waits in the outbox. */
export const sweepTimer = 'outbox-sweep';
/** On Android: a handshake is due that messages wait for; the peer follows. */
export const retryTimer = 'outbox-retry/';

const inboxPrefix = 'inbox/';

type Send = Extract<UserAction, { kind: 'send' }>;

/** The parts of a phone that conversations work with. */
export interface ConversationParts {
  readonly neighbourhood: Neighbourhood;
  readonly transmitter: Transmitter;
  readonly gossip: GossipStore;
  readonly sessions: NoiseSessions;
  readonly couriers: Couriers;
  /** The way over the Internet, where there is one. */
  readonly nostr: NostrTransport | undefined;
}

/** All conversations of one phone. */
export class Conversations {
  readonly #config: PeerConfig;
  readonly #neighbourhood: Neighbourhood;
  readonly #transmitter: Transmitter;
  readonly #gossip: GossipStore;
  readonly #outbox: Outbox;
  readonly #sessions: NoiseSessions;
  /** Ids of messages on this phone: each is shown once. */
  readonly #inbox = new LazyMap<string, true>();
  readonly #couriers: Couriers;
  readonly #nostr: NostrTransport | undefined;
  /** On Android: handshakes that messages wait for, how many were begun, and before when there is no other one. */
  readonly #retries = new LazyMap<PeerId, { readonly begun: number; readonly notBefore: Instant }>();
  /** Looks at the outbox are held at whole periods since then. */
  #openedAt = 0 as Instant;
  /** Acknowledgements of mail whose author no session stands with; lost with the memory, as in the application. */
  readonly #owed = new LazyMap<PeerId, string[]>();

  constructor(config: PeerConfig, parts: ConversationParts, stored: StoredState | undefined) {
    this.#config = config;
    this.#neighbourhood = parts.neighbourhood;
    this.#transmitter = parts.transmitter;
    this.#gossip = parts.gossip;
    this.#sessions = parts.sessions;
    this.#couriers = parts.couriers;
    this.#nostr = parts.nostr;
    this.#outbox = new Outbox(stored, config.policy.keepsUntilAcknowledged);
    for (const key of stored?.keys() ?? [])
      if (key.startsWith(inboxPrefix)) this.#inbox.set(key.slice(inboxPrefix.length), true);
  }

  /** Messages that wait for an acknowledgement, and messages received. */
  inspect(): { readonly waiting: number; readonly received: number; readonly sessions: number } {
    return { waiting: this.#outbox.size, received: this.#inbox.size, sessions: this.#sessions.established };
  }

  open(clock: Clock, out: Effects): void {
    this.#openedAt = clock.now;
    this.sweep(clock, out);
  }

  close(out: Effects): void {
    out.cancelTimer(sweepTimer);
    for (const peer of this.#retries.keys()) out.cancelTimer(retryTimer + peer);
    this.#retries.clear();
    for (const entry of this.#outbox.entries()) this.#outbox.hold(entry.id, 'no-route', out);
  }

  send(action: Send, clock: Clock, out: Effects): void {
    const conversation = this.#config.conversation(action.conversation);
    if (conversation?.kind === 'public') this.#sendToAll(action, clock, out);
    else if (conversation?.kind === 'group') this.#sendToGroup(conversation.group, action, clock, out);
    else if (conversation?.kind === 'private') {
      if (fitsPrivateMessage(action.text)) {
        this.#enqueue(conversation.contact.peerId, action, clock, out);
        return;
      }
      out.observe({ kind: 'situation', name: 'bitchat.private-text-too-long' });
      out.observe({ kind: 'hold', messages: [action.message], reason: 'no-route', cause: noCause });
      out.observe({ kind: 'failed', message: action.message, cause: noCause });
    }
  }

  /** Sends again what was given up. What still waits needs no pressing. */
  resend(message: UserMessageId, clock: Clock, out: Effects): void {
    const entry = this.#outbox.revive(message, clock.wall, out);
    if (entry === undefined) return;
    this.#try(entry, clock, out);
    this.#scheduleSweep(clock, out);
  }

  /** The recipient can be reached (again). */
  flush(peer: PeerId, clock: Clock, out: Effects): void {
    for (const entry of this.#outbox.entriesFor(peer)) this.#try(entry, clock, out);
  }

  /** A neighbour who may carry mail: gives it what waits for others and has not three couriers yet. */
  depositWith(courier: PeerId, clock: Clock, out: Effects): void {
    for (const entry of this.#outbox.entries())
      if (this.#couriers.candidates(entry.recipient, entry.couriers).includes(courier))
        this.#deposit(entry, [courier], clock, out);
  }

  /** A relay was lost, or not reached: what waits for one knows why. */
  relayFailed(out: Effects): void {
    if (this.#nostr?.isConnected === false) this.#outbox.blame(this.#nostr.cutOffBy, out);
  }

  /** What a relay says. */
  receiveNostr(message: NostrMessage, from: Address, clock: Clock, out: Effects): void {
    const mail = this.#nostr?.receive(message, from, clock, out);
    if (mail === undefined) return;
    const { author, payload, carries } = mail;
    if (payload.kind === 'delivered') this.#acknowledged(payload.id, author.peerId, out);
    else if (!this.#inbox.has(payload.id)) {
      this.#deliver(payload.id, carries, out);
      this.#nostr?.acknowledge(author, payload.id, clock, out);
    }
  }

  /** Mail that a courier brought. */
  receiveMail({ author, plaintext, carries }: OpenedMail, clock: Clock, out: Effects): void {
    const payload = decodePrivatePayload(plaintext);
    if (payload?.kind !== 'message' || this.#config.contact(author) === undefined) return;
    if (this.#inbox.has(payload.id)) return;
    this.#deliver(payload.id, carries, out);
    if (this.#sessions.isEstablished(author, clock)) this.#acknowledge(author, payload.id, clock, out);
    else {
      this.#owed.set(author, [...(this.#owed.get(author) ?? []), payload.id]);
      if (this.#canReach(author, clock)) this.#beginSession(author, false, clock, out);
    }
  }

  /** Drops what is too old, and says which messages have nobody to go to. */
  sweep(clock: Clock, out: Effects): void {
    this.#outbox.expire(clock.wall, out);
    for (const { id, recipient } of this.#outbox.entries())
      if (this.#nostr === undefined && !this.#canReach(recipient, clock))
        this.#outbox.hold(id, 'no-route', out);
    this.#scheduleSweep(clock, out);
  }

  /** A message of a handshake with this phone. True when it was the last one. */
  receiveHandshake(content: PacketContent, clock: Clock, out: Effects): boolean {
    const early = this.#sessions.receiveHandshake(content, clock, out);
    if (early === undefined) return false;
    for (const frame of early) this.receivePrivate(frame, clock, out);
    for (const id of this.#owed.get(content.sender) ?? []) this.#acknowledge(content.sender, id, clock, out);
    this.#owed.delete(content.sender);
    this.#endRetries(content.sender, out);
    this.flush(content.sender, clock, out);
    return true;
  }

  /** Whether a session stands that can be made anew, which then is begun. */
  renewSession(peer: PeerId, clock: Clock, out: Effects): boolean {
    if (!this.#sessions.isEstablished(peer, clock)) return false;
    this.#sessions.renew(peer, { isRetry: false, carries: this.#waitingFor(peer) }, clock, out);
    return true;
  }

  /** Everything about a session with somebody who is not here any more. */
  forget(peer: PeerId, out: Effects): void {
    this.#sessions.drop(peer, out);
  }

  /** A look at what waits for somebody: while a session is missing, the next handshake is due. */
  retryDue(peer: PeerId, clock: Clock, out: Effects): void {
    if (this.#outbox.entriesFor(peer).length > 0 && this.#canReach(peer, clock))
      this.#handshakeAgain(peer, this.#retries.get(peer)?.begun ?? 0, clock, out);
  }

  /** A handshake has had its time. One that messages wait for is tried once more (`onHandshakeRecoveryRequired`). */
  handshakeDue(peer: PeerId, clock: Clock, out: Effects): void {
    const attempt = this.#sessions.expire(peer);
    if (attempt === undefined) return;
    const waiting = this.#outbox.entriesFor(peer);
    const triesOnce = this.#config.policy.keepsUntilAcknowledged;
    const goesOn = triesOnce && attempt === 'first' && waiting.length > 0 && this.#canReach(peer, clock);
    if (goesOn) this.#beginSession(peer, true, clock, out);
    else for (const { id } of waiting) this.#outbox.hold(id, 'no-route', out);
  }

  /** A private frame for this phone. */
  receivePrivate(content: PacketContent, clock: Clock, out: Effects): void {
    const { sender } = content;
    const opened = this.#sessions.open(content, clock, out);
    if (opened === 'no session') {
      // So that what comes later can be read; what came now is sent again by its author.
      this.#beginSession(sender, false, clock, out);
      return;
    }
    if (opened === 'deferred') return;
    const payload = opened === undefined ? undefined : decodePrivatePayload(opened);
    if (payload === undefined) {
      out.observe({ kind: 'situation', name: 'bitchat.undecryptable' });
      return;
    }
    if (this.#config.contact(sender) === undefined) return;
    if (payload.kind === 'delivered') {
      this.#acknowledged(payload.id, sender, out);
      return;
    }
    this.#deliver(payload.id, content.carries, out);
    this.#acknowledge(sender, payload.id, clock, out);
  }

  /** A group message that came by; read when the person is a member. */
  receiveGroup(content: PacketContent, out: Effects): void {
    const id = groupOf(content.payload);
    const group = id === undefined ? undefined : this.#config.group(id);
    if (group === undefined) return;
    const message = openGroupMessage(group, content.payload, this.#config.signatures);
    if (message === undefined) out.observe({ kind: 'situation', name: 'bitchat.undecryptable' });
    else this.#deliver(message.id, content.carries, out);
  }

  /** A message of the public channel that its author has signed; it has no id of its own. */
  receivePublic(content: PacketContent, out: Effects): void {
    this.#deliver(content.messageId, content.carries, out);
  }

  /** The text as it is, signed as a whole packet (BLEService.sendMessage; bitchat-android BluetoothMeshService.sendMessage). */
  #sendToAll({ message, text }: Send, clock: Clock, out: Effects): void {
    const { identity, policy } = this.#config;
    const { peerId: sender, signer } = identity;
    const fields = {
      version: 1,
      type: packetTypes.message,
      timestamp: clock.wall,
      sender,
      recipient: policy.platform === 'android' ? everybody : undefined,
      payload: utf8(text),
    } as const;
    this.#broadcast(signed(fields, signer, [message]), message, clock, out);
  }

  #sendToGroup(group: Group, { message, text }: Send, clock: Clock, out: Effects): void {
    const { identity, nickname, random } = this.#config;
    const draft = {
      id: this.#newId(),
      text,
      nickname,
      timestamp: clock.wall,
      nonce: random.bytes(12),
    };
    const payload = sealGroupMessage(group, draft, identity.signer);
    const sender = identity.peerId;
    const content = new PacketContent(
      { version: 1, type: packetTypes.groupMessage, timestamp: clock.wall, sender, payload },
      [message],
    );
    this.#broadcast(content, message, clock, out);
  }

  #broadcast(content: PacketContent, message: UserMessageId, clock: Clock, out: Effects): void {
    this.#gossip.keep(content, clock.wall);
    this.#transmitter.originate(content, clock, out);
    // Whoever hears it has it; for the others this phone's copy waits to be asked for.
    out.observe({ kind: 'hold', messages: [message], reason: 'no-route', cause: noCause });
  }

  #enqueue(recipient: PeerId, { message, text }: Send, clock: Clock, out: Effects): void {
    const id = this.#newId();
    const entry = { message, recipient, id, text, createdAt: clock.wall, attempts: 0, couriers: [] };
    this.#outbox.add(entry, out);
    this.#try(entry, clock, out);
    if (!this.#goesPromptly(recipient, clock))
      this.#deposit(entry, this.#couriers.candidates(recipient, []), clock, out);
    this.#scheduleSweep(clock, out);
  }

  #try(entry: OutboxEntry, clock: Clock, out: Effects): void {
    const { id, recipient, text, message } = entry;
    const { keepsUntilAcknowledged } = this.#config.policy;
    const isHere = this.#canReach(recipient, clock);
    const hasSession = isHere && this.#sessions.isEstablished(recipient, clock);
    // An iPhone leaves the Internet to those who are not on the mesh, an Android phone to those without a session.
    if (!hasSession && this.#nostr !== undefined && (!isHere || !keepsUntilAcknowledged)) {
      this.#tryInternet(this.#nostr, entry, clock, out);
      return;
    }
    if (!isHere) {
      this.#outbox.hold(id, 'no-route', out);
      return;
    }
    if (!hasSession) {
      // Not an attempt: it leaves when the session stands (MessageRouter.swift, maxSendAttempts).
      this.#outbox.hold(id, 'connecting', out);
      if (keepsUntilAcknowledged) this.#beginSession(recipient, false, clock, out);
      else this.#handshakeAgain(recipient, 0, clock, out);
      return;
    }
    if (!this.#outbox.attempt(entry, out)) return;
    this.#sendPrivate(recipient, { kind: 'message', id, text }, [message], clock, out);
    this.#outbox.hold(id, 'awaiting-answer', out);
  }

  /** Nobody need carry it: connected with a session, heard over others, or relays are there (MessageRouter.sendPrivate). */
  #goesPromptly(recipient: PeerId, clock: Clock): boolean {
    if (this.#neighbourhood.isConnected(recipient)) return this.#sessions.isEstablished(recipient, clock);
    return this.#canReach(recipient, clock) || this.#nostr?.isConnected === true;
  }

  #deposit(entry: OutboxEntry, couriers: readonly PeerId[], clock: Clock, out: Effects): void {
    const contact = this.#config.contact(entry.recipient);
    if (contact === undefined || couriers.length === 0) return;
    const plaintext = encodePrivatePayload({ kind: 'message', id: entry.id, text: entry.text });
    const mail = { plaintext, carries: [entry.message] };
    if (this.#couriers.deposit(mail, contact, couriers, clock, out))
      this.#outbox.noteCouriers(entry.id, couriers, out);
  }

  #acknowledged(id: string, by: PeerId, out: Effects): void {
    const entry = this.#outbox.acknowledge(id, by, out);
    if (entry !== undefined) out.observe({ kind: 'accepted', message: entry.message });
  }

  #acknowledge(author: PeerId, id: string, clock: Clock, out: Effects): void {
    this.#sendPrivate(author, { kind: 'delivered', id }, carriesNothing, clock, out);
  }

  /** Who is not on the mesh is reached by relays, in the router's eyes even while none is connected. */
  #tryInternet(nostr: NostrTransport, entry: OutboxEntry, clock: Clock, out: Effects): void {
    const { id, recipient, text, message } = entry;
    const contact = this.#config.contact(recipient);
    if (contact === undefined || !this.#outbox.attempt(entry, out)) return;
    nostr.send(contact, { kind: 'message', id, text }, [message], clock, out);
    this.#outbox.hold(id, nostr.isConnected ? 'awaiting-answer' : 'connecting', out, nostr.cutOffBy);
  }

  /** An Android phone does not ask whether it has a link at all: who was heard is here. */
  #canReach(peer: PeerId, clock: Clock): boolean {
    const mayHear = this.#neighbourhood.linkCount > 0 || !this.#config.policy.keepsUntilAcknowledged;
    return mayHear && this.#neighbourhood.isReachable(peer, clock.now);
  }

  /** Begins a handshake, unless the wait after the last one is not over, and looks again when that is. */
  #handshakeAgain(peer: PeerId, begun: number, clock: Clock, out: Effects): void {
    const { waits, lookEvery } = handshakeRetries;
    if (clock.now < (this.#retries.get(peer)?.notBefore ?? 0)) return;
    this.#beginSession(peer, false, clock, out);
    const wait = waits[Math.min(begun, waits.length - 1)] ?? lookEvery;
    const notBefore = after(clock.now, wait);
    this.#retries.set(peer, { begun: begun + 1, notBefore });
    const looks = Math.ceil((notBefore - this.#openedAt) / lookEvery);
    out.setTimer(retryTimer + peer, (this.#openedAt + looks * lookEvery) as Instant);
  }

  #endRetries(peer: PeerId, out: Effects): void {
    if (this.#retries.delete(peer)) out.cancelTimer(retryTimer + peer);
  }

  #sendPrivate(
    recipient: PeerId,
    payload: PrivatePayload,
    carries: readonly UserMessageId[],
    clock: Clock,
    out: Effects,
  ): void {
    const sealed = this.#sessions.seal(recipient, encodePrivatePayload(payload), clock);
    if (sealed === undefined) return;
    const fields = {
      version: 1,
      type: packetTypes.noiseEncrypted,
      timestamp: clock.wall,
      sender: this.#config.identity.peerId,
      recipient,
      payload: sealed,
    } as const;
    this.#transmitter.originate(new PacketContent(fields, carries), clock, out);
  }

  #deliver(id: string, carries: readonly UserMessageId[], out: Effects): void {
    if (this.#inbox.has(id)) return;
    this.#inbox.set(id, true);
    out.persist(inboxPrefix + id, true);
    for (const message of carries) out.observe({ kind: 'delivered', message, person: this.#config.person });
  }

  /** The messages that wait for the session travel with its first message, for the account of where they are. */
  #beginSession(peer: PeerId, isRetry: boolean, clock: Clock, out: Effects): void {
    this.#sessions.begin(peer, { isRetry, carries: this.#waitingFor(peer) }, clock, out);
  }

  #waitingFor(peer: PeerId): readonly UserMessageId[] {
    return this.#outbox.entriesFor(peer).map(({ message }) => message);
  }

  #scheduleSweep(clock: Clock, out: Effects): void {
    if (this.#outbox.entries().length > 0) out.setTimer(sweepTimer, after(clock.now, limits.sweep));
  }

  /** A random UUID (version 4) in capitals, as the applications write it. */
  #newId(): string {
    const bytes = this.#config.random.bytes(16);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = toHex(bytes).toUpperCase();
    return [0, 8, 12, 16, 20].map((start, index) => hex.slice(start, [8, 12, 16, 20, 32][index])).join('-');
  }
}
