// Ten phones in a row, the real simulator, and a core that floods: hops, walks, sessions and blame through all layers.
import { describe, expect, it } from 'vitest';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import type { Interval, Person, Workload } from '../../../sim/workload/workload.ts';
import { floodSystem } from '../../support/flood.ts';
import { keepingSink, planOf, workloadOf } from '../../support/worlds.ts';

const at = (duration: number): Instant => duration as Instant;
const open = (from: number, to: number): Interval => ({ start: at(minutes(from)), end: at(minutes(to)) });

/** Phones 20 m apart with ranges of 30 m: each hears its two neighbours. */
function row(meshOpen: (person: number) => readonly Interval[]): Workload {
  const workload = workloadOf({
    people: 10,
    messages: [{ sender: 0, at: minutes(5) }],
    devices: Object.fromEntries(Array.from({ length: 10 }, (_, id) => [id, { meshOpen: meshOpen(id) }])),
    horizon: minutes(60),
  });
  const people = workload.people.map((person, index): Person => {
    const place = { x: index * 20, y: 0 };
    return { ...person, stays: person.stays.map((stay) => ({ ...stay, from: place, to: place })) };
  });
  return { ...workload, people };
}

const parameters = new Map([
  ['radioRangeMetres', 30],
  ['radioShadowingDb', 0],
]);

function run(
  workload: Workload,
  changes: Partial<SimulationPlan> = {},
): { result: SimulationResult; all: readonly Observation[] } {
  const sink = keepingSink();
  const plan = planOf(floodSystem, workload, { parameters, ...changes });
  return { result: createSimulation(plan, sink).finish(), all: sink.observations };
}

describe('a flood over the radio', () => {
  const always = row(() => [open(0, 60)]);

  it('reaches everybody in a row hop by hop, and every moment is accounted for', () => {
    const { all, result } = run(always);
    const delivered = all.filter((each) => each.kind === 'delivered');
    expect(delivered.map(({ person }) => person)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { spans, person, at: when } of delivered) {
      expect(spans.filter(({ reason }) => reason === 'in-flight')).toHaveLength(person);
      expect(when - minutes(5)).toBeGreaterThanOrEqual(person * seconds(0.03));
      expect(when - minutes(5)).toBeLessThan(person * seconds(2));
    }
    expect(result.endedBy).toBe('horizon');
    const air = all.reduce((sum, each) => sum + (each.kind === 'traffic' ? each.radioAirMicroseconds : 0), 0);
    expect(air).toBeGreaterThan(0);
  });

  it('stops at a phone whose application is closed, and goes on when it opens', () => {
    const gap = row((person) => (person === 4 ? [open(10, 60)] : [open(0, 60)]));
    const delivered = run(gap).all.filter((each) => each.kind === 'delivered');
    const [before, after] = [
      delivered.filter((each) => each.person < 4),
      delivered.filter((each) => each.person >= 4),
    ];
    expect([before.length, after.length]).toEqual([3, 6]);
    expect(Math.max(...before.map((each) => each.at))).toBeLessThan(minutes(6));
    expect(Math.min(...after.map((each) => each.at))).toBeGreaterThan(minutes(10));
  });

  it('has one digest, with messages as references or as bytes, and another with another seed', () => {
    const { digest } = run(always).result;
    expect(run(always).result.digest).toBe(digest);
    expect(run(always, { encodeEverything: true }).result.digest).toBe(digest);
    expect(run(always, { seed: 'other' }).result.digest).not.toBe(digest);
  });

  it('obeys the parameters of a scenario', () => {
    const near = new Map([...parameters, ['radioRangeMetres', 15]] as const);
    expect(run(always, { parameters: near }).all.filter((each) => each.kind === 'delivered')).toEqual([]);
  });
});
