// Who is at the other end of a new link: version, capabilities, key, and a signature over all of it.
import { fromHex } from '../bytes.ts';
import { carriesNothing } from '../message.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { linking } from './constants.ts';
import type { Handshake } from './frames.ts';
import { keyBytes, nodeKey } from './node-key.ts';
import { signatureBytes, Writer } from './wire.ts';

/** 8 bytes of version and capabilities, the key, the signature. */
export const handshakeBytes = 8 + keyBytes + signatureBytes;

/** What is signed, and comes first on the wire. */
export function signedPart({ version, capabilities, key }: Omit<Handshake, 'signature'>): Uint8Array {
  const writer = new Writer(8 + keyBytes);
  return writer.byte(version).byte(0).short(0).long(capabilities).key(key).bytes;
}

/** One's own. */
export function greet(signer: Signer): Handshake {
  const unsigned = {
    kind: 'pinecone.handshake',
    version: linking.version,
    capabilities: linking.capabilities,
    key: nodeKey(signer.publicKey),
    carries: carriesNothing,
  } as const;
  return { ...unsigned, signature: signer.sign(signedPart(unsigned)) };
}

/** Why the link cannot be used; undefined when it can. */
export function refusalOf(handshake: Handshake, scheme: SignatureScheme): string | undefined {
  if (handshake.version !== linking.version) return 'version';
  if (handshake.capabilities !== linking.capabilities) return 'capabilities';
  const isSigned = scheme.verify(fromHex(handshake.key), signedPart(handshake), handshake.signature);
  return isSigned ? undefined : 'signature';
}
