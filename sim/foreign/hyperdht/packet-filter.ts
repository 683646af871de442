// A home router or a mobile carrier's NAT: it keeps the port (endpoint-independent mapping) and lets in what comes from an
// address and port to which something was sent lately (address and port-dependent filtering, RFC 4787 §5).
import type { Duration, Instant } from '../../../protocol/time.ts';
import type { PacketFilter } from './foreign-core.ts';

/** What was sent is forgotten in bulk after so many new entries. */
const sweepEvery = 1_024;

/** A filter that remembers what was sent for `lifetime`; what comes in does not renew it (RFC 4787 REQ-6 b). */
export function statefulFilter(lifetime: Duration): PacketFilter {
  const sentAt = new Map<string, Instant>();
  let sinceSweep = 0;
  const key = (port: number, host: string, remotePort: number): string => `${port} ${host}:${remotePort}`;
  return {
    sent(port, host, remotePort, now) {
      sentAt.set(key(port, host, remotePort), now);
      if (++sinceSweep < sweepEvery) return;
      sinceSweep = 0;
      for (const [entry, at] of sentAt) if (at + lifetime <= now) sentAt.delete(entry);
    },
    lets(port, host, remotePort, now) {
      const at = sentAt.get(key(port, host, remotePort));
      return at !== undefined && now < at + lifetime;
    },
  };
}
