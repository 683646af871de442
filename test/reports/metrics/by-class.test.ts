// The classes of deliveries on a world small enough to count by hand: four people in two countries, three conversations.
import { describe, expect, it } from 'vitest';
import { hours, minutes, seconds } from '../../../protocol/time.ts';
import { byClass } from '../../../reports/metrics/by-class.ts';
import type { ClassRow } from '../../../reports/record-system.ts';
import { plantedEvidence, type PlantedFate } from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';

const made = workloadOf({
  people: 4,
  conversations: [
    [0, 1],
    [0, 1, 2],
    [0, 3],
  ],
  // What is said before is not measured.
  messages: [
    { sender: 0, conversation: 0, at: minutes(1) },
    { sender: 0, conversation: 0, at: minutes(11) },
    { sender: 0, conversation: 1, at: minutes(12) },
    { sender: 3, conversation: 2, at: minutes(13) },
  ],
  horizon: hours(4),
});
const workload = {
  ...made,
  people: made.people.map((person) => (person.id === 3 ? { ...person, country: 'CH' } : person)),
  conversations: made.conversations.map((each, index) => ({
    ...each,
    kind: (['direct', 'group', 'direct'] as const)[index] ?? each.kind,
  })),
  windows: { ...made.windows, sendingStart: minutes(10) as never },
  distanceClass: (one: number, other: number) => (one + other === 3 ? 'abroad' : 'same-city') as never,
};

const came = (message: number, person: number, delay: number): PlantedFate => ({
  message,
  person,
  spans: [{ length: delay }],
});
const never = (message: number, person: number): PlantedFate => ({
  message,
  person,
  spans: [{ length: workload.windows.horizon - workload.messages[message]!.at }],
  lost: true,
});

function rows(run: readonly PlantedFate[], twin: readonly PlantedFate[]): Record<string, ClassRow> {
  const evidence = plantedEvidence(workload, [], { fates: run }, { fates: twin });
  return Object.fromEntries(byClass.compute(evidence).map((row) => [`${row.dimension} ${row.name}`, row]));
}

/** Everything after a second, but for these. */
const twin = [came(0, 1, seconds(1)), came(1, 1, seconds(1)), came(2, 1, seconds(1)), came(2, 2, seconds(1))];

describe('by class', () => {
  it('counts each measured delivery once in each dimension, the largest class first', () => {
    const found = rows(
      [came(1, 1, seconds(1)), came(2, 1, seconds(1)), came(2, 2, seconds(1)), came(3, 0, seconds(1))],
      [...twin, came(3, 0, seconds(1))],
    );
    expect(Object.keys(found)).toEqual([
      'distance same-city',
      'distance abroad',
      'conversation direct',
      'conversation group',
      'country BE',
    ]);
    expect(Object.values(found).map(({ expected, shareOfExpected }) => [expected, shareOfExpected])).toEqual([
      [3, 0.75],
      [1, 0.25],
      [2, 0.5],
      [2, 0.5],
      [4, 1],
    ]);
    expect(found['conversation group']).toMatchObject({ delivered: 1, twinDelivered: 1, late: 0, lost: 0 });
  });

  it('tells deadlines apart to the microsecond, in run and twin', () => {
    const run = [
      came(1, 1, seconds(10)),
      came(2, 1, minutes(1)),
      came(2, 2, hours(1)),
      came(3, 0, hours(1) + 1),
    ];
    const other = [
      came(1, 1, minutes(1)),
      came(2, 1, minutes(1) + 1),
      came(2, 2, seconds(1)),
      came(3, 0, seconds(1)),
    ];
    expect(rows(run, other)['country BE']).toMatchObject({
      delivered: 1,
      withinTenSeconds: 0.25,
      withinOneMinute: 0.5,
      withinOneHour: 0.75,
      twinDelivered: 1,
      twinWithinOneMinute: 0.75,
    });
    const justLater = [came(1, 1, seconds(10) + 1), came(2, 1, minutes(1) + 1)];
    expect(rows(justLater, other)['country BE']).toMatchObject({
      delivered: 0.5,
      withinTenSeconds: 0,
      withinOneMinute: 0.25,
    });
  });

  it('counts as late what came more than a second after the twin had it, as lost what only the twin had', () => {
    const run = [came(1, 1, seconds(2)), came(2, 1, seconds(2) + 1), never(2, 2), came(3, 0, minutes(1))];
    const withoutLast = [...twin, never(3, 0)];
    expect(rows(run, withoutLast)).toMatchObject({
      'conversation direct': { expected: 2, late: 0, lost: 0, delivered: 1, twinDelivered: 0.5 },
      'conversation group': { expected: 2, late: 1, lost: 1, delivered: 0.5, twinDelivered: 1 },
    });
    // What neither had is nobody's loss.
    expect(rows([never(2, 2)], [never(2, 2)])['country BE']).toMatchObject({
      lost: 0,
      late: 0,
      delivered: 0,
    });
  });

  it('has percentiles over all that was expected: what never came is infinitely late', () => {
    const run = [came(1, 1, seconds(1)), came(2, 1, seconds(3)), came(2, 2, seconds(2)), never(3, 0)];
    expect(rows(run, twin)['country BE']?.latencyMs).toMatchObject({ p50: 2_000, p90: null });
  });
});
