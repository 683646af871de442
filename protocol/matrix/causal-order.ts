// Events of a room in an order in which a server may receive them: causes before effects.
import { accept, reject, type Outcome } from '../outcome.ts';
import { encodeCanonicalJson } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';

/**
 * Each event after those it names as predecessors or authorities, otherwise in the order given; an order that is causal
 * already stays as it is. An event that is given twice counts once.
 */
export function causalOrder(events: readonly MatrixEvent[]): Outcome<readonly MatrixEvent[]> {
  const byId = new Map<EventId, MatrixEvent>();
  for (const event of events) {
    const known = byId.get(event.eventId);
    if (known === undefined) byId.set(event.eventId, event);
    else if (encodeCanonicalJson(known.pdu) !== encodeCanonicalJson(event.pdu))
      return reject('room.two-bodies', `${event.eventId} has two bodies`);
  }
  const ordered = new Set<MatrixEvent>();
  const begun = new Set<MatrixEvent>();
  for (const start of byId.values()) {
    const path = ordered.has(start) ? [] : [{ event: start, causes: causesOf(start) }];
    begun.add(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { value: id } = top.causes.next();
      if (id === undefined) {
        ordered.add(top.event);
        path.pop();
        continue;
      }
      const cause = byId.get(id);
      if (cause === undefined)
        return reject('room.missing-event', `${top.event.eventId} names ${id}, which is missing`);
      if (ordered.has(cause)) continue;
      if (begun.has(cause)) return reject('room.cycle', `${id} is its own ancestor`);
      begun.add(cause);
      path.push({ event: cause, causes: causesOf(cause) });
    }
  }
  return accept([...ordered]);
}

function* causesOf({ prevEvents, authEvents }: MatrixEvent): Generator<EventId, undefined> {
  yield* prevEvents;
  yield* authEvents;
  return undefined;
}
