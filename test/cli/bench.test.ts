// The benches: their rooms are what their recipes say, and their conclusions follow from their figures.
import { describe, expect, it } from 'vitest';
import { speedUpRows } from '../../cli/bench/campaign.ts';
import { withConclusions, type Row } from '../../cli/bench/bench.ts';
import { busyRoom } from '../../cli/bench/matrix/busy-room.ts';
import { forkedRoom } from '../../cli/bench/matrix/forked-room.ts';
import { median, Rounds } from '../../cli/bench/measure.ts';
import { present } from '../../protocol/assert.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { judgeRoom, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';

function judge(
  version: string,
  room: Pick<Parameters<typeof judgeRoom>[0], 'roomId' | 'pdus' | 'keys'>,
): RoomJudgement {
  const rules = present(specifiedRoomVersions.get(version), 'room version');
  const judged = judgeRoom({ rules, ...room });
  if (!judged.ok) throw new Error(judged.detail);
  return judged.value;
}

const pdusOf = (events: readonly { readonly pdu: JsonObject }[]) => events.map(({ pdu }) => pdu);

describe('the recipe of forked rooms', () => {
  const recipe = { members: 60, eventsPerFork: 24, seed: 'test' };

  it.each(['1', '2', '6', '10', '11', '12'])(
    'makes rooms of version %s in which everything is allowed',
    (version) => {
      const { events, roomId, stateSets } = forkedRoom({ version, ...recipe });
      const judged = judge(version, { roomId, pdus: pdusOf(events) });
      expect(judged.events.filter(({ accepted }) => !accepted)).toEqual([]);
      expect(judged.events.map(({ event }) => event.eventId)).toEqual(events.map(({ eventId }) => eventId));
      const ends = judged.forwardExtremities.map((id) => {
        const state = present(judged.room.stateAfter(id), 'state at an extremity');
        return [...state.entries()].map(([, event]) => event).sort();
      });
      expect(ends.sort()).toEqual(stateSets.map((ids) => [...ids].sort()).sort());
    },
  );

  it('makes the same room of the same seed, and another of another', () => {
    const ids = (seed: string) =>
      forkedRoom({ version: '10', ...recipe, seed }).events.map(({ eventId }) => eventId);
    expect(ids('a')).toEqual(ids('a'));
    expect(ids('a')).not.toEqual(ids('b'));
  });
});

describe('the recipe of busy rooms', () => {
  it.each(['1', '9', '12'])(
    'makes rooms of version %s with merges, refusals and good signatures',
    (version) => {
      const { events, roomId, keys } = busyRoom(version, 150, 'test');
      const judged = judge(version, { roomId, pdus: pdusOf(events), keys });
      const shareOf = (wanted: (each: RoomJudgement['events'][number]) => boolean) =>
        judged.events.filter(wanted).length / judged.events.length;
      expect(shareOf(({ accepted }) => accepted)).toBeGreaterThan(0.6);
      expect(shareOf(({ accepted }) => !accepted)).toBeGreaterThan(0.05);
      expect(shareOf(({ event }) => event.prevEvents.length > 1)).toBeGreaterThan(0.1);
      expect(judged.events.filter(({ rule }) => rule?.startsWith('signature'))).toEqual([]);
    },
  );
});

describe('a row', () => {
  const row = (rest: Partial<Row>): Row => ({ name: 'row', value: 10, unit: '/s', ...rest });
  const conclude = (rest: Partial<Row>, earlier: readonly Row[] = []) =>
    present(withConclusions([row(rest)], earlier)[0], 'a row');

  it('meets a goal of rate from above and a goal of time from below', () => {
    const comparison = { name: 'other', value: 20 };
    const goal = { of: 'ratio', bound: 0.5 } as const;
    expect(conclude({ comparison, goal })).toMatchObject({ ratio: 0.5, met: true });
    expect(conclude({ comparison, goal, value: 9 }).met).toBe(false);
    expect(conclude({ comparison, goal, value: 9, unit: 'ms' }).met).toBe(true);
    expect(conclude({ comparison, goal, value: 11, unit: 'ms' }).met).toBe(false);
    expect(conclude({ goal: { of: 'value', bound: 10 } }).met).toBe(true);
    expect(conclude({ comparison }).met).toBeUndefined();
  });

  it('tells its growth since the next smaller size of its own series', () => {
    const at = (series: string, size: number, value: number) => row({ size: { series, value: size }, value });
    const grown = conclude({ size: { series: 'a', value: 1_000 }, value: 30 }, [
      at('a', 10, 1),
      at('a', 100, 5),
      at('b', 500, 2),
    ]);
    expect(grown.growth).toEqual({ value: 6, size: 10 });
    expect(conclude({ size: { series: 'c', value: 1 } }, [at('a', 10, 1)]).growth).toBeUndefined();
  });
});

describe('figures', () => {
  it('are medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('of two contestants are compared round by round, whatever the pace of the machine', () => {
    // The machine is half as fast in every other round.
    const pace = [1, 1, 0.5, 1, 0.5, 1];
    let round = -1;
    const rounds = new Rounds(5, {
      reference: () => 100 * (pace[++round] ?? 1),
      contestant: () => 80 * (pace[round] ?? 1),
    });
    const { value, other } = rounds.beside('contestant', 'reference');
    expect(value).toBe(80);
    expect(value / other).toBeCloseTo(0.8);
  });
});

describe('the speed-up of a campaign', () => {
  it('is that of all slices together, held against that of the allocating threads', () => {
    const [row] = speedUpRows([
      { runs: 10, campaign: { one: 30, two: 25 }, loop: { one: 10, two: 5 } },
      { runs: 10, campaign: { one: 20, two: 10 }, loop: { one: 20, two: 10 } },
    ]);
    const ratio = 50 / 35 / 2;
    expect(row?.name).toContain('1.43 times');
    expect((row?.value ?? NaN) / (row?.comparison?.value ?? NaN)).toBeCloseTo(ratio, 10);
    expect(row?.value).toBeCloseTo(20 / 35, 10);
  });
});
