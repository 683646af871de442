// The two implementations behind the crypto door give the same bytes, and the published vectors hold.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import * as native from '../../protocol/crypto.ts';
import * as portable from '../../protocol/crypto-portable.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const nonce = fc.uint8Array({ minLength: 12, maxLength: 12 });
const data = fc.uint8Array({ maxLength: 200 });

describe('crypto door', () => {
  it('exports the same names from both implementations', () => {
    expect(Object.keys(portable).sort()).toEqual(Object.keys(native).sort());
  });

  it.each([native, portable])('gives the published values (%#)', (door) => {
    // FIPS 180-2 B.1; RFC 8032 §7.1 test 2; RFC 7748 §5.2; RFC 4231 test case 2.
    expect(door.sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(door.sha256Base64('abc')).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0');
    expect(door.sha256Base64Url('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
    const signer = door.ed25519Signer(
      fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
    );
    expect(toHex(signer.publicKey)).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
    expect(toHex(signer.sign(fromHex('72')))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    const scalar = fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4');
    const point = fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c');
    expect(toHex(door.x25519(scalar, point))).toBe(
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    );
    expect(toHex(door.hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('agrees on hashes, signatures, key agreement and sealing', () => {
    fc.assert(
      fc.property(key, key, nonce, data, data, (secret, other, once, message, associated) => {
        expect(toHex(portable.sha256(message))).toBe(toHex(native.sha256(message)));
        const [left, right] = [native.ed25519Signer(secret), portable.ed25519Signer(secret)];
        expect(toHex(right.publicKey)).toBe(toHex(left.publicKey));
        const signature = left.sign(message);
        expect(toHex(right.sign(message))).toBe(toHex(signature));
        expect(portable.ed25519Verifier(left.publicKey)?.verify(message, signature)).toBe(true);
        expect(native.ed25519Verifier(left.publicKey)?.verify(associated, signature)).toBe(
          Buffer.compare(message, associated) === 0,
        );
        const peer = native.x25519PublicKey(other);
        expect(toHex(portable.x25519(secret, peer))).toBe(toHex(native.x25519(secret, peer)));
        const sealed = native.chacha20Poly1305Seal(secret, once, message, associated);
        expect(toHex(portable.chacha20Poly1305Seal(secret, once, message, associated))).toBe(toHex(sealed));
        expect(
          toHex(portable.chacha20Poly1305Open(secret, once, sealed, associated) ?? utf8('refused')),
        ).toBe(toHex(message));
        sealed[0] = (sealed[0] ?? 0) ^ 1;
        expect(native.chacha20Poly1305Open(secret, once, sealed, associated)).toBeUndefined();
        expect(portable.chacha20Poly1305Open(secret, once, sealed, associated)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('hashes piece by piece as at once, and goes on after a digest', () => {
    for (const door of [native, portable]) {
      const hash = door.incrementalSha256();
      hash.update('a');
      expect(toHex(hash.digest())).toBe(door.sha256Hex('a'));
      hash.update(utf8('bc'));
      expect(toHex(hash.digest())).toBe(door.sha256Hex('abc'));
    }
  });
});
