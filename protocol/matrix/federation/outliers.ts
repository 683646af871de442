// Events that are kept outside the room's graph because others rest on them: states and authorities that another server told.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py (`_auth_and_persist_outliers`).
import type { Effects } from '../../core.ts';
import type { UserMessageId } from '../../message.ts';
import type { MatrixEvent } from '../event.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId } from '../ids.ts';
import { pairUserMessages } from '../user-messages.ts';
import { typeOf, type Pdu } from './messages.ts';
import { takeIn } from './pdu-checks.ts';

/**
 * Takes those that are well signed and not here yet, authorities first; one whose authorities cannot be had is left.
 * `carries`: the user messages that come with them.
 */
export function takeOutliers(
  context: HomeserverContext,
  room: HostedRoom,
  pdus: readonly Pdu[],
  out: Effects,
  carries: readonly UserMessageId[] = [],
): void {
  const events = new Map<EventId, MatrixEvent>();
  const messages = new Map<EventId, UserMessageId | undefined>();
  pairUserMessages(pdus, carries, typeOf, ({ pdu, byteLength }, message) => {
    const read = takeIn(context, { pdu, byteLength, message }, out, room);
    if (!read.ok) return;
    const { event } = read.value;
    if (room.holds(event.eventId)) return;
    events.set(event.eventId, event);
    messages.set(event.eventId, message);
  });
  for (const event of authoritiesFirst(events)) {
    if (room.missingAuthorities(event).length === 0)
      context.takeOutlier(room, event, messages.get(event.eventId), out);
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
