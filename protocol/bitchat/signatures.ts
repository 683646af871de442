// Signatures over packets.
import { ByteSource } from '../byte-source.ts';
import { equalBytes } from '../bytes.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { PacketContent, type PacketFields } from './packet.ts';
import { PayloadFacts } from './payload-facts.ts';
import { signedBytes } from './wire-format.ts';

/** Sixty-four at a time: announces live for a minute or so, a message keeps its neighbours for hours. */
const signatures = new ByteSource(4_096);

/** The fields with the sender's signature, as a content ready to send. */
export function signed(
  fields: PacketFields,
  signer: Signer,
  carries: PacketContent['carries'],
): PacketContent {
  const known = { ...fields, facts: fields.facts ?? new PayloadFacts() };
  const signature = signatures.copyOf(signer.sign(signedBytes(known)));
  const content = new PacketContent({ ...known, signature }, carries);
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
