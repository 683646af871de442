// A message to a private group: broadcast to everybody, readable by members (bitchat/Services/Groups/GroupProtocol.swift).
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../bytes.ts';
import { chacha20Poly1305Open, chacha20Poly1305Seal } from '../crypto.ts';
import { textOf } from './announce.ts';
import { decodeLongFields, encodeLongFields } from './long-fields.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';

const outer = { group: 1, epoch: 2, nonce: 3, ciphertext: 4 } as const;
const inner = { id: 1, signingKey: 2, nickname: 3, timestamp: 4, text: 5, signature: 6 } as const;
const signingDomain = utf8('bitchat-group-msg-v1');
/** Keys are not rotated here: the first epoch is the only one. */
const epochBytes = Uint8Array.of(0, 0, 0, 1);

/** A group as its members know it. */
export interface Group {
  /** 16 bytes as hexadecimal digits; travels in clear. */
  readonly id: string;
  /** 32 bytes that only members have. */
  readonly key: Uint8Array;
  /** Signing keys of the members, as hexadecimal digits. */
  readonly members: ReadonlySet<string>;
}

/** What a member reads. */
export interface GroupMessage {
  readonly id: string;
  readonly text: string;
}

/** What is to be sealed. */
export interface GroupDraft extends GroupMessage {
  readonly nickname: string;
  readonly timestamp: number;
  /** Twelve bytes. */
  readonly nonce: Uint8Array;
}

/** The payload of a `groupMessage` packet: group, epoch and nonce in clear, the rest sealed and signed inside. */
export function sealGroupMessage(group: Group, draft: GroupDraft, signer: Signer): Uint8Array {
  const { id, text, timestamp } = draft;
  const body = encodeLongFields([
    [inner.id, utf8(id)],
    [inner.signingKey, signer.publicKey],
    [inner.nickname, utf8(draft.nickname)],
    [inner.timestamp, timestampBytes(timestamp)],
    [inner.text, utf8(text)],
    [inner.signature, signer.sign(signingContent(group, id, timestampBytes(timestamp), text))],
  ]);
  const groupId = fromHex(group.id);
  const sealed = chacha20Poly1305Seal(group.key, draft.nonce, body, concatBytes(groupId, epochBytes));
  return encodeLongFields([
    [outer.group, groupId],
    [outer.epoch, epochBytes],
    [outer.nonce, draft.nonce],
    [outer.ciphertext, sealed],
  ]);
}

/**
 * What was read of payloads, which are never written to: the copies of one flood are one object, and every member opens
 * it with the same key. A group is known by its object, and a run has one scheme.
 */
const opened = new WeakMap<
  Uint8Array,
  { readonly group: Group; readonly message: GroupMessage | undefined }
>();
const addressed = new WeakMap<Uint8Array, { readonly id: string | undefined }>();

/** The group that a payload is for, as hexadecimal digits; undefined when it is malformed. */
export function groupOf(payload: Uint8Array): string | undefined {
  let known = addressed.get(payload);
  if (known === undefined) {
    const id = decodeLongFields(payload)?.get(outer.group);
    known = { id: id?.length === 16 ? toHex(id) : undefined };
    addressed.set(payload, known);
  }
  return known.id;
}

/** What a member wrote; undefined when the payload was changed, or its author is no member. */
export function openGroupMessage(
  group: Group,
  payload: Uint8Array,
  scheme: SignatureScheme,
): GroupMessage | undefined {
  const known = opened.get(payload);
  if (known?.group === group) return known.message;
  const message = open(group, payload, scheme);
  opened.set(payload, { group, message });
  return message;
}

function open(group: Group, payload: Uint8Array, scheme: SignatureScheme): GroupMessage | undefined {
  const fields = decodeLongFields(payload);
  const nonce = fields?.get(outer.nonce);
  const ciphertext = fields?.get(outer.ciphertext);
  const epoch = fields?.get(outer.epoch) ?? new Uint8Array();
  if (nonce?.length !== 12 || ciphertext === undefined || !equalBytes(epoch, epochBytes)) return undefined;
  const associated = concatBytes(fromHex(group.id), epochBytes);
  const plain = chacha20Poly1305Open(group.key, nonce, ciphertext, associated);
  const parts = plain === undefined ? undefined : decodeLongFields(plain);
  const id = textOf(parts?.get(inner.id));
  const text = textOf(parts?.get(inner.text));
  const author = parts?.get(inner.signingKey);
  const timestamp = parts?.get(inner.timestamp);
  const signature = parts?.get(inner.signature);
  if (id === undefined || text === undefined || author === undefined) return undefined;
  if (timestamp?.length !== 8 || signature === undefined || !group.members.has(toHex(author)))
    return undefined;
  const content = signingContent(group, id, timestamp, text);
  return scheme.verify(author, content, signature) ? { id, text } : undefined;
}

function signingContent(group: Group, id: string, timestamp: Uint8Array, text: string): Uint8Array {
  return concatBytes(signingDomain, fromHex(group.id), epochBytes, utf8(id), timestamp, utf8(text));
}

function timestampBytes(milliseconds: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(milliseconds / 4_294_967_296));
  view.setUint32(4, milliseconds % 4_294_967_296);
  return bytes;
}
