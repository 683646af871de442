// Announcements of a root, signed by every node on their way.
import { carriesNothing } from '../message.ts';
import { accept, reject, type Outcome } from '../outcome.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { fromHex } from '../bytes.ts';
import type { Coordinates } from './coordinates.ts';
import type { Hop, Root, TreeAnnouncement } from './frames.ts';
import { keyBytes, nodeKey, type NodeKey } from './node-key.ts';
import { signatureBytes, variableLength, Writer } from './wire.ts';

/** What a node passes on: the hops so far, its own not yet among them. A root has none. */
export interface RootUpdate {
  readonly root: Root;
  readonly hops: readonly Hop[];
}

/**
 * Whose signatures are known to be good: what was signed in this process needs no arithmetic, and an announcement that
 * goes to several peers is one object up to its last hop.
 */
const verified = new WeakSet<TreeAnnouncement>();

/** Bytes of a root on the wire. */
export function rootLength(root: Root): number {
  return keyBytes + variableLength(root.sequence);
}

/** Bytes of the hops on the wire. */
export function hopsLength(hops: readonly Hop[]): number {
  let length = 0;
  for (const { port } of hops) length += variableLength(port) + keyBytes + signatureBytes;
  return length;
}

/** The root and the hops as they are on the wire, and as the next hop signs them (types/announcement.go, Sign). */
export function writeUpdate(writer: Writer, { root, hops }: RootUpdate): Writer {
  writer.key(root.key).variable(root.sequence);
  for (const { port, key, signature } of hops) writer.variable(port).key(key).raw(signature);
  return writer;
}

function signedBytes(update: RootUpdate): Uint8Array {
  return writeUpdate(new Writer(rootLength(update.root) + hopsLength(update.hops)), update).bytes;
}

/** The update for the peer at a port, with one's own signature. */
export function announce(update: RootUpdate, port: number, signer: Signer): TreeAnnouncement {
  const signature = signer.sign(signedBytes(update));
  const hop: Hop = { port, key: nodeKey(signer.publicKey), signature };
  const announcement: TreeAnnouncement = {
    kind: 'pinecone.announcement',
    root: update.root,
    hops: [...update.hops, hop],
    carries: carriesNothing,
  };
  // The hops before one's own were verified when they were received.
  verified.add(announcement);
  return announcement;
}

/** Whether an announcement from a direct peer may be believed (types/announcement.go, SanityCheck and UnmarshalBinary). */
export function checkAnnouncement(
  announcement: TreeAnnouncement,
  from: NodeKey,
  scheme: SignatureScheme,
): Outcome<TreeAnnouncement> {
  const { root, hops } = announcement;
  if (hops[0]?.key !== root.key) return reject('first-hop', 'the first signature is not the root’s');
  if (hops.at(-1)?.key !== from) return reject('last-hop', 'the last signature is not the direct peer’s');
  if (hops.some(({ port }) => port === 0)) return reject('port-0', 'a node announced through port 0');
  if (new Set(hops.map(({ key }) => key)).size !== hops.length) return reject('loop', 'a key signed twice');
  if (!verified.has(announcement)) {
    const isGood = hops.every(({ key, signature }, index) =>
      scheme.verify(fromHex(key), signedBytes({ root, hops: hops.slice(0, index) }), signature),
    );
    if (!isGood) return reject('signature', 'a signature does not fit');
    verified.add(announcement);
  }
  return accept(announcement);
}

/** Where the receiver of an update is in the tree. */
export function coordinatesOf({ hops }: RootUpdate): Coordinates {
  return hops.map(({ port }) => port);
}

/** Where the peer that sent the announcement is: its own hop leads to us. */
export function peerCoordinates({ hops }: RootUpdate): Coordinates {
  return hops.slice(0, -1).map(({ port }) => port);
}

/** Whether a node is among those that passed it on: then whoever sent it is its descendant. */
export function passedBy({ hops }: RootUpdate, key: NodeKey): boolean {
  return hops.some((hop) => hop.key === key);
}
