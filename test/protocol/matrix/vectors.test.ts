// Every verdict and every state of the sample rooms, against an independent implementation.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import type { RoomId } from '../../../protocol/matrix/ids.ts';
import { judgeRoom } from '../../../protocol/matrix/judge-room.ts';
import { stateResetsOf } from '../../../protocol/matrix/room-resets.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { keysOf, readVector, sampleRooms, type RoomVector } from '../../support/matrix-vectors.ts';

/** State resets in merges of the rooms of versions 11 and 12: docs/matrix-federation.md quotes their sums. */
const resets: Readonly<Record<string, number>> = {
  'sample-030': 3,
  'sample-031': 0,
  'sample-032': 24,
  'sample-036': 1,
  'sample-033': 12,
  'sample-034': 0,
  'sample-035': 1,
  'sample-039': 6,
  'sample-040': 8,
  'sample-041': 13,
  'sample-042': 5,
};

describe.each(sampleRooms)('%s', (file) => {
  const room = readVector(file) as RoomVector;
  const judged = judgeRoom({
    rules: present(specifiedRoomVersions.get(room.room_version), 'room version'),
    roomId: room.room_id as RoomId,
    pdus: room.events.map(({ pdu }) => pdu),
    keys: keysOf(room),
  });
  if (!judged.ok) throw new Error(`${judged.rule}: ${judged.detail}`);
  const { events, forwardExtremities, resolvedState, observer } = judged.value;

  it('gives every event its id and its verdict', () => {
    const ours = events.map((each) => ({
      event_id: each.event.eventId,
      accepted: each.accepted,
      ...(each.accepted ? {} : { stage: each.stage }),
      soft_failed: each.softFailed,
    }));
    const theirs = room.events.map(({ event_id, expect: { accepted, stage, soft_failed } }) => ({
      event_id,
      accepted,
      ...(accepted ? {} : { stage }),
      soft_failed: soft_failed ?? false,
    }));
    expect(ours).toEqual(theirs);
  });

  it('finds the state before and after every event', () => {
    const ours = events.map(({ stateBefore, stateAfter }) => [stateBefore.sha256(), stateAfter.sha256()]);
    expect(ours).toEqual(
      room.events.map(({ expect: each }) => [each.state_before_sha256, each.state_after_sha256]),
    );
  });

  it('ends where the room ends', () => {
    expect(forwardExtremities).toEqual(room.expect.forward_extremities);
    expect(resolvedState.sorted()).toEqual(room.expect.resolved_state);
    expect(resolvedState.sha256()).toBe(room.expect.resolved_state_sha256);
  });

  it('ends where a server ends that received the events in this order', () => {
    expect(observer.forwardExtremities).toEqual(room.expect.observer.forward_extremities);
    expect(observer.resolvedState.sha256()).toBe(room.expect.observer.resolved_state_sha256);
  });

  if (['11', '12'].includes(room.room_version))
    it('resets as many entries as are told', () => {
      expect([...stateResetsOf(judged.value.room)]).toHaveLength(resets[file.slice(0, 10)]!);
    });
});
