// Bootstraps and wake-up broadcasts state the same: who I am, when, and under which root; signed.
import { fromHex } from '../bytes.ts';
import { carriesNothing } from '../message.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import type { WallTime } from '../time.ts';
import { rootLength } from './announcements.ts';
import { hopLimits } from './constants.ts';
import { firstWatermark, type Bootstrap, type Root, type WakeUpBroadcast } from './frames.ts';
import { nodeKey, type NodeKey } from './node-key.ts';
import { signatureBytes, variableLength, Writer } from './wire.ts';

type Statement = Pick<Bootstrap, 'sequence' | 'root'>;

/** Bytes of a statement with its signature. */
export function statementLength({ sequence, root }: Statement): number {
  return variableLength(sequence) + rootLength(root) + signatureBytes;
}

/** The statement without its signature, as it is signed (types/virtualsnake.go, ProtectedPayload). */
function signedBytes({ sequence, root }: Statement): Uint8Array {
  const writer = new Writer(variableLength(sequence) + rootLength(root));
  return writer.variable(sequence).key(root.key).variable(root.sequence).bytes;
}

/** Signatures known to be good; a frame that is passed on keeps its signature's object. */
const verified = new WeakMap<Uint8Array, { readonly key: NodeKey; readonly statement: Statement }>();

function sign(signer: Signer, statement: Statement): Uint8Array {
  const signature = signer.sign(signedBytes(statement));
  verified.set(signature, { key: nodeKey(signer.publicKey), statement });
  return signature;
}

/** A bootstrap as its author makes it. */
export function bootstrap(signer: Signer, root: Root, wall: WallTime): Bootstrap {
  const statement = { sequence: wall as number, root };
  return {
    kind: 'pinecone.bootstrap',
    key: nodeKey(signer.publicKey),
    watermark: firstWatermark,
    ...statement,
    signature: sign(signer, statement),
    carries: carriesNothing,
  };
}

/** A broadcast as its author makes it. */
export function wakeUpBroadcast(signer: Signer, root: Root, wall: WallTime): WakeUpBroadcast {
  const statement = { sequence: wall as number, root };
  return {
    kind: 'pinecone.broadcast',
    hopLimit: hopLimits.broadcast,
    source: nodeKey(signer.publicKey),
    ...statement,
    signature: sign(signer, statement),
    carries: carriesNothing,
  };
}

/** Whether this node said so. */
export function isSignedBy(
  statement: Statement & { readonly signature: Uint8Array },
  key: NodeKey,
  scheme: SignatureScheme,
): boolean {
  const { signature, sequence, root } = statement;
  const known = verified.get(signature);
  if (
    known?.key === key &&
    known.statement.sequence === sequence &&
    known.statement.root.key === root.key &&
    known.statement.root.sequence === root.sequence
  )
    return true;
  if (!scheme.verify(fromHex(key), signedBytes(statement), signature)) return false;
  verified.set(signature, { key, statement: { sequence, root } });
  return true;
}
