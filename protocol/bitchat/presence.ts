// Announces: telling the neighbourhood who one is, and learning who others are.
import type { Effects } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { after, milliseconds, type Clock, type Duration, type Instant } from '../time.ts';
import { decodeAnnounce, encodeAnnounce, type Announce } from './announce.ts';
import { announcing, denseDegree, packetTypes } from './constants.ts';
import type { GossipStore } from './gossip-store.ts';
import type { Neighbourhood } from './neighbourhood.ts';
import type { PacketContent } from './packet.ts';
import { PayloadFacts, type ReadAnnounce } from './payload-facts.ts';
import type { PeerConfig } from './peer-config.ts';
import { peerIdOf, type PeerId } from './peer-id.ts';
import type { SignatureScheme } from '../signatures.ts';
import { isSignedBy, signed } from './signatures.ts';
import type { Transmitter } from './transmitter.ts';

/** The only timer of this part. */
export const announceTimer = 'announce';

/** Feature bits that the applications advertise: none of the optional features is modelled. */
const capabilities = Uint8Array.of(0);

/** What an announce said. */
interface Said {
  readonly neighbours: readonly PeerId[];
  readonly payload: Uint8Array;
  readonly facts: PayloadFacts;
}

/** Announces while the application is open. */
export class Presence {
  readonly #config: PeerConfig;
  readonly #neighbourhood: Neighbourhood;
  readonly #transmitter: Transmitter;
  readonly #gossip: GossipStore;
  #lastAt = (0 - announcing.forcedGap) as Instant;
  /** What the last announce said: the same object as long as it says the same, so that it is deflated and read once. */
  #said: Said | undefined;

  constructor(
    config: PeerConfig,
    neighbourhood: Neighbourhood,
    transmitter: Transmitter,
    gossip: GossipStore,
  ) {
    this.#config = config;
    this.#neighbourhood = neighbourhood;
    this.#transmitter = transmitter;
    this.#gossip = gossip;
  }

  close(out: Effects): void {
    out.cancelTimer(announceTimer);
  }

  /** Somebody new: announce as soon as the least gap allows. */
  greet(clock: Clock, out: Effects): void {
    const allowed = after(this.#lastAt, announcing.forcedGap);
    if (clock.now >= allowed) this.announce(clock, out);
    else out.setTimer(announceTimer, allowed);
  }

  /** Announces now, if anybody can hear it, and sets the timer for the next time. */
  announce(clock: Clock, out: Effects): void {
    // Over no link at all nothing goes out: nothing is made, and the next link will ask for one.
    if (this.#neighbourhood.linkCount === 0) return;
    this.#lastAt = clock.now;
    out.setTimer(announceTimer, after(clock.now, this.#interval()));
    const content = this.#build(clock);
    this.#gossip.keep(content, clock.wall);
    this.#transmitter.originate(content, clock, out);
  }

  #interval(): Duration {
    const { sparse, dense } = this.#config.policy.announces;
    const { every, jitter } = this.#neighbourhood.degree >= denseDegree ? dense : sparse;
    const spread = jitter / 1_000;
    return (every + milliseconds(this.#config.random.integer(-spread, spread))) as Duration;
  }

  #build(clock: Clock): PacketContent {
    const { identity } = this.#config;
    const { payload, facts } = this.#say();
    const fields = {
      version: 1,
      type: packetTypes.announce,
      timestamp: clock.wall,
      sender: identity.peerId,
      payload,
      facts,
    } as const;
    return signed(fields, identity.signer, carriesNothing);
  }

  #say(): Said {
    const { identity, nickname } = this.#config;
    const neighbours = this.#neighbourhood.connectedPeers();
    if (this.#said === undefined || !isSame(this.#said.neighbours, neighbours)) {
      const payload = encodeAnnounce({
        nickname,
        noisePublicKey: identity.noisePublicKey,
        signingPublicKey: identity.signer.publicKey,
        neighbours,
        capabilities,
      });
      this.#said = { neighbours, payload, facts: new PayloadFacts() };
    }
    return this.#said;
  }
}

function isSame(left: readonly PeerId[], right: readonly PeerId[]): boolean {
  return left.length === right.length && left.every((peer, index) => peer === right[index]);
}

/**
 * The announce of a content whose id and signature belong to its keys; undefined otherwise. Found out once for each
 * content: a pure function of it within a run, which has one scheme.
 */
export function verifiedAnnounce(content: PacketContent, scheme: SignatureScheme): Announce | undefined {
  content.announce ??= verify(content, scheme) ?? 'refused';
  return content.announce === 'refused' ? undefined : content.announce;
}

function verify(content: PacketContent, scheme: SignatureScheme): Announce | undefined {
  const read = readAnnounce(content);
  if (read?.peerId !== content.sender) return undefined;
  return isSignedBy(content, read.announce.signingPublicKey, scheme) ? read.announce : undefined;
}

function readAnnounce({ payload, facts }: PacketContent): ReadAnnounce | undefined {
  if (facts.read === undefined) {
    const announce = decodeAnnounce(payload);
    facts.read =
      announce === undefined ? 'malformed' : { announce, peerId: peerIdOf(announce.noisePublicKey) };
  }
  return facts.read === 'malformed' ? undefined : facts.read;
}
