import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { judgeEvents } from '../../protocol/matrix/judge-room.ts';
import { readRoomFile } from '../../scenarios/room-file.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { readVector, sampleRooms, type RoomVector } from '../support/matrix-vectors.ts';

const vectorOf = (name: string): RoomVector =>
  readVector(sampleRooms.find((file) => file.includes(name))!) as RoomVector;
const small = vectorOf('-v11-s1311');

function endOf(text: string): string {
  const judged = judgeEvents(readRoomFile(text, 'room.json'));
  return judged.ok ? judged.value.resolvedState.sha256() : judged.detail;
}

describe('room files', () => {
  it('come to the same end as vectors, as arrays of PDUs, and line by line with ids inside, in any order', () => {
    const wanted = small.expect.resolved_state_sha256;
    expect(endOf(JSON.stringify(small))).toBe(wanted);
    fc.assert(
      fc.property(fc.shuffledSubarray([...small.events], { minLength: small.events.length }), (events) => {
        expect(endOf(JSON.stringify(events.map(({ pdu }) => pdu)))).toBe(wanted);
        expect(
          endOf(events.map(({ pdu, event_id }) => JSON.stringify({ ...pdu, event_id })).join('\r\n')),
        ).toBe(wanted);
      }),
      { numRuns: 10 },
    );
  });

  it('tell what is cited and not there', () => {
    const [, gone] = small.events;
    const events = small.events.filter((each) => each !== gone);
    const { missing } = readRoomFile(JSON.stringify({ ...small, events }, undefined, 1), 'room.json');
    expect(missing).toMatchObject([{ eventId: gone?.event_id, citedBy: events[1]?.event_id }]);
    expect(missing[0]?.position.line).toBeGreaterThan(10);
  });

  const lines = small.events.map(({ pdu }): JsonObject => pdu);
  it.each<[string, string, RegExp]>([
    [
      'broken JSON on a line',
      `${JSON.stringify(lines[0])}\n{"type":`,
      /room\.json:2:9: expected JSON: one event per line: expected a value, the text ends/,
    ],
    ['nothing', '', /expected/],
    ['a number', '[1]', /expected an event, found 1/],
    [
      'an altered event under its old id',
      JSON.stringify([{ ...lines[0], event_id: '$other' }]),
      /the event's id is/,
    ],
    [
      'an unknown room version',
      JSON.stringify({ room_version: '99', events: small.events }),
      /room version from 1 to 12, found "99"/,
    ],
    ['hostile nesting', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, /expected/],
    ['an event of another room', JSON.stringify([...small.events, ...vectorOf('-v10-s1272').events]), /room/],
  ])('refuse %s', (_name, text, message) => {
    expect(() => readRoomFile(text, 'room.json')).toThrow(ScenarioError);
    expect(() => readRoomFile(text, 'room.json')).toThrow(message);
  });
});
