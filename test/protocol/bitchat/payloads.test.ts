// Private payloads and group messages: what the applications read of them, and what they refuse.
import { describe, expect, it } from 'vitest';
import { openGroupMessage, sealGroupMessage } from '../../../protocol/bitchat/group-message.ts';
import { decodePrivatePayload, encodePrivatePayload } from '../../../protocol/bitchat/private-payload.ts';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { realSignatures } from '../../../protocol/signatures.ts';
import { fc, property } from '../../support/property.ts';

describe('a private payload', () => {
  // Messages have one-byte types and lengths (Packets.swift, NoiseEncrypted.kt).
  it.each([
    ['a message', '01 00026964 01026869', { kind: 'message', id: 'id', text: 'hi' }],
    ['the text first', '01 01026869 00026964', { kind: 'message', id: 'id', text: 'hi' }],
    ['a byte left over', '01 00026964 01026869 07', { kind: 'message', id: 'id', text: 'hi' }],
    ['two texts', '01 00026964 010161 01026869', { kind: 'message', id: 'id', text: 'hi' }],
    ['no text at all', '01 00026964 0100', { kind: 'message', id: 'id', text: '' }],
    ['a field that is not known', '01 00026964 01026869 0200', undefined],
    ['no id', '01 01026869', undefined],
    ['a text that breaks off', '01 00026964 01036869', undefined],
    ['a text that is not UTF-8', '01 00026964 0102ff69', undefined],
    ['an acknowledgement', '03 6964', { kind: 'delivered', id: 'id' }],
    ['another type', '20 00026964 01026869', undefined],
    ['nothing', '', undefined],
  ])('%s', (_name, hex, expected) => {
    expect(decodePrivatePayload(fromHex(hex.replaceAll(' ', '')))).toEqual(expected);
  });

  const short = fc.string({ maxLength: 60, unit: 'grapheme' }).filter((text) => !text.startsWith('\ufeff'));
  property([short, short])('comes back as it was', (id, text) => {
    const message = { kind: 'message', id, text } as const;
    expect(decodePrivatePayload(encodePrivatePayload(message))).toEqual(message);
  });
});

describe('a group message', () => {
  const scheme = realSignatures();
  const signer = scheme.signer(new Uint8Array(32).fill(7));
  const group = {
    id: '00112233445566778899aabbccddeeff',
    key: new Uint8Array(32).fill(9),
    members: new Set([toHex(signer.publicKey)]),
  };
  const draft = {
    ...{ id: 'id', text: 'hi', nickname: 'ada', timestamp: 1_760_000_000_000 },
    nonce: new Uint8Array(12).fill(3),
  };
  const sealed = (): Uint8Array => sealGroupMessage(group, draft, signer);

  it('is read by members', () => {
    expect(openGroupMessage(group, sealed(), scheme)).toEqual({ id: 'id', text: 'hi' });
  });

  it('is not read when a byte was changed, of epoch, nonce or ciphertext', () => {
    const afterGroup = 3 + 16;
    for (let at = afterGroup; at < sealed().length; at++) {
      const changed = sealed();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect([at, openGroupMessage(group, changed, scheme)]).toEqual([at, undefined]);
    }
  });

  it('is not from somebody who is no member', () => {
    const stranger = scheme.signer(new Uint8Array(32).fill(8));
    expect(openGroupMessage(group, sealGroupMessage(group, draft, stranger), scheme)).toBeUndefined();
  });
});
