// What a server may conclude about events that it has just signed, against the checks that everybody else makes.
import { describe, expect, it } from 'vitest';
import { ed25519Signer } from '../../../../protocol/crypto.ts';
import { buildEvent, type EventDraft } from '../../../../protocol/matrix/event-builder.ts';
import { PduCache } from '../../../../protocol/matrix/federation/pdu-checks.ts';
import type { RoomId, ServerName, UserId } from '../../../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../../../protocol/matrix/room-version.ts';
import type { KeyLookup, SigningKey } from '../../../../protocol/matrix/signing.ts';

const signer = ed25519Signer(new Uint8Array(32).fill(7));
const key: SigningKey = { server: 'here.example' as ServerName, keyId: 'ed25519:a', signer };
const draft: EventDraft = {
  type: 'm.room.message',
  roomId: '!room:here.example' as RoomId,
  sender: '@anna:here.example' as UserId,
  content: { body: 'hello' },
  originServerTs: 1,
  depth: 3,
  prevEvents: [],
  authEvents: [],
};
const keysOf =
  (publicKey: Uint8Array): KeyLookup =>
  (server, keyId) =>
    server === key.server && keyId === key.keyId ? publicKey : undefined;

describe('an event that a server has just made', () => {
  const rules = specifiedRoomVersions.get('11')!;

  it('has the verdicts that the checks compute', () => {
    const event = buildEvent(draft, rules, key);
    const told = new PduCache();
    told.learn(event, key);
    const computed = new PduCache();
    const keys = keysOf(signer.publicKey);
    expect(told.checkSignatures(event, keys)).toEqual(computed.checkSignatures(event, keys));
    expect(told.checkSignatures(event, keys).ok).toBe(true);
    expect(told.checkHash(event)).toEqual(computed.checkHash(event));
  });

  it('is verified all the same by whoever has another key for its server', () => {
    const event = buildEvent(draft, rules, key);
    const cache = new PduCache();
    cache.learn(event, key);
    const other = ed25519Signer(new Uint8Array(32).fill(8)).publicKey;
    expect(cache.checkSignatures(event, keysOf(other))).toMatchObject({ ok: false });
    expect(cache.checkSignatures(event, () => undefined)).toMatchObject({ ok: false });
  });

  it('is verified all the same when another server must have signed it too', () => {
    const join: EventDraft = {
      ...draft,
      type: 'm.room.member',
      stateKey: '@anna:here.example',
      content: { membership: 'join', join_authorised_via_users_server: '@otto:there.example' },
    };
    const event = buildEvent(join, rules, key);
    const cache = new PduCache();
    cache.learn(event, key);
    expect(cache.checkSignatures(event, keysOf(signer.publicKey))).toMatchObject({ ok: false });
  });
});
