// How long a message waits on a phone for a homeserver that says nothing, where nothing but the system bounds an attempt.
import { describe, expect, it } from 'vitest';
import { inSeconds } from '../../../protocol/time.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import { matrix } from '../../../sim/systems/matrix.ts';
import { keepingSink } from '../../support/worlds.ts';

const text = (silentUntil: string): string => `
netsplit: 1
name: silent
title: A silent homeserver
description: Eight people with FluffyChat.
epoch: 2026-01-12T09:00Z
windows: { warmUp: 5m, sending: 55m, horizon: 2h, shortHorizon: nobody waits for long here }
people:
  count: 8
  cities: [{ name: berlin, share: 1 }]
  messagesPerPersonPerDay: 600
  roomSize: 8
  peoplePerRoom: 8
  neverResendShare: 1
world: { servers: [{ name: ash.example, site: hetzner/falkenstein, users: 8, software: synapse }] }
systems: { matrix: { elementWebShare: 0, fluffyChatShare: 1 } }
faults:
  - { id: silent, title: Silent, kind: down, manner: black-hole, target: host=ash.example, start: 30m, end: ${silentUntil}, source: invented }
`;

interface Waits {
  /** Seconds from send to failure of each message that failed. */
  readonly failed: readonly number[];
  /** Seconds from send to reading, the longest. */
  readonly longest: number;
}

function waits(silentUntil: string): Waits {
  const scenario = compileScenario({ text: text(silentUntil), file: 'silent.yaml' });
  const { world, faults } = scenario;
  const workload = scenario.workload('1');
  const sink = keepingSink();
  const limits = { events: 5_000_000, eventsPerInstant: 100_000 };
  const parameters = scenario.systems.get('matrix')!;
  const plan = { world, workload, faults, system: matrix, parameters, seed: '1', limits };
  const simulation = createSimulation(plan, sink);
  simulation.runUntil(workload.windows.horizon);
  simulation.finish();
  const of = (kind: 'failed' | 'delivered'): readonly number[] =>
    sink.observations.flatMap((each: Observation) =>
      each.kind === kind ? [inSeconds(each.at) - inSeconds(workload.messages[each.message]!.at)] : [],
    );
  return { failed: of('failed'), longest: Math.max(...of('delivered')) };
}

describe('FluffyChat and a homeserver that is silent', () => {
  it('wait for each other until the system gives the connection up, and what heals meanwhile saves the message', () => {
    const { failed, longest } = waits('31m30s');
    expect(failed).toEqual([]);
    expect(longest).toBeGreaterThan(60);
  });

  it('part after the two minutes that the system gives a connection to come to stand', () => {
    const { failed } = waits('50m');
    expect(failed.length).toBeGreaterThan(10);
    expect(Math.min(...failed)).toBeGreaterThan(126);
  });
});
