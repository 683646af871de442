// Against the record: a planted level error and a planted delay are found, phase by phase; files are read or refused.
import { describe, expect, it } from 'vitest';
import { phaseErrors, phasesOf, simulatedPoints } from '../../reports/comparison/against-record.ts';
import { parseObserved, type ObservedPoint } from '../../reports/comparison/observed-series.ts';
import { phaseInWords } from '../../reports/comparison/record-words.ts';
import { compareRuns, whatDiffers } from '../../reports/comparison/two-runs.ts';
import { StoreError } from '../../reports/store.ts';
import { overlayChart } from '../../reports/charts/overlay-chart.ts';
import { runScenario } from '../../reports/runner.ts';

const windows = { sendingStart: 0, sendingEnd: 20_000, horizon: 20_000 };
const fault = (id: string, start: number, end: number) =>
  ({
    id,
    start,
    end,
    title: id,
    kind: 'dns',
    target: '',
    source: '',
    bit: {},
    contacts: {},
    mayBeIdle: false,
  }) as const;
const phases = phasesOf({ faults: [fault('dns', 6_000, 12_000)], windows });

/** A dip that begins at 8,000 s and is over at 11,000 s. */
function dip(late: number, level: number): ObservedPoint[] {
  return Array.from({ length: 334 }, (_, index) => {
    const at = index * 60;
    const inside = at - late >= 8_000 && at - late < 11_000;
    return { at, value: (inside ? 0.3 : 0.9) + level };
  });
}

describe('a series against the record', () => {
  it('is cut into phases where faults begin and end', () => {
    expect(phases.map(({ start, end, faults }) => [start, end, faults])).toEqual([
      [0, 6_000, []],
      [6_000, 12_000, ['dns']],
      [12_000, 20_000, []],
    ]);
  });

  it('has its error of level found, and none of timing where nothing changes', () => {
    const [before] = phaseErrors(phases, dip(0, 0.05), dip(0, 0), 60);
    expect(before?.level).toBeCloseTo(0.05, 9);
    expect(before?.rootMeanSquare).toBeCloseTo(0.05, 9);
    expect(before?.lateSeconds).toBeNull();
  });

  it.each([0, 600, -420])('has a delay of %d s found, whatever the level', (late) => {
    const during = phaseErrors(phases, dip(late, -0.1), dip(0, 0), 60)[1];
    expect(during?.lateSeconds).toBe(late);
  });

  it('says nothing of phases that nobody observed', () => {
    const early = dip(0, 0).filter(({ at }) => at < 5_000);
    expect(phaseErrors(phases, dip(0, 0), early, 60)).toHaveLength(1);
  });

  const epochMs = Date.parse('2025-10-20T00:00Z');
  const format = { file: 'x.csv', epochMs, column: undefined, isShare: true };

  it.each([
    ['with a byte order mark', '\uFEFFtime,share\r\n2025-10-20T00:01Z,0.5\r\n2025-10-20T00:02:30Z,0.25\r\n'],
    ['in quotes', '"time","share"\n"2025-10-20T00:01Z","0.5"\n\n"2025-10-20T00:02:30Z","0.25"\n'],
    ['with semicolons and decimal commas', 'time;share\n2025-10-20T00:01Z;0,5\n2025-10-20T00:02:30Z;0,25\n'],
  ])('is read from a table %s', (_, text) => {
    expect(parseObserved(text, format)).toEqual({
      points: [
        { at: 60, value: 0.5 },
        { at: 150, value: 0.25 },
      ],
      withoutValue: 0,
    });
  });

  it('may have several columns, and instants at which nothing was observed', () => {
    const text = 'a,time,b\n1,2025-10-20T00:00Z,2\n3,2025-10-20T00:01Z,\n3,2025-10-20T00:02Z,4';
    const read = parseObserved(text, { ...format, column: 'b', isShare: false });
    expect(read.points.map(({ at, value }) => [at, value])).toEqual([
      [0, 2],
      [120, 4],
    ]);
    expect(read.withoutValue).toBe(1);
  });

  it.each([
    ['', /x\.csv:1: expected a column called "time", found an empty file/],
    ['when,share\n', /:1: expected a column called "time", found when, share/],
    ['time,a,b\n', /--column chooses/],
    ['time\n', /expected one column beside "time", found none/],
    ['time,a\nnoon,1\n', /x\.csv:2: expected an instant in UTC/],
    ['time,a\n2025-10-20T00:00Z,many\n', /x\.csv:2: expected a number, found "many"/],
    ['time,a\n2025-10-20T00:00Z,99\n', /x\.csv:2: expected a share from 0 to 1, found 99; per cent must be/],
    ['time,a\n2025-10-20T00:01Z,1\n2025-10-20T00:01Z,1\n', /x\.csv:3: expected a later instant/],
    ['time,a\n2025-10-20T00:01Z,1\n', /at least two observations/],
    ['time,"a\n2025-10-20T00:01Z,1\n', /x\.csv:1:1: a quote is never closed/],
  ])('is refused with its line: %j', (text, message) => {
    const read = (): unknown => parseObserved(text, format);
    expect(read).toThrow(StoreError);
    expect(read).toThrow(message);
  });

  it('is told in words, and nothing is said of the timing of two observations', () => {
    const phase = {
      start: 0,
      end: 600,
      faults: [],
      simulated: 0.5,
      observed: 0.5,
      level: 0,
      rootMeanSquare: 0.1,
    };
    const epoch = '2025-10-20T00:00Z';
    expect(phaseInWords({ ...phase, points: 2, lateSeconds: null }, { epoch }, true)).toBe(
      '2025-10-20 00:00 to 2025-10-20 00:10 (no fault): simulated 50.0 %, observed 50.0 %; ' +
        'level: fits (rms 10.0 points); timing: too few observations (2)',
    );
    expect(phaseInWords({ ...phase, level: -0.2, points: 9, lateSeconds: -90 }, { epoch }, true)).toMatch(
      /level: 20\.0 points too low \(rms 10\.0 points\); timing: 1 min 30 s early$/,
    );
  });
});

describe('two runs', () => {
  it('are compared figure by figure, with what they do not have in common', async () => {
    const text = `
netsplit: 1
name: few-people
title: A few people
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 20m, horizon: 40m, shortHorizon: a test }
people: { count: 4, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 200, roomSize: 4, peoplePerRoom: 4 }
systems: { signal: }
faults: []
`;
    const run = async (overrides: readonly string[]) =>
      (await runScenario({ scenario: { text, file: 'x', overrides }, name: 'x', seed: 1, workers: 0 }))
        .record;
    const [left, right] = [await run([]), await run(['people.count=5'])];
    expect(whatDiffers(left, right)).toEqual(['changed values: none → people.count=5', 'people: 4 → 5']);
    expect(whatDiffers(left, left)).toEqual([]);
    expect(compareRuns(left, left).every(({ difference }) => difference === 0 || difference === null)).toBe(
      true,
    );
    const bytes = compareRuns(left, right).find(({ figure }) => figure.id === 'bytes');
    expect(bytes?.difference).toBe(Number(bytes?.right) - Number(bytes?.left));
    const points = simulatedPoints(left.systems['signal']!.series, 'ever');
    expect(points.every(({ value }) => value >= 0 && value <= 1)).toBe(true);
    expect(overlayChart(left, ['signal'], 'ever', points, [])).toMatch(/^<svg/);
  });
});
