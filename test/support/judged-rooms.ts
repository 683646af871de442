// The sample rooms of the vectors, judged once for all tests that need rooms with real forks, and ways to disturb them.
import fc from 'fast-check';
import { present } from '../../protocol/assert.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { readEvent } from '../../protocol/matrix/event-format.ts';
import type { EventId, RoomId } from '../../protocol/matrix/ids.ts';
import { judgeRoom, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { Room, type RoomOptions } from '../../protocol/matrix/room.ts';
import { hasRequiredSignatures } from '../../protocol/matrix/signing.ts';
import { readVector, sampleRooms, type RoomVector } from './matrix-vectors.ts';

export interface JudgedRoom {
  readonly name: string;
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  readonly vector: RoomVector;
  /** Causes before effects. */
  readonly events: readonly MatrixEvent[];
  readonly judgement: RoomJudgement;
}

const judged = new Map<string, JudgedRoom>();

/** One sample room. */
export function judgedRoom(file: string): JudgedRoom {
  const known = judged.get(file);
  if (known !== undefined) return known;
  const vector = readVector(file) as RoomVector;
  const rules = present(specifiedRoomVersions.get(vector.room_version), 'room version');
  const roomId = vector.room_id as RoomId;
  const pdus = vector.events.map(({ pdu }) => pdu);
  const judgement = judgeRoom({ rules, roomId, pdus });
  if (!judgement.ok) throw new Error(judgement.detail);
  const events = pdus.map((pdu) => {
    const read = readEvent(pdu, rules);
    if (!read.ok) throw new Error(read.detail);
    return read.value;
  });
  const room = {
    name: vector.name,
    rules,
    roomId,
    vector,
    events,
    judgement: judgement.value,
    // How a failing property prints it.
    [fc.toStringMethod]: () => vector.name,
  };
  judged.set(file, room);
  return room;
}

/** A sample room; of some state resolution algorithms only where they are named. */
export function anyRoom(
  ...algorithms: readonly RoomVersionRules['stateResolution'][]
): fc.Arbitrary<JudgedRoom> {
  const files = sampleRooms.filter(
    (file) => algorithms.length === 0 || algorithms.includes(judgedRoom(file).rules.stateResolution),
  );
  return fc.constantFrom(...files).map(judgedRoom);
}

/** The events in another order in which a server may receive them: each turn one of those whose causes have come. */
export function inCausalOrder(
  events: readonly MatrixEvent[],
  priorities: readonly number[],
): readonly MatrixEvent[] {
  const rank = new Map(events.map((event, index) => [event, priorities[index % priorities.length] ?? 0]));
  const held = new Set<EventId>();
  const waiting = new Set(events);
  const order: MatrixEvent[] = [];
  while (waiting.size > 0) {
    let next: MatrixEvent | undefined;
    for (const event of waiting) {
      if (![...event.prevEvents, ...event.authEvents].every((id) => held.has(id))) continue;
      if (next === undefined || (rank.get(event) ?? 0) < (rank.get(next) ?? 0)) next = event;
    }
    next = present(next, 'an event whose causes have come');
    waiting.delete(next);
    held.add(next.eventId);
    order.push(next);
  }
  return order;
}

/** Numbers that decide which of several possible events comes next. */
export const priorities: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(1_000_000), {
  minLength: 150,
  maxLength: 150,
});

/** A server's room after these events. */
export function receiveAll(events: readonly MatrixEvent[], options: RoomOptions): Room {
  const room = new Room(options);
  for (const event of events) {
    const signed = hasRequiredSignatures(event);
    if (signed.ok) room.receive(event);
    else room.receiveRefused(event, signed, 'signature');
  }
  return room;
}

/** All that a room says of its events, as text. Soft failure is left out where only lasting verdicts count. */
export function tellRoom(
  room: Room,
  events: readonly MatrixEvent[],
  { withSoftFailure }: { readonly withSoftFailure: boolean },
): readonly string[] {
  return [...events]
    .sort((left, right) => (left.eventId < right.eventId ? -1 : 1))
    .map(({ eventId }) => {
      const verdict = present(room.verdict(eventId), 'a verdict');
      const kind = verdict.kind === 'soft-failed' && !withSoftFailure ? 'accepted' : verdict.kind;
      const why = verdict.kind === 'rejected' ? `${verdict.stage} ${verdict.rule}` : '';
      const before = room.stateBefore(eventId)?.digest ?? '';
      const after = room.stateAfter(eventId)?.digest ?? '';
      return `${eventId} ${kind} ${why} ${before} ${after}`;
    });
}
