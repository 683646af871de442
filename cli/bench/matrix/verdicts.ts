// Parts of `netsplit bench matrix` that judge busy rooms: the whole receipt of every event.
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { judgeRoom, type RoomToJudge } from '../../../protocol/matrix/judge-room.ts';
import type { BenchPart, Row } from '../bench.ts';
import { millisecondsOn, Rounds } from '../measure.ts';
import { machineGauge } from '../reference-loops.ts';
import { busyRoom, type BusyRoom } from './busy-room.ts';

const sizes = [30, 60, 100, 150];
const goal = 20_000;

/** Rooms of these versions and every size. */
function roomsOf(versions: readonly number[]): readonly BusyRoom[] {
  return versions.flatMap((version) => sizes.map((size) => busyRoom(String(version), size, 'bench')));
}

/** What judging such rooms once takes: events per second, from PDUs as JSON.parse gives them to verdicts and states. */
function verdictRate(versions: readonly number[], withSignatures: boolean): () => number {
  const rooms = roomsOf(versions);
  const texts = rooms.map(({ events }) => JSON.stringify(events.map(({ pdu }) => pdu)));
  const prepare = (): readonly RoomToJudge[] =>
    rooms.map(({ rules, roomId, keys }, index) => ({
      rules,
      roomId,
      pdus: JSON.parse(texts[index] ?? '') as JsonObject[],
      keys: withSignatures ? keys : undefined,
    }));
  const count = rooms.reduce((sum, room) => sum + room.events.length, 0);
  return () => (count * 1_000) / millisecondsOn(prepare, judgeAll);
}

function judgeAll(rooms: readonly RoomToJudge[]): void {
  for (const room of rooms) {
    const judged = judgeRoom(room);
    if (!judged.ok) throw new Error(judged.detail);
  }
}

/** Verdicts with and without signatures. */
export const verdictPart: BenchPart = {
  name: 'verdicts on busy rooms of 30 to 150 events',
  run() {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    const gauge = machineGauge();
    const measured = new Rounds(15, {
      goal: () => goal * gauge(),
      'all versions, no signatures': verdictRate(all, false),
      'version 1 (state resolution v1)': verdictRate([1], false),
      'versions 2 to 11 (v2)': verdictRate(all.slice(1, 11), false),
      'version 12 (v2.1)': verdictRate([12], false),
      'all versions, signatures verified': verdictRate(all, true),
    });
    const row = (name: Parameters<typeof measured.of>[0], rest: Partial<Row> = {}): Row => ({
      name,
      value: measured.of(name),
      unit: '/s',
      ...rest,
    });
    const { other } = measured.beside('all versions, no signatures', 'goal');
    return [
      row('all versions, no signatures', {
        comparison: { name: `the goal of ${goal}, scaled`, value: other },
        goal: { of: 'value', bound: goal },
      }),
      row('version 1 (state resolution v1)'),
      row('versions 2 to 11 (v2)'),
      row('version 12 (v2.1)'),
      row('all versions, signatures verified'),
    ];
  },
};
