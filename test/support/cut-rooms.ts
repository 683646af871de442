// Sample rooms with parts cut away, as exports have them.
import fc from 'fast-check';
import { present } from '../../protocol/assert.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import type { KnownState } from '../../protocol/matrix/slice/known-state.ts';
import { judgeSlice, type SliceVerdicts } from '../../protocol/matrix/slice/judge-slice.ts';
import type { JudgedRoom } from './judged-rooms.ts';
import { keysOf } from './matrix-vectors.ts';

export interface Cut {
  readonly room: JudgedRoom;
  readonly events: readonly MatrixEvent[];
  readonly outliers?: readonly MatrixEvent[];
  readonly before?: ReadonlyMap<EventId, KnownState>;
  readonly after?: ReadonlyMap<EventId, KnownState>;
  readonly withKeys?: boolean;
}

/** A slice of a room, judged. */
export function judgeCut({
  room,
  events,
  outliers = [],
  before,
  after,
  withKeys = false,
}: Cut): SliceVerdicts {
  const { servers } = room.vector;
  const judged = judgeSlice({
    rules: room.rules,
    roomId: room.roomId,
    events,
    outliers,
    given: { before: before ?? new Map(), after: after ?? new Map() },
    keys: withKeys ? { find: keysOf(room.vector), knows: (server) => server in servers } : undefined,
  });
  if (!judged.ok) throw new Error(`${room.name}: ${judged.detail}`);
  return judged.value;
}

/** What contradicts the whole room; nothing when every verdict and state is the whole's or unknown. */
export function contradictions(cut: SliceVerdicts, { judgement }: JudgedRoom): readonly string[] {
  const wrong: string[] = [];
  const whole = new Map(judgement.events.map((each) => [each.event.eventId, each]));
  for (const { event, verdict, stage, stateBefore, stateAfter } of cut.events) {
    const truth = present(whole.get(event.eventId), 'an event of the whole');
    const right = truth.accepted ? 'accepted' : 'rejected';
    if (verdict !== 'unknown' && verdict !== right)
      wrong.push(`${event.eventId} is ${right}, not ${verdict}`);
    if (stage !== undefined && stage !== truth.stage) wrong.push(`${event.eventId} fails at ${stage}`);
    wrong.push(...wrongEntries(stateBefore, truth.stateBefore, `before ${event.eventId}`));
    wrong.push(...wrongEntries(stateAfter, truth.stateAfter, `after ${event.eventId}`));
  }
  if (cut.forwardExtremities !== undefined) {
    const end = judgement.room.stateAfterAll(cut.forwardExtremities);
    wrong.push(...wrongEntries(cut.resolvedState, end, 'at the end'));
  }
  return wrong;
}

function wrongEntries(known: KnownState, truth: SliceTruth, where: string): readonly string[] {
  const wrong: string[] = [];
  for (const [key, id] of known.entries.entries())
    if (truth.getKey(key) !== id)
      wrong.push(`${where}: ${key} is ${truth.getKey(key) ?? 'nothing'}, not ${id}`);
  for (const [key, id] of truth.entries())
    if (known.entries.getKey(key) === undefined && !known.isOpen(key))
      wrong.push(`${where}: ${key} is ${id}, not nothing`);
  return wrong;
}

type SliceTruth = JudgedRoom['judgement']['resolvedState'];

/** Which of a room's events are gone: each by itself with some probability. */
export const anyHoles: fc.Arbitrary<(events: readonly MatrixEvent[]) => readonly MatrixEvent[]> = fc
  .record({
    share: fc.constantFrom(3, 10, 30, 60),
    draws: fc.array(fc.nat(99), { minLength: 150, maxLength: 150 }),
  })
  .map(
    ({ share, draws }) =>
      (events) =>
        events.filter((_, index) => (draws[index % draws.length] ?? 0) >= share),
  );
