// What a replay of a contact trace comes to: the figures that the literature on store-carry-forward routing gives.
import type { MessageList } from '../sim/mesh/message-list.ts';
import type { ReplayOutcome } from '../sim/mesh/replay-outcome.ts';

/** One message. Times in seconds on the trace's clock. */
export interface MeshMessageReport {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
  readonly delay: number | null;
  /** Contacts that the copy crossed which arrived first. */
  readonly hops: number | null;
}

/** A replay in figures; times in seconds. */
export interface MeshReport {
  readonly created: number;
  readonly delivered: number;
  /** Of the created ones; null when there are none. */
  readonly deliveryRatio: number | null;
  /** Of delivered messages only; null when there are none. */
  readonly latency: { readonly average: number | null; readonly median: number | null };
  /** (Transfers that arrived - delivered) / delivered; null when nothing was delivered. */
  readonly overheadRatio: number | null;
  /** Contacts that began. */
  readonly contacts: number;
  readonly messages: readonly MeshMessageReport[];
}

const microsecondsPerSecond = 1_000_000;

/**
 * Sums up a replay. Each figure is defined as in The ONE's MessageStatsReport, the median too: of an even number of
 * delays it is the upper one of the two in the middle.
 */
export function meshReport(
  nodes: readonly string[],
  { ids, at, source, destination }: MessageList,
  { created, delivered, relayed, contacts, deliveredAt, hops }: ReplayOutcome,
): MeshReport {
  const messages: MeshMessageReport[] = [];
  const delays: number[] = [];
  let total = 0;
  for (let index = 0; index < created; index++) {
    const createdAt = at[index] ?? 0;
    const arrival = deliveredAt[index] ?? NaN;
    const isDelivered = !Number.isNaN(arrival);
    if (isDelivered) {
      delays.push(arrival - createdAt);
      total += arrival - createdAt;
    }
    messages.push({
      id: ids[index] ?? '',
      from: nodes[source[index] ?? -1] ?? '',
      to: nodes[destination[index] ?? -1] ?? '',
      createdAt: createdAt / microsecondsPerSecond,
      deliveredAt: isDelivered ? arrival / microsecondsPerSecond : null,
      delay: isDelivered ? (arrival - createdAt) / microsecondsPerSecond : null,
      hops: isDelivered ? (hops[index] ?? 0) : null,
    });
  }
  delays.sort((left, right) => left - right);
  const median = delays[delays.length >> 1];
  return {
    created,
    delivered,
    deliveryRatio: created === 0 ? null : delivered / created,
    latency: {
      average: delivered === 0 ? null : total / delivered / microsecondsPerSecond,
      median: median === undefined ? null : median / microsecondsPerSecond,
    },
    overheadRatio: delivered === 0 ? null : (relayed - delivered) / delivered,
    contacts,
    messages,
  };
}
