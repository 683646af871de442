// Signatures over packets.
import { equalBytes } from '../bytes.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { PacketContent, type PacketFields } from './packet.ts';
import { signedBytes } from './wire-format.ts';

/**
 * Verdicts by content, for the key that was asked about: copies of one flood are one object and are verified once. What
 * was signed in this process needs no arithmetic to be found valid; what came as bytes does.
 */
const verdicts = new WeakMap<PacketContent, { readonly publicKey: Uint8Array; readonly valid: boolean }>();

/** The fields with the sender's signature, as a content ready to send. */
export function signed(
  fields: PacketFields,
  signer: Signer,
  carries: PacketContent['carries'],
): PacketContent {
  const content = new PacketContent({ ...fields, signature: signer.sign(signedBytes(fields)) }, carries);
  verdicts.set(content, { publicKey: signer.publicKey, valid: true });
  return content;
}

/** Whether the content carries that key's signature. */
export function isSignedBy(content: PacketContent, publicKey: Uint8Array, scheme: SignatureScheme): boolean {
  const known = verdicts.get(content);
  if (known !== undefined && equalBytes(known.publicKey, publicKey)) return known.valid;
  const { signature } = content;
  const valid = signature !== undefined && scheme.verify(publicKey, signedBytes(content), signature);
  verdicts.set(content, { publicKey, valid });
  return valid;
}
