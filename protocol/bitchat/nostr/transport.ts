// Private messages and their acknowledgements over relays, for friends whose key is known (NostrTransport.swift,
// NostrEmbeddedBitChat.swift, NostrInboundPipeline.swift).
import { fromBase64, toBase64Url } from '../../bytes.ts';
import type { Address, Effects, TimerName } from '../../core.ts';
import type { CauseToken, Failure } from '../../failure.ts';
import { carriesNothing, type UserMessageId } from '../../message.ts';
import { SeenFilter } from '../../seen-filter.ts';
import { after, hours, type Clock } from '../../time.ts';
import { nostr as limits, originTtl, packetTypes } from '../constants.ts';
import { PacketContent } from '../packet.ts';
import type { Contact, PeerConfig } from '../peer-config.ts';
import { decodePrivatePayload, encodePrivatePayload, type PrivatePayload } from '../private-payload.ts';
import { decodeFrame, stampFrame } from '../wire-format.ts';
import { eventKey, giftWrap, unwrap, type NostrIdentity } from './event.ts';
import type { NostrMessage } from './messages.ts';
import { relayTimer, RelayPool } from './relay-pool.ts';

/** The timer of acknowledgements that wait for their turn. */
export const acknowledgementTimer = 'nostr-acknowledgement';

const framePrefix = 'bitchat1:';

/** What came over a relay for this phone. */
export interface NostrMail {
  readonly author: Contact;
  readonly payload: PrivatePayload;
  readonly carries: readonly UserMessageId[];
}

/** What a phone has on Nostr. */
export interface NostrConfig {
  readonly identity: NostrIdentity;
  readonly relays: readonly string[];
  /** The friend with this public key. */
  contact(publicKey: string): Contact | undefined;
  /** A friend's public key. */
  publicKeyOf(contact: Contact): string;
}

/** One phone's way over the Internet. */
export class NostrTransport {
  readonly #config: PeerConfig;
  readonly #nostr: NostrConfig;
  readonly #pool: RelayPool;
  readonly #seen = new SeenFilter({
    capacity: limits.mostSeen,
    trimTo: limits.trimSeenTo,
    lifetime: hours(48),
  });
  /** Acknowledgements behind the one that went last. */
  #acknowledgements: { readonly to: Contact; readonly id: string }[] = [];
  #isPacing = false;

  constructor(config: PeerConfig, nostr: NostrConfig) {
    this.#config = config;
    this.#nostr = nostr;
    const { identity, relays } = nostr;
    this.#pool = new RelayPool({ relays, publicKey: identity.publicKey, random: config.random });
  }

  get isConnected(): boolean {
    return this.#pool.isConnected;
  }

  get cutOffBy(): CauseToken {
    return this.#pool.cutOffBy;
  }

  open(out: Effects): void {
    this.#pool.open(out);
  }

  close(out: Effects): void {
    this.#pool.close(out);
    out.cancelTimer(acknowledgementTimer);
    this.#isPacing = false;
  }

  networkUp(out: Effects): void {
    this.#pool.reconnect(out);
  }

  connected(tag: string, link: Address, clock: Clock, out: Effects): void {
    this.#pool.connected(tag, link, clock, out);
  }

  failed(
    link: Address | undefined,
    tag: string | undefined,
    failure: Failure,
    clock: Clock,
    out: Effects,
  ): boolean {
    return this.#pool.failed(link, tag, failure, clock, out);
  }

  /** True when the timer was one of this part. */
  onTimer(timer: TimerName, clock: Clock, out: Effects): boolean {
    if (timer === acknowledgementTimer) {
      this.#isPacing = false;
      this.#acknowledgeNext(clock, out);
      return true;
    }
    if (!timer.startsWith(relayTimer)) return false;
    this.#pool.due(timer, out);
    return true;
  }

  /** Hands a message to the relays, or to the queue before them. */
  send(
    to: Contact,
    payload: PrivatePayload,
    carries: readonly UserMessageId[],
    clock: Clock,
    out: Effects,
  ): void {
    const { random, identity } = this.#config;
    const content = new PacketContent(
      {
        version: 1,
        type: packetTypes.noiseEncrypted,
        timestamp: clock.wall,
        sender: identity.peerId,
        recipient: to.peerId,
        payload: encodePrivatePayload(payload),
      },
      carries,
    );
    const text = framePrefix + toBase64Url(stampFrame(content.frame, originTtl, false));
    const recipient = this.#nostr.publicKeyOf(to);
    const event = giftWrap(this.#nostr.identity, recipient, text, clock.wall, random);
    if (event !== undefined) this.#pool.publish(event, carries, out);
  }

  /** Acknowledgements go one after the other, so that relays do not take them for an attack. */
  acknowledge(to: Contact, id: string, clock: Clock, out: Effects): void {
    this.#acknowledgements.push({ to, id });
    this.#acknowledgeNext(clock, out);
  }

  /** What a relay says. The mail when it was new, whole, of a friend and of our time. */
  receive(message: NostrMessage, from: Address, clock: Clock, out: Effects): NostrMail | undefined {
    if (message.kind !== 'nostr.event' || !this.#pool.isRelay(from)) return undefined;
    const { event, carries } = message;
    if (!this.#seen.add(eventKey(event), clock.now)) return undefined;
    const opened = unwrap(this.#nostr.identity, event);
    const age = clock.wall / 1_000 - (opened?.writtenAt ?? 0);
    const isTimely = age >= -limits.mostSkewSeconds && age <= limits.lookBackSeconds + limits.mostSkewSeconds;
    const author = opened === undefined ? undefined : this.#nostr.contact(opened.author);
    const payload = opened === undefined ? undefined : embeddedPayload(opened.content);
    if (author === undefined || payload === undefined || !isTimely) {
      out.observe({ kind: 'situation', name: 'bitchat.nostr-refused' });
      return undefined;
    }
    return { author, payload, carries };
  }

  #acknowledgeNext(clock: Clock, out: Effects): void {
    if (this.#isPacing) return;
    const next = this.#acknowledgements.shift();
    if (next === undefined) return;
    this.send(next.to, { kind: 'delivered', id: next.id }, carriesNothing, clock, out);
    this.#isPacing = true;
    out.setTimer(acknowledgementTimer, after(clock.now, limits.acknowledgementGap));
  }
}

function embeddedPayload(content: string): PrivatePayload | undefined {
  if (!content.startsWith(framePrefix)) return undefined;
  const bytes = fromBase64(content.slice(framePrefix.length));
  const frame = bytes === undefined ? undefined : decodeFrame(bytes);
  if (frame?.fields.type !== packetTypes.noiseEncrypted) return undefined;
  return decodePrivatePayload(frame.fields.payload);
}
