// A small finished run with two planted systems, for whatever shows or keeps runs.
import { minutes, seconds } from '../../protocol/time.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { buildRecord, measureSystem } from '../../reports/build-record.ts';
import type { FinishedRun } from '../../reports/runner.ts';
import { plantedEvidence, plantedFault, type PlantedFate } from './evidence.ts';
import { workloadOf } from './worlds.ts';

const text = `
netsplit: 1
name: planted
title: A planted outage <b>& more</b>
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 0s, sending: 60m, horizon: 2h, shortHorizon: a test }
people: { count: 2, cities: [{ name: berlin, share: 1 }] }
systems: { signal: , matrix: }
expectations:
  - { id: holds, text: It delivers., basis: law, system: signal, metric: ratio, sentBetween: [0m, 60m], least: 0.5, source: 'https://example.org/law', withoutFaults: true }
`;

/** Messages of minutes 10 to 20 come ten minutes late in one system and in time in the other. */
export function plantedRun(): FinishedRun {
  const scenario = { text, file: 'planted.yaml' };
  const compiled = compileScenario(scenario);
  const workload = workloadOf({
    people: 2,
    messages: Array.from({ length: 60 }, (_, index) => ({ sender: index % 2, at: minutes(index) })),
  });
  const fault = plantedFault('first', minutes(10), minutes(20));
  const fate = (message: number, late: boolean): PlantedFate => ({
    message,
    person: (message + 1) % 2,
    spans: late
      ? [{ length: minutes(10), reason: 'backoff', holder: 2, cause: 1 }]
      : [{ length: seconds(0.4) }],
  });
  const healthy = { fates: workload.messages.map(({ id }) => fate(id, false)) };
  const broken = { fates: workload.messages.map(({ id }) => fate(id, id >= 10 && id < 20)) };
  const evidence = new Map([
    ['signal', plantedEvidence(workload, [fault], broken, healthy)],
    ['matrix', plantedEvidence(workload, [fault], healthy, healthy)],
  ]);
  const faulty = { ...compiled, faults: [fault] };
  const measured = [...evidence].map(
    ([id, each]) => [id, measureSystem(id, each, faulty, undefined)] as const,
  );
  const record = buildRecord({
    compiled: faulty,
    seed: 1,
    overrides: [],
    measured: new Map(measured),
    unfinished: [],
    reproduce: 'npx netsplit run planted.yaml --seed 1',
    version: '0.0.0',
    wallSeconds: 1,
  });
  return { record, evidence, scenario };
}
