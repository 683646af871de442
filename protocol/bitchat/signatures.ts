// Signatures over packets.
import { equalBytes } from '../bytes.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { PacketContent, type PacketFields } from './packet.ts';
import { signedBytes } from './wire-format.ts';

/** The fields with the sender's signature, as a content ready to send. */
export function signed(
  fields: PacketFields,
  signer: Signer,
  carries: PacketContent['carries'],
): PacketContent {
  const content = new PacketContent({ ...fields, signature: signer.sign(signedBytes(fields)) }, carries);
  content.signatureVerdict = { publicKey: signer.publicKey, valid: true };
  return content;
}

/**
 * Whether the content carries that key's signature. Copies of one flood are one object and are verified once. What was
 * signed in this process needs no arithmetic to be found valid; what came as bytes does.
 */
export function isSignedBy(content: PacketContent, publicKey: Uint8Array, scheme: SignatureScheme): boolean {
  const known = content.signatureVerdict;
  if (known !== undefined && equalBytes(known.publicKey, publicKey)) return known.valid;
  const { signature } = content;
  const valid = signature !== undefined && scheme.verify(publicKey, signedBytes(content), signature);
  content.signatureVerdict = { publicKey, valid };
  return valid;
}
