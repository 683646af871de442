// Hyperswarm as a system: the same words over the same people as everywhere, and what its phones do when something is gone.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { explainFailure } from '../../../cli/explain-failure.ts';
import { exitCode } from '../../../cli/exit.ts';
import type { Instant } from '../../../protocol/time.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import { runScenario } from '../../../reports/runner.ts';
import type { RunRecord } from '../../../reports/record.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { packageFile } from '../../../scenarios/package-file.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import { createHyperdht } from '../../../sim/foreign/hyperdht/driver.ts';
import { statefulFilter } from '../../../sim/foreign/hyperdht/packet-filter.ts';
import {
  checkPackages,
  drivenVersions,
  ForeignPackagesMissing,
} from '../../../sim/foreign/hyperdht/packages.ts';
import { hyperswarm } from '../../../sim/systems/hyperswarm.ts';
import { hyperdhtInstalled, installedVersions } from '../../support/hyperdht.ts';
import { keepingSink, planOf, workloadOf } from '../../support/worlds.ts';

const fewNodes = { dhtNodes: 8 };

/** `npm run soak` has more people, for longer. */
const isSoak = process.env['MODE'] === 'soak';
const [warmUp, people, perDay, sending, horizon] = isSoak ? [10, 6, 200, 20, 45] : [5, 4, 300, 15, 30];

/** Four people for half an hour, of which something is gone for five minutes. */
async function run(
  fault: Readonly<Record<string, unknown>>,
  systems: Readonly<Record<string, object>> = { hyperswarm: fewNodes },
): Promise<RunRecord> {
  const overrides = [
    `people.count=${people}`,
    `people.messagesPerPersonPerDay=${perDay}`,
    `windows.warmUp=${warmUp}m`,
    `windows.sending=${sending}m`,
    `windows.horizon=${horizon}m`,
    'expectations=[]',
    `systems=${JSON.stringify(systems)}`,
    `faults=${JSON.stringify([{ id: 'gone', title: 'gone', start: `${warmUp + 5}m`, end: `${warmUp + 10}m`, source: 'invented', ...fault }])}`,
  ];
  const scenario = { ...loadScenario('small-town'), overrides };
  return (await runScenario({ scenario, name: 'small-town', seed: 1, workers: 0 })).record;
}

describe.skipIf(!hyperdhtInstalled())('Hyperswarm', () => {
  it('has the deliveries of every other system, and brings them late when providers are gone, for that reason', async () => {
    const record = await run(
      { kind: 'down', target: 'kind=isp', manner: 'black-hole' },
      { hyperswarm: fewNodes, signal: {} },
    );
    const { hyperswarm: swarm, signal } = record.systems;
    expect(swarm?.delivery.expected).toBeGreaterThan(20);
    expect(swarm?.delivery.expected).toBe(signal?.delivery.expected);
    expect(swarm?.twin.delivery).toMatchObject({ ratio: 1, within: { '1m': 1 } });
    expect(swarm?.delivery).toMatchObject({ ratio: 1 });
    expect(swarm?.delivery.within['1m']).toBeLessThan(1);
    expect(swarm?.blame.map(({ fault }) => fault)).toEqual(['gone']);
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it('goes on between phones that are connected when all nodes of the DHT crash', async () => {
    const record = await run({
      kind: 'down',
      target: 'system=hyperswarm',
      manner: 'crash',
      mayBeIdle: 'that is what is shown',
    });
    expect(record.systems['hyperswarm']?.delivery.within['1m']).toBeGreaterThan(0.5);
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it('sends again on lossy lines, and says why it took longer', async () => {
    const record = await run({ kind: 'loss', target: 'kind=isp', probability: 0.3 });
    expect(record.systems['hyperswarm']?.delivery.ratio).toBe(1);
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
  });
});

describe.skipIf(!hyperdhtInstalled())('phones on Hyperswarm', () => {
  const workload = workloadOf({
    people: 3,
    messages: [
      { sender: 0, at: minutes(5) },
      { sender: 1, at: minutes(13) },
    ],
    devices: {
      2: { foreground: [{ start: minutes(11) as number as Instant, end: minutes(20) as number as Instant }] },
      1: { foreground: [{ start: minutes(12) as number as Instant, end: minutes(20) as number as Instant }] },
    },
    horizon: minutes(20),
  });

  function simulate(parameters: Readonly<Record<string, number>>) {
    const sink = keepingSink();
    const simulation = createSimulation(
      planOf(hyperswarm, workload, {
        foreign: createHyperdht,
        parameters: new Map(Object.entries({ ...fewNodes, ...parameters })),
      }),
      sink,
    );
    simulation.finish();
    const delivered = sink.observations.flatMap((each) =>
      each.kind === 'delivered' ? [`${each.message} to ${each.person}`] : [],
    );
    const inspected = [0, 1, 2].map(
      (person) =>
        (simulation.inspect(`phone/${person}`) as { hyperswarm: { dht: Readonly<Record<string, unknown>> } })
          .hyperswarm,
    );
    return { delivered: delivered.sort(), inspected };
  }
  const everything = ['0 to 1', '0 to 2', '1 to 0', '1 to 2'];

  it('get through routers that let in only what answers something, and know that they are behind one', () => {
    const { delivered, inspected } = simulate({});
    expect(delivered).toEqual(everything);
    expect(inspected.map(({ dht }) => dht['firewalled'])).toEqual([true, true, true]);
  });

  it('know that there is none where addresses are public', () => {
    const { delivered, inspected } = simulate({ filterSeconds: 0 });
    expect(delivered).toEqual(everything);
    expect(inspected.map(({ dht }) => dht['firewalled'])).toEqual([false, false, false]);
  });

  it('are deaf while the application is closed, where it does not work in the background', () => {
    // Person 0 never opens it; 1 and 2 have it open together when 1 writes.
    expect(simulate({ background: 0 }).delivered).toEqual(['1 to 2']);
  });
});

it('a router lets in what comes from where something was sent to lately, and nothing else', () => {
  const filter = statefulFilter(seconds(60));
  const at = (second: number): Instant => seconds(second) as number as Instant;
  filter.sent(1_000, '20.0.0.1', 49_737, at(0));
  const lets = (port: number, host: string, remotePort: number, second: number): boolean =>
    filter.lets(port, host, remotePort, at(second));
  expect(lets(1_000, '20.0.0.1', 49_737, 59)).toBe(true);
  // What comes in renews nothing.
  expect(lets(1_000, '20.0.0.1', 49_737, 60)).toBe(false);
  expect(lets(1_000, '20.0.0.1', 49_738, 1)).toBe(false);
  expect(lets(1_000, '20.0.0.2', 49_737, 1)).toBe(false);
  expect(lets(1_001, '20.0.0.1', 49_737, 1)).toBe(false);
  // Old entries are swept out, younger ones stay.
  for (let port = 1; port <= 1_024; port++) filter.sent(1_000, '20.0.0.3', port, at(100));
  expect(lets(1_000, '20.0.0.3', 1, 101)).toBe(true);
});

describe('the packages that are driven', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-packages-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const problem = (from: (name: string) => string): unknown => {
    try {
      checkPackages(from);
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it('are asked for in one sentence when they are not there, and the command ends with 2', () => {
    const missing = problem(() => {
      throw new Error('Cannot find module');
    });
    expect(missing).toBeInstanceOf(ForeignPackagesMissing);
    expect((missing as Error).message).toBe(
      'the system `hyperswarm` runs the real packages, and hyperdht is not installed here: `npm install hyperdht@6.34.0 hyperswarm@4.17.2`',
    );
    expect(explainFailure(missing)).toBe(exitCode.badInput);
  });

  it('have to be of exactly the versions that are known', () => {
    for (const [name, version] of [
      ['hyperdht', '6.35.0'],
      ['hyperswarm', '4.17.2'],
    ] as const) {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ name, version }));
    }
    expect((problem((name) => join(folder, name, 'index.js')) as Error).message).toMatch(
      /drives hyperdht 6\.34\.0 .* and 6\.35\.0 is installed here/,
    );
  });

  it('are those that package.json pins', () => {
    const { optionalDependencies } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    expect(optionalDependencies).toMatchObject(drivenVersions);
  });

  // An upgrade of any of these may change what runs, or what it asks of the socket layer: look at what it changed, run the
  // tests of this folder and of `npm run soak`, and only then write its version here.
  it.skipIf(!hyperdhtInstalled())('stand on packages of known versions', () => {
    expect(installedVersions()).toMatchInlineSnapshot(`
      {
        "@hyperswarm/secret-stream": "6.9.2",
        "dht-rpc": "6.27.0",
        "hyperdht": "6.34.0",
        "hyperswarm": "4.17.2",
        "kademlia-routing-table": "1.0.6",
        "noise-curve-ed": "2.1.0",
        "noise-handshake": "4.2.0",
        "sodium-native": "5.1.0",
        "sodium-secretstream": "1.2.0",
        "streamx": "2.28.1",
        "udx-native": "1.21.3",
      }
    `);
  });
});
