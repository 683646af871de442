// The whole simulator on a small system: real paths and faults, determinism, independence of draws, blame.
import { describe, expect, it } from 'vitest';
import type { UserMessageId } from '../../protocol/message.ts';
import { microseconds, minutes, seconds, type Instant } from '../../protocol/time.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { Fault } from '../../sim/faults/fault.ts';
import { firstDifference } from '../../sim/kernel/trace-diff.ts';
import type { Observation } from '../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../sim/simulation.ts';
import { relaySystem } from '../support/relay-system.ts';
import { keepingSink, planOf, workloadOf } from '../support/worlds.ts';

const at = (duration: number): Instant => duration as Instant;
const workload = workloadOf({
  people: 5,
  messages: Array.from({ length: 40 }, (_, index) => ({
    sender: index % 5,
    at: seconds(10 + index * 7),
    resendAfter: minutes(2),
  })),
});

const crash: Fault = {
  id: 'relay-crash',
  title: 'the relay is off for a minute',
  target: 'id=host/one',
  start: at(seconds(60)),
  end: at(seconds(120)),
  source: 'made up for this test',
  kind: 'down',
  manner: 'crash',
};

type Delivered = Extract<Observation, { kind: 'delivered' }>;

function run(changes: Partial<SimulationPlan> = {}): {
  result: SimulationResult;
  delivered: Delivered[];
  all: Observation[];
} {
  const sink = keepingSink();
  const result = createSimulation(planOf(relaySystem(), workload, changes), sink).finish();
  const delivered = sink.observations.filter((each): each is Delivered => each.kind === 'delivered');
  return { result, delivered, all: sink.observations };
}

describe('the simulator', () => {
  const twin = run();

  it('does without a digest what it does with one', () => {
    const { result, all } = run({ faults: [crash], withoutDigest: true });
    const hashed = run({ faults: [crash] });
    expect(all).toEqual(hashed.all);
    expect(result).toEqual({ ...hashed.result, digest: '' });
  });

  it('delivers everything when nothing is wrong, and everything late when something is', () => {
    const faulty = run({ faults: [crash] });
    expect([twin.delivered.length, faulty.delivered.length]).toEqual([160, 160]);
    expect(twin.delivered.every(({ spans }) => spans.every(({ cause }) => cause === 0))).toBe(true);
    expect(faulty.result.causes).toEqual([[], ['relay-crash']]);
    expect(faulty.result.faultContacts.get('relay-crash')).toBeGreaterThan(0);
    expect(faulty.all.filter(({ kind }) => kind === 'fault')).toEqual([
      { kind: 'fault', at: seconds(60), fault: 'relay-crash', active: true },
      { kind: 'fault', at: seconds(120), fault: 'relay-crash', active: false },
    ]);
  });

  it('charges what came late to the fault that made it late', () => {
    const sent = new Map(workload.messages.map(({ id, at: when }) => [id, when]));
    const late = run({ faults: [crash] }).delivered.filter(
      ({ message, at: when }) => when - (sent.get(message) ?? 0) > seconds(5),
    );
    expect(late.length).toBeGreaterThan(10);
    for (const { spans } of late) {
      const charged = spans.reduce((sum, { start, end, cause }) => sum + (cause === 0 ? 0 : end - start), 0);
      expect(charged).toBeGreaterThan(0);
    }
  });

  it('is a function of its plan, and of the whole of it', () => {
    expect(run().result.digest).toBe(twin.result.digest);
    expect(run({ encodeEverything: true }).result.digest).toBe(twin.result.digest);
    const others = [run({ seed: 'other' }), run({ faults: [crash] })].map(({ result }) => result.digest);
    expect(new Set([twin.result.digest, ...others]).size).toBe(3);
  });

  it('sees one microsecond on one path, and says where', () => {
    const perturb = { from: 'phone/3', to: 'relay', by: microseconds(1) };
    expect(run({ perturb }).result.digest).not.toBe(twin.result.digest);
    const plan = planOf(relaySystem(), workload);
    const difference = firstDifference(
      () => createSimulation(plan, keepingSink()),
      () => createSimulation({ ...plan, perturb }, keepingSink()),
    );
    expect(difference?.words).toMatch(
      /events? (is|are) the same\. The first different one is at T\+0d 00:00:00\.\d{6}/,
    );
  });

  it('moves no other message when one is sent once more', () => {
    const retried = 17 as UserMessageId;
    const sink = keepingSink();
    createSimulation(planOf(relaySystem(undefined, retried), workload), sink).finish();
    const instants = (observations: readonly Observation[]): string[] =>
      observations
        .filter((each): each is Delivered => each.kind === 'delivered' && each.message !== retried)
        .map(({ message, person, at: when }) => `${message} ${person} ${when}`);
    expect(sink.observations.some(({ kind }) => kind === 'duplicate')).toBe(true);
    expect(instants(sink.observations)).toEqual(instants(twin.all));
  });
});
