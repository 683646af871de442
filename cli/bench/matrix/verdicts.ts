// Parts of `netsplit bench matrix` that judge busy rooms: the whole receipt of every event.
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { judgeRoom, type RoomToJudge } from '../../../protocol/matrix/judge-room.ts';
import type { BenchPart, Row } from '../bench.ts';
import { medianMilliseconds } from '../measure.ts';
import { machineSpeed } from '../reference-loops.ts';
import { busyRoom, type BusyRoom } from './busy-room.ts';

const sizes = [30, 60, 100, 150];
const goal = 20_000;

/** Rooms of these versions and every size. */
function roomsOf(versions: readonly number[]): readonly BusyRoom[] {
  return versions.flatMap((version) => sizes.map((size) => busyRoom(String(version), size, 'bench')));
}

/** Events per second, from PDUs as JSON.parse gives them to verdicts and states. */
function verdictsPerSecond(rooms: readonly BusyRoom[], withSignatures: boolean): number {
  const texts = rooms.map(({ events }) => JSON.stringify(events.map(({ pdu }) => pdu)));
  const prepare = (): readonly RoomToJudge[] =>
    rooms.map(({ rules, roomId, keys }, index) => ({
      rules,
      roomId,
      pdus: JSON.parse(texts[index] ?? '') as JsonObject[],
      keys: withSignatures ? keys : undefined,
    }));
  const taken = medianMilliseconds({ warmUps: 5, runs: 15 }, prepare, (inputs) => {
    for (const input of inputs) {
      const judged = judgeRoom(input);
      if (!judged.ok) throw new Error(judged.detail);
    }
  });
  const events = rooms.reduce((sum, room) => sum + room.events.length, 0);
  return (events * 1_000) / taken;
}

/** Verdicts with and without signatures. */
export const verdictPart: BenchPart = {
  name: 'verdicts on busy rooms of 30 to 150 events',
  run() {
    const speed = machineSpeed();
    const row = (name: string, versions: readonly number[], rest: Partial<Row> = {}): Row => ({
      name,
      value: verdictsPerSecond(roomsOf(versions), false),
      unit: '/s',
      ...rest,
    });
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    return [
      { name: 'this machine, by reference loops', value: speed, unit: '×' },
      row('all versions, no signatures', all, {
        comparison: { name: 'the goal, scaled', value: goal * speed },
        goal: { of: 'value', bound: goal },
      }),
      row('version 1 (state resolution v1)', [1]),
      row('versions 2 to 11 (v2)', all.slice(1, 11)),
      row('version 12 (v2.1)', [12]),
      { name: 'all versions, signatures verified', value: verdictsPerSecond(roomsOf(all), true), unit: '/s' },
    ];
  },
};
