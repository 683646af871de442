// Whether and how a phone passes a flood on: the two applications' policies as pure functions.
import type { RandomStream } from '../random-stream.ts';
import { denseDegree, originTtl, packetTypes, type PlatformPolicy } from './constants.ts';

/** A packet to be relayed, as the policy sees it. */
export interface RelayQuestion {
  readonly type: number;
  /** Hops left as received. */
  readonly ttl: number;
  /** It has one recipient, who is not this phone. */
  readonly isDirected: boolean;
  /** Connected peers. */
  readonly degree: number;
  /** Peers known on the mesh. */
  readonly networkSize: number;
}

/** Pass it on with so many hops left, after a delay drawn uniformly in whole milliseconds. */
export interface RelayDecision {
  readonly ttl: number;
  readonly leastDelayMs: number;
  readonly mostDelayMs: number;
}

/** What the platform's application does; undefined: it does not relay. Own packets and packets for oneself never get here. */
export function decideRelay(
  policy: PlatformPolicy,
  question: RelayQuestion,
  random: RandomStream,
): RelayDecision | undefined {
  return policy.platform === 'ios' ? decideIos(question) : decideAndroid(question, random);
}

/** Treated like private messages: always relayed, to the full depth (BLEReceivePipeline.swift). */
const directedTypes: ReadonlySet<number> = new Set([
  packetTypes.noiseEncrypted,
  packetTypes.courierEnvelope,
  packetTypes.ping,
  packetTypes.pong,
  packetTypes.nostrCarrier,
  packetTypes.fragment,
]);

/** Deepest relay of fragments and voice (TransportConfig.bleFragmentRelayTtlCap, ...Dense). */
const fragmentCaps = { sparse: 7, dense: 5 } as const;

/** Delays of ordinary broadcasts by the most peers to which they apply (RelayController.swift). */
const broadcastDelays = [
  { degree: 2, leastDelayMs: 10, mostDelayMs: 40 },
  { degree: 5, leastDelayMs: 60, mostDelayMs: 150 },
  { degree: 9, leastDelayMs: 80, mostDelayMs: 180 },
  { degree: Infinity, leastDelayMs: 100, mostDelayMs: 220 },
] as const;

/** RelayController.swift: deterministic, with caps that fall as the neighbourhood grows. */
function decideIos(question: RelayQuestion): RelayDecision | undefined {
  const { type, degree } = question;
  const ttl = Math.min(question.ttl, originTtl);
  if (type === packetTypes.requestSync || ttl <= 1) return undefined;
  if (type === packetTypes.noiseHandshake) return { ttl: ttl - 1, leastDelayMs: 10, mostDelayMs: 35 };
  if (question.isDirected && directedTypes.has(type))
    return { ttl: ttl - 1, leastDelayMs: 20, mostDelayMs: 60 };
  if (type === packetTypes.fragment || type === packetTypes.voice) {
    const limit = Math.min(ttl, degree >= denseDegree ? fragmentCaps.dense : fragmentCaps.sparse);
    return { ttl: limit - 1, leastDelayMs: 8, mostDelayMs: 25 };
  }
  const delays = broadcastDelays.find((row) => degree <= row.degree) ?? broadcastDelays[3];
  const { leastDelayMs, mostDelayMs } = delays;
  return { ttl: broadcastLimit(ttl, type, degree) - 1, leastDelayMs, mostDelayMs };
}

function broadcastLimit(ttl: number, type: number, degree: number): number {
  if (degree >= denseDegree) return Math.max(2, Math.min(ttl, 5));
  if (degree <= 2) return ttl;
  return Math.max(2, Math.min(ttl, type === packetTypes.announce ? 7 : 6));
}

/** Share of packets with few hops left that are relayed, by the most peers to which it applies (PacketRelayManager.kt). */
const androidShares = [
  { size: 10, share: 1 },
  { size: 30, share: 0.85 },
  { size: 50, share: 0.7 },
  { size: 100, share: 0.55 },
  { size: Infinity, share: 0.4 },
] as const;

/** PacketRelayManager.kt: at once, and by a coin once few hops are left. */
function decideAndroid(question: RelayQuestion, random: RandomStream): RelayDecision | undefined {
  const { type, networkSize } = question;
  if (type === packetTypes.requestSync || question.ttl === 0) return undefined;
  const left = question.ttl - 1;
  const isVoice = type === packetTypes.voice;
  const ttl = isVoice && networkSize > 6 ? Math.min(left, 5) : left;
  if (ttl < 4) {
    const share = androidShares.find((row) => networkSize <= row.size)?.share ?? 0.4;
    if (share < 1 && random.uniform() >= share) return undefined;
  }
  return isVoice ? { ttl, leastDelayMs: 8, mostDelayMs: 25 } : { ttl, leastDelayMs: 0, mostDelayMs: 0 };
}
