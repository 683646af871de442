// The engine from end to end on a small system: determinism, blame, crashes, devices.
import { describe, expect, it } from 'vitest';
import type { CauseToken } from '../../../protocol/failure.ts';
import { hours, milliseconds, minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { createSimulationIn, type TracedSimulation } from '../../../sim/running-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan } from '../../../sim/simulation.ts';
import { fakeSurroundings, type FakeHealth } from '../../support/fake-surroundings.ts';
import { relaySystem } from '../../support/relay-system.ts';
import { componentId, keepingSink, planOf, workloadOf } from '../../support/worlds.ts';

function simulate(plan: SimulationPlan): {
  simulation: TracedSimulation;
  observations: Observation[];
  health: FakeHealth;
} {
  const { create, health } = fakeSurroundings();
  const sink = keepingSink();
  return { simulation: createSimulationIn(create, plan, sink), observations: sink.observations, health };
}

const at = (duration: number): Instant => duration as Instant;
const of = <K extends Observation['kind']>(
  observations: readonly Observation[],
  kind: K,
): readonly Extract<Observation, { kind: K }>[] =>
  observations.filter((each): each is Extract<Observation, { kind: K }> => each.kind === kind);

const chat = workloadOf({
  people: 5,
  messages: Array.from({ length: 40 }, (_, index) => ({
    sender: index % 5,
    at: seconds(10 + index * 7),
    resendAfter: minutes(2),
  })),
  devices: { 1: { offline: [{ start: at(seconds(60)), end: at(minutes(4)) }] } },
});

describe('a simulation', () => {
  it('delivers everything to everybody and accounts for each delay', () => {
    const { simulation, observations } = simulate(planOf(relaySystem(), chat));
    const result = simulation.finish();
    expect(result.endedBy).toBe('horizon');
    expect(of(observations, 'delivered')).toHaveLength(160);
    expect(of(observations, 'undelivered')).toHaveLength(0);
    const away = of(observations, 'delivered').filter(
      ({ person, message }) =>
        person === 1 &&
        chat.messages.some(({ id, at: sent }) => id === message && sent > seconds(60) && sent < minutes(4)),
    );
    expect(away.length).toBeGreaterThan(0);
    for (const { spans } of away) expect(spans.map(({ reason }) => reason)).toContain('stored-for-recipient');
  });

  it('is a function of its plan', () => {
    const [one, two] = [1, 2].map(() => simulate(planOf(relaySystem(), chat)).simulation.finish());
    expect(one?.digest).toBe(two?.digest);
    expect(one?.outcome).toBe(two?.outcome);
    const other = simulate(planOf(relaySystem(), chat, { seed: 'other' })).simulation.finish();
    expect(other.digest).not.toBe(one?.digest);
  });

  it('has the same digest when every message goes through its codec', () => {
    const plain = simulate(planOf(relaySystem(), chat)).simulation.finish();
    const encoded = simulate(planOf(relaySystem(), chat, { encodeEverything: true })).simulation.finish();
    expect(encoded.digest).toBe(plain.digest);
    expect(encoded.outcome).toBe(plain.outcome);
  });

  it('partitions every delay, through crashes and resends', () => {
    const { simulation, observations, health } = simulate(planOf(relaySystem(milliseconds(200)), chat));
    const relay = componentId('host/one');
    simulation.runUntil(at(seconds(100)));
    health.takeDown(relay, 1 as CauseToken);
    simulation.runUntil(at(seconds(220)));
    health.failingStarts = 2;
    health.bringUp(relay);
    simulation.finish();
    const sent = new Map(of(observations, 'sent').map((each) => [each.message, each.at]));
    const delivered = of(observations, 'delivered');
    expect(delivered).toHaveLength(160);
    for (const { message, at: end, spans } of delivered) {
      let edge = sent.get(message);
      for (const span of spans) {
        expect(span.start).toBe(edge);
        expect(span.end).toBeGreaterThan(span.start);
        edge = span.end;
      }
      expect(edge).toBe(end);
    }
    const reasons = new Set(delivered.flatMap(({ spans }) => spans.map(({ reason }) => reason)));
    expect(reasons).toContain('backoff');
    expect(reasons).toContain('computing');
    expect(of(observations, 'resent').length).toBeGreaterThan(0);
  });

  it('says at the horizon where what is missing waits', () => {
    const plan = planOf(
      relaySystem(),
      workloadOf({
        people: 2,
        messages: [{ sender: 0, at: seconds(30) }],
        devices: { 1: { offline: [{ start: at(0), end: at(hours(9)) }] } },
      }),
    );
    const { simulation, observations } = simulate(plan);
    simulation.finish();
    const [missing] = of(observations, 'undelivered');
    expect(missing?.person).toBe(1);
    expect(missing?.spans[0]?.start).toBe(seconds(30));
    expect(missing?.spans.at(-1)).toMatchObject({ reason: 'stored-for-recipient', end: hours(2) });
  });
});
