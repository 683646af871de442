// Events that are kept outside the room's graph because others rest on them: states and authorities that another server told.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py (`_auth_and_persist_outliers`).
import type { Effects } from '../../core.ts';
import type { MatrixEvent } from '../event.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId } from '../ids.ts';
import type { Pdu } from './messages.ts';
import { noteRefusedPdu, readPdu } from './pdu-checks.ts';

/** Takes those that are well signed and not here yet, authorities first; one whose authorities cannot be had is left. */
export function takeOutliers(
  context: HomeserverContext,
  room: HostedRoom,
  pdus: readonly Pdu[],
  out: Effects,
): void {
  const events = new Map<EventId, MatrixEvent>();
  for (const pdu of pdus) {
    const read = readPdu(context, pdu, room);
    if (!read.ok) noteRefusedPdu(context, pdu, read.rule, out);
    else if (!room.holds(read.value.event.eventId)) events.set(read.value.event.eventId, read.value.event);
  }
  for (const event of authoritiesFirst(events)) {
    if (room.missingAuthorities(event).length === 0) context.takeOutlier(room, event, out);
    else out.observe({ kind: 'situation', name: 'matrix.federation.outlier-without-authority' });
  }
}

/**
 * Each event after those it cites as its authority, otherwise in the order given. The create event, which from version 12
 * on is cited by nobody, comes first. Hostile cycles are cut.
 */
function authoritiesFirst(events: ReadonlyMap<EventId, MatrixEvent>): readonly MatrixEvent[] {
  const ordered = new Set([...events.values()].filter(({ type }) => type === 'm.room.create'));
  const begun = new Set<MatrixEvent>();
  for (const start of events.values()) {
    const path: MatrixEvent[] = [start];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      begun.add(top);
      const next = top.authEvents
        .map((id) => events.get(id))
        .find((event) => event !== undefined && !begun.has(event));
      if (next !== undefined) path.push(next);
      else {
        ordered.add(top);
        path.pop();
      }
    }
  }
  return [...ordered];
}
