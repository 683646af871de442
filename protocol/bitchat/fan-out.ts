// On which links a packet leaves (bitchat/Services/BLE/BLEFanoutSelector.swift; bitchat-android BluetoothPacketBroadcaster.kt).
import type { Address } from '../core.ts';
import { sha256 } from '../crypto.ts';
import { compareBytes, compareCodePoints } from '../order.ts';
import { everybody } from './peer-id.ts';
import { packetTypes, type PlatformPolicy } from './constants.ts';
import type { PacketContent } from './packet.ts';
import type { PeerId } from './peer-id.ts';

/** A connection to one neighbour. */
export interface Link {
  readonly address: Address;
  /** Which side of the connection this phone is. */
  readonly role: 'central' | 'peripheral';
  /** Who is at the other end, once a direct announce said so. */
  readonly peer: PeerId | undefined;
}

/** Whether the content is for one phone. */
export function isDirected({ recipient }: PacketContent): boolean {
  return recipient !== undefined && recipient !== everybody;
}

/**
 * The links to use: the recipient's own one where there is one; otherwise, for ordinary broadcasts, on an iPhone a subset of
 * each class that depends on the message; everything else goes to all, but on Android not to its author. Never back where it
 * came from.
 */
export function selectLinks<L extends Link>(
  { platform }: PlatformPolicy,
  links: readonly L[],
  content: PacketContent,
  ingress: Address | undefined,
): readonly L[] {
  const directed = isDirected(content);
  // Most of what floods: over every link, also two to one phone.
  if (content.type === packetTypes.announce && !directed && platform === 'ios')
    return links.filter(({ address }) => address !== ingress);
  if (directed) {
    const bound = links.filter(({ peer }) => peer === content.recipient);
    // A recipient who is heard directly gets it directly or, when it came from there, not at all.
    if (bound.length > 0) return bound.filter(({ address }) => address !== ingress).slice(0, 1);
  }
  if (platform === 'android')
    return links.filter(({ address, peer }) => address !== ingress && peer !== content.sender);
  const collapsed = content.type === packetTypes.announce ? links : oneLinkPerPeer(links);
  const allowed = collapsed.filter(({ address }) => address !== ingress);
  // Also a broadcast that says that it is for everybody, as Android's do, has a recipient: it is not thinned.
  if (content.recipient !== undefined || goesToAll.has(content.type)) return allowed;
  return (['central', 'peripheral'] as const).flatMap((role) =>
    subset(
      allowed.filter((link) => link.role === role),
      content,
    ),
  );
}

const goesToAll: ReadonlySet<number> = new Set([
  packetTypes.announce,
  packetTypes.fragment,
  packetTypes.requestSync,
]);

/** Two phones may be connected both ways; the side that this phone began is preferred. */
function oneLinkPerPeer<L extends Link>(links: readonly L[]): readonly L[] {
  const seen = new Set<PeerId>();
  const kept = new Set<L>();
  for (const role of ['central', 'peripheral'] as const) {
    for (const link of links) {
      if (link.role !== role) continue;
      if (link.peer !== undefined) {
        if (seen.has(link.peer)) continue;
        seen.add(link.peer);
      }
      kept.add(link);
    }
  }
  return kept.size === links.length ? links : links.filter((link) => kept.has(link));
}

/** How many of `count` links of one class an ordinary broadcast uses: all of one or two, then about the logarithm. */
export function subsetSize(count: number): number {
  if (count <= 2) return count;
  return Math.min(count, 32 - Math.clz32(count - 1) + 1);
}

/** The links ranked by SHA-256 of message and link: the same message takes the same ones each time. */
function subset<L extends Link>(links: readonly L[], content: PacketContent): readonly L[] {
  const size = subsetSize(links.length);
  if (size >= links.length) return links;
  return links
    .map((link) => ({ link, score: sha256(`${content.messageId}::${link.address}`) }))
    .sort(
      (left, right) =>
        compareBytes(left.score, right.score) || compareCodePoints(left.link.address, right.link.address),
    )
    .slice(0, size)
    .map(({ link }) => link);
}
