// Mail for absent friends: sealed, deposited, sprayed, handed over; what couriers refuse; what Android does with it.
import { describe, expect, it } from 'vitest';
import { android, courier, ios, packetTypes } from '../../../protocol/bitchat/constants.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  isFor,
  recipientTag,
  type CourierEnvelope,
} from '../../../protocol/bitchat/courier-envelope.ts';
import { CourierStore } from '../../../protocol/bitchat/courier-store.ts';
import { openOneWay, sealOneWay } from '../../../protocol/bitchat/noise/one-way.ts';
import type { KeyPair } from '../../../protocol/bitchat/noise/symmetric-state.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import type { PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { signed } from '../../../protocol/bitchat/signatures.ts';
import { toHex, utf8 } from '../../../protocol/bytes.ts';
import type { Effects } from '../../../protocol/core.ts';
import { sha256, x25519PublicKey } from '../../../protocol/crypto.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { hours, minutes, seconds, type WallTime } from '../../../protocol/time.ts';
import { MiniMesh } from './mini-mesh.ts';
import { fc, property } from '../../support/property.ts';

const pairOf = (name: string): KeyPair => {
  const secret = sha256(name);
  return { secret, publicKey: x25519PublicKey(secret) };
};

/** Two neighbours who have heard of each other. */
function meet(mesh: MiniMesh, left: number, right: number): void {
  mesh.join(left, right);
  mesh.run(seconds(5));
}

const carried = (mesh: MiniMesh, index: number): number =>
  (mesh.peers[index]!.core!.inspect() as { carried: number }).carried;

describe('the one-way seal', () => {
  const prologue = utf8('test');
  property([fc.uint8Array({ maxLength: 300 }), fc.nat()], { numRuns: 20 })(
    'is opened by its recipient alone, who learns whose it is; a changed bit is noticed',
    (plaintext, at) => {
      const [author, recipient, other] = [pairOf('author'), pairOf('recipient'), pairOf('other')];
      const sealed = sealOneWay(author, recipient.publicKey, sha256('once'), prologue, plaintext)!;
      expect(sealed.length).toBe(plaintext.length + 96);
      const opened = openOneWay(recipient, prologue, sealed)!;
      expect(toHex(opened.plaintext)).toBe(toHex(plaintext));
      expect(toHex(opened.author)).toBe(toHex(author.publicKey));
      expect(openOneWay(other, prologue, sealed)).toBeUndefined();
      expect(openOneWay(recipient, utf8('another'), sealed)).toBeUndefined();
      const changed = sealed.slice();
      const index = at % changed.length;
      changed[index] = changed[index]! ^ 1;
      expect(openOneWay(recipient, prologue, changed)).toBeUndefined();
    },
  );
});

describe('an envelope', () => {
  const now = 1_760_000_000_000 as WallTime;
  const key = pairOf('recipient').publicKey;

  property(
    [
      fc.nat({ max: 2 ** 48 }),
      fc.uint8Array({ minLength: 1, maxLength: 500 }),
      fc.integer({ min: 1, max: 8 }),
    ],
    { numRuns: 50 },
  )('is what was encoded', (expiry, ciphertext, copies) => {
    const envelope = { recipientTag: recipientTag(key, now), expiry, ciphertext, copies };
    expect(decodeEnvelope(encodeEnvelope(envelope))).toMatchObject(envelope);
  });

  property([fc.uint8Array({ maxLength: 80 })], { numRuns: 200 })('is never read out of noise', (bytes) => {
    const read = decodeEnvelope(bytes);
    if (read !== undefined) expect(read.recipientTag).toHaveLength(16);
  });

  it('is known to its recipient for a day to either side, and to nobody else', () => {
    const envelope = { recipientTag: recipientTag(key, now), expiry: 0, ciphertext: key, copies: 1 };
    const day = 86_400_000;
    const known = [-2, -1, 0, 1, 2].map((days) => isFor(envelope, key, (now + days * day) as WallTime));
    expect(known).toEqual([false, true, true, true, false]);
    expect(isFor(envelope, pairOf('other').publicKey, now)).toBe(false);
  });
});

describe('a courier', () => {
  it('brings a friend what was written in its absence; the author learns it when they meet', () => {
    const mesh = new MiniMesh({ peers: 3, encodeEverything: true });
    meet(mesh, 0, 1);
    const message = mesh.say(0, 'carry this', 2);
    mesh.run(seconds(5));
    expect(carried(mesh, 1)).toBe(1);
    mesh.part(0, 1);
    mesh.run(hours(2));
    mesh.restart(1);
    meet(mesh, 1, 2);
    mesh.run(minutes(1));
    expect(mesh.readers(message)).toEqual([2]);
    expect(carried(mesh, 1)).toBe(0);
    expect(mesh.facts(0, 'accepted')).toEqual([]);
    mesh.part(1, 2);
    meet(mesh, 0, 2);
    expect(mesh.facts(0, 'accepted')).toEqual([{ kind: 'accepted', message }]);
    expect(mesh.facts(2, 'delivered')).toHaveLength(1);
  });

  it('is nobody with Android, whose application drops the envelope', () => {
    const mesh = new MiniMesh({ peers: 3, options: (index) => ({ policy: index === 1 ? android : ios }) });
    meet(mesh, 0, 1);
    const message = mesh.say(0, 'carry this', 2);
    mesh.run(seconds(5));
    mesh.part(0, 1);
    meet(mesh, 1, 2);
    mesh.run(minutes(5));
    expect(carried(mesh, 1)).toBe(0);
    expect(mesh.readers(message)).toEqual([]);
  });

  it('floods a copy towards a recipient it hears over others, at most once in ten minutes', () => {
    const mesh = new MiniMesh({ peers: 4 });
    meet(mesh, 0, 1);
    const message = mesh.say(0, 'carry this', 3);
    mesh.run(seconds(5));
    mesh.part(0, 1);
    mesh.join(1, 2);
    mesh.join(2, 3);
    mesh.run(minutes(9));
    expect(mesh.readers(message)).toEqual([3]);
    expect(carried(mesh, 1)).toBe(1);
    const { peerId } = mesh.identities[3]!;
    const floods = mesh.sent.filter(
      ({ from, packet: { content } }) =>
        from === 1 && content.type === packetTypes.courierEnvelope && content.recipient === peerId,
    );
    expect(floods).toHaveLength(1);
  });

  it('shares its copies by halves until each is alone', () => {
    const mesh = new MiniMesh({ peers: 6 });
    meet(mesh, 0, 1);
    const message = mesh.say(0, 'carry this', 5);
    mesh.run(seconds(5));
    mesh.part(0, 1);
    for (const next of [2, 3, 4]) {
      meet(mesh, 1, next);
      mesh.run(minutes(1));
      mesh.part(1, next);
    }
    // Four copies: two to the first, one to the second, none is left for the third.
    expect([1, 2, 3, 4].map((index) => carried(mesh, index))).toEqual([1, 1, 1, 0]);
    meet(mesh, 3, 5);
    mesh.run(minutes(1));
    expect(mesh.readers(message)).toEqual([5]);
  });

  it('carries nothing for longer than a day', () => {
    const mesh = new MiniMesh({ peers: 3 });
    meet(mesh, 0, 1);
    const message = mesh.say(0, 'carry this', 2);
    mesh.run(seconds(5));
    mesh.part(0, 1);
    mesh.run(hours(24));
    meet(mesh, 1, 2);
    mesh.run(minutes(1));
    expect(mesh.readers(message)).toEqual([]);
    expect(carried(mesh, 1)).toBe(0);
  });

  it('refuses what is not its neighbour’s own, not signed, or expires too late', () => {
    const mesh = new MiniMesh({ peers: 3 });
    meet(mesh, 0, 1);
    const wall = 1_760_000_000_000 + Math.floor(mesh.now / 1_000);
    const envelope = (expiry: number): CourierEnvelope => ({
      recipientTag: new Uint8Array(16),
      expiry,
      ciphertext: utf8('sealed'),
      copies: 255,
    });
    const packet = (author: number, payload: Uint8Array, isSigned: boolean): PacketContent => {
      const { peerId: sender, signer } = mesh.identities[author]!;
      const recipient = mesh.identities[1]!.peerId;
      const type = packetTypes.courierEnvelope;
      const fields = { version: 1, type, timestamp: wall, sender, recipient, payload } as const;
      return isSigned ? signed(fields, signer, carriesNothing) : new PacketContent(fields, carriesNothing);
    };
    const good = encodeEnvelope(envelope(wall + 1_000));
    mesh.inject(1, 0, packet(2, good, true).withTtl(7));
    mesh.inject(1, 0, packet(0, good, false).withTtl(7));
    mesh.inject(1, 0, packet(0, encodeEnvelope(envelope(wall + 26 * 3_600_000)), true).withTtl(7));
    expect(mesh.situations(1)).toEqual(Array.from({ length: 3 }, () => 'bitchat.deposit-refused'));
    mesh.inject(1, 0, packet(0, encodeEnvelope(envelope(wall - 1)), true).withTtl(7));
    expect(mesh.situations(1).at(-1)).toBe('bitchat.envelope-refused');
    expect(carried(mesh, 1)).toBe(0);
  });
});

describe('a courier’s store', () => {
  const wall = 1_760_000_000_000 as WallTime;
  const out = { persist: () => undefined } as unknown as Effects;
  const envelopeOf = (index: number): CourierEnvelope => ({
    recipientTag: new Uint8Array(16),
    expiry: wall + 1_000,
    ciphertext: utf8(`sealed ${index}`),
    copies: 4,
  });
  const deposit = fc.record({
    peer: fc.integer({ min: 0, max: 30 }).map((index) => `peer${index}` as PeerId),
    tier: fc.constantFrom('favourite' as const, 'verified' as const),
    index: fc.nat({ max: 400 }),
  });

  property([fc.array(deposit, { maxLength: 200 })], { numRuns: 50 })(
    'keeps to its limits, and never drops a friend’s envelope for a stranger’s',
    (deposits) => {
      const store = new CourierStore(undefined);
      for (const { peer, tier, index } of deposits) {
        const favourites = store.envelopes(wall, out).filter((each) => each.tier === 'favourite').length;
        store.deposit(envelopeOf(index), { peer, tier }, carriesNothing, wall, out);
        const carried = store.envelopes(wall, out);
        expect(carried.length).toBeLessThanOrEqual(courier.mostEnvelopes);
        const strangers = carried.filter((each) => each.tier === 'verified');
        expect(strangers.length).toBeLessThanOrEqual(courier.mostVerifiedEnvelopes);
        if (tier === 'verified') expect(carried.length - strangers.length).toBe(favourites);
        const own = carried.filter(({ depositor }) => depositor === peer);
        expect(own.length).toBeLessThanOrEqual(courier.mostPerFavourite);
      }
    },
  );
});
