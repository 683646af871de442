// Rule 5.4.1: an invite that redeems a third-party invite, proved by an identity server's signature.
import { fromBase64 } from '../../bytes.ts';
import { accept, reject, type Outcome } from '../../outcome.ts';
import { stateMapKey, type AuthState } from '../auth-state.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json.ts';
import type { MatrixEvent } from '../event.ts';
import { verifyJson } from '../signing.ts';

/** Rules of an invite with `third_party_invite`; whether the target is banned has been asked before. */
export function checkThirdPartyInvite(event: MatrixEvent, state: AuthState): Outcome<MatrixEvent> {
  const invite = event.content['third_party_invite'];
  const signed = isJsonObject(invite) ? invite['signed'] : undefined;
  if (!isJsonObject(signed)) return reject('invite.third-party.unsigned', 'no signed block');
  const { mxid, token } = signed;
  if (typeof mxid !== 'string' || typeof token !== 'string')
    return reject('invite.third-party.incomplete', 'no mxid or token');
  if (mxid !== event.stateKey)
    return reject('invite.third-party.other-user', 'the token is for another user');
  const original = state(stateMapKey('m.room.third_party_invite', token));
  if (original === undefined) return reject('invite.third-party.unknown-token', 'no such third-party invite');
  if (original.sender !== event.sender)
    return reject('invite.third-party.other-sender', 'the third-party invite was sent by another user');
  return isProved(event, signed, original)
    ? accept(event)
    : reject('invite.third-party.signature', 'no signature by a key of the third-party invite');
}

// A function of the bytes of both events, which several checks and many servers ask for.
const proofs = new WeakMap<MatrixEvent, WeakMap<MatrixEvent, boolean>>();

function isProved(event: MatrixEvent, signed: JsonObject, original: MatrixEvent): boolean {
  let proofsOfEvent = proofs.get(event);
  if (proofsOfEvent === undefined) proofs.set(event, (proofsOfEvent = new WeakMap<MatrixEvent, boolean>()));
  let proof = proofsOfEvent.get(original);
  if (proof === undefined)
    proofsOfEvent.set(original, (proof = isSignedByAny(signed, publicKeysOf(original.content))));
  return proof;
}

function publicKeysOf(content: JsonObject): readonly Uint8Array[] {
  const listed = content['public_keys'];
  const values = [
    content['public_key'],
    ...(Array.isArray(listed)
      ? (listed as readonly JsonValue[]).map((each) => (isJsonObject(each) ? each['public_key'] : undefined))
      : []),
  ];
  return values.flatMap((value) => {
    const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
    return bytes?.length === 32 ? [bytes] : [];
  });
}

function isSignedByAny(signed: JsonObject, keys: readonly Uint8Array[]): boolean {
  const { signatures } = signed;
  if (!isJsonObject(signatures)) return false;
  return Object.keys(signatures).some((server) => keys.some((key) => verifyJson(signed, server, () => key)));
}
