// Signal from end to end on the real transport: a dozen people, without faults and with DynamoDB's name gone.
import { describe, expect, it } from 'vitest';
import { minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import { signal } from '../../../sim/systems/signal.ts';
import type { Workload } from '../../../sim/workload/workload.ts';
import { keepingSink, planOf, workloadOf } from '../../support/worlds.ts';
import { awsWorld } from './aws-world.ts';

const people = 12;
const at = (duration: Duration): Instant => duration as number as Instant;
const span = (from: number, to: number): { start: Instant; end: Instant } => ({
  start: at(minutes(from)),
  end: at(minutes(to)),
});

/**
 * Pairs (0, 1), (2, 3), ... on Android (odd) and iOS (even); everybody writes each ten minutes from minute 5 on.
 * 0 and 1 never close the application, 10 and 11 open it anew for each message, the others sit in between.
 */
function workload(): Workload {
  const conversations = Array.from({ length: people / 2 }, (_, pair) => [2 * pair, 2 * pair + 1]);
  const messages = Array.from({ length: people * 10 }, (_, index) => {
    const sender = index % people;
    const round = Math.floor(index / people);
    return { sender, conversation: sender >> 1, at: seconds((5 + 10 * round) * 60 + sender * 11) };
  });
  const devices = Object.fromEntries(
    Array.from({ length: people }, (_, person) => [
      person,
      {
        foreground:
          person < 2
            ? [span(0, 240)]
            : Array.from({ length: 10 }, (_each, round) => span(5 + 10 * round, 8 + 10 * round)),
      },
    ]),
  );
  return workloadOf({ people, conversations, messages, devices, horizon: minutes(240) });
}

const dynamodb: Fault = {
  id: 'dynamodb-dns',
  title: "DynamoDB's name has no address",
  kind: 'dns',
  target: 'id=dns/dynamodb.us-east-1.amazonaws.com',
  answer: 'empty',
  negativeTtlSeconds: 60,
  start: at(minutes(30)),
  end: at(minutes(70)),
  source: 'https://aws.amazon.com/message/101925',
};

function run(changes: Partial<SimulationPlan> = {}): {
  result: SimulationResult;
  facts: readonly Observation[];
} {
  const sink = keepingSink();
  const plan = planOf(signal, workload(), { world: awsWorld(), ...changes });
  return { result: createSimulation(plan, sink).finish(), facts: sink.observations };
}

type Delivered = Extract<Observation, { kind: 'delivered' }>;
const delivered = (facts: readonly Observation[]): readonly Delivered[] =>
  facts.filter((fact): fact is Delivered => fact.kind === 'delivered');

/** Delays in seconds of the messages to `person` that were sent in the given minutes. */
function delays(facts: readonly Observation[], person: number, from: number, to: number): number[] {
  const { messages } = workload();
  return delivered(facts).flatMap((fact) => {
    const sentAt = messages[fact.message]?.at ?? 0;
    const counts = fact.person === person && sentAt >= minutes(from) && sentAt < minutes(to);
    return counts ? [(fact.at - sentAt) / 1_000_000] : [];
  });
}

describe('signal without faults', () => {
  const { facts, result } = run();

  it('delivers everything within seconds, connected or woken by push', () => {
    expect(delivered(facts)).toHaveLength(people * 10);
    for (let person = 0; person < people; person++) {
      expect(Math.max(...delays(facts, person, 0, 240))).toBeLessThan(15);
    }
    expect(result.situations.get('signal.login-rejected')).toBeUndefined();
  });

  it('is a function of its plan, also when every message goes through its codec', () => {
    expect(run().result.digest).toBe(result.digest);
    expect(run({ encodeEverything: true }).result.digest).toBe(result.digest);
    expect(run({ seed: 'other' }).result.digest).not.toBe(result.digest);
  });
});

describe("signal with DynamoDB's name gone for forty minutes", () => {
  const { facts, result } = run({ faults: [dynamodb] });
  const duringOutage = [40, 69] as const;

  it('delivers to who stays connected as ever', () => {
    for (const person of [0, 1]) {
      const seen = delays(facts, person, ...duringOutage);
      expect(seen).toHaveLength(3);
      expect(Math.max(...seen)).toBeLessThan(5);
    }
  });

  it('does not let in who connects: their messages come after it', () => {
    for (let person = 2; person < people; person++) {
      const seen = delays(facts, person, ...duringOutage);
      expect(seen).toHaveLength(3);
      expect(Math.min(...seen)).toBeGreaterThan(60);
    }
    expect(result.situations.get('signal.retrieval-failed') ?? 0).toBeGreaterThan(10);
  });

  it('loses nothing', () => {
    expect(delivered(facts)).toHaveLength(people * 10);
  });

  it('charges what was late to the fault', () => {
    const token = result.causes.findIndex((faults) => faults.includes('dynamodb-dns'));
    expect(token).toBeGreaterThan(0);
    let late = 0;
    let charged = 0;
    for (const { spans } of delivered(facts)) {
      const total = spans.reduce((sum, { start, end }) => sum + (end - start), 0);
      if (total < seconds(60)) continue;
      late += total;
      for (const { cause, start, end } of spans) if (cause === token) charged += end - start;
    }
    expect(late).toBeGreaterThan(0);
    expect(charged / late).toBeGreaterThan(0.9);
  });
});
