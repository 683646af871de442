// `netsplit bench mesh`: floods among many connected phones, many separate crowds, and what The ONE takes for the same
// contacts and messages. The ONE's figures are processor seconds of version 1.6 on OpenJDK on the machine of the goals.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { present } from '../../protocol/assert.ts';
import { hours, minutes, seconds, type Instant } from '../../protocol/time.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { TracedSimulation } from '../../sim/running-simulation.ts';
import { positionsByModel } from '../../sim/mobility/walk.ts';
import { randomWaypoint } from '../../sim/mobility/random-waypoint.ts';
import { generateContacts } from '../../sim/radio/contact-generator.ts';
import type { ContactTrace } from '../../sim/radio/contact-trace.ts';
import { bitchat } from '../../sim/systems/bitchat.ts';
import type { Bench, BenchPart, Row } from './bench.ts';
import { milliseconds } from './measure.ts';
import { meshPlan } from './mesh-world.ts';
import { machineGauge } from './reference-loops.ts';

const at = (duration: number): Instant => duration as Instant;

/** What has come out of links so far. */
const receptionsOf = (simulation: TracedSimulation): number => simulation.eventsOf('radio-arrives');

/** A goal in seconds on the machine of the goals. */
function secondsRow(name: string, taken: number, goalSeconds: number, pace: number, what: string): Row {
  return {
    name,
    value: taken,
    unit: 'ms',
    comparison: { name: `${what} at this machine's pace`, value: (goalSeconds * 1_000) / pace },
    goal: { of: 'ratio', bound: 1 },
  };
}

/** So many receptions among connected phones are measured. */
const measured = 500_000;
/** All who are in reach are connected by then, and the storm of announces that connecting brings is over. */
const settled = seconds(20);

interface PacedRun {
  /** Processor milliseconds here, and what they would have been on the machine of the goals. */
  readonly taken: number;
  readonly there: number;
}

/** Runs in slices of half a second until `ends`; a shared machine changes its pace within seconds. */
function paced(simulation: TracedSimulation, from: number, ends: (now: number) => boolean): PacedRun {
  const gauge = machineGauge();
  let taken = 0;
  let there = 0;
  let pace = gauge();
  for (let now = from; !ends(now); now += seconds(0.5)) {
    const slice = milliseconds(() => simulation.runUntil(at(now + seconds(0.5))));
    const after = gauge();
    taken += slice;
    there += (slice * (pace + after)) / 2;
    pace = after;
  }
  return { taken, there };
}

/**
 * 10,000 phones with about five neighbours each open the application within ten seconds and connect. Then all of them
 * announce themselves as they do every quarter of a minute (iPhones) or half a minute (Android), each a flood of its own,
 * thousands of them at a time, and a hundred people speak meanwhile: this is what is measured against the goal.
 */
const floods: BenchPart = {
  name: 'floods',
  memoryGoal: 4_096,
  run() {
    const phones = 10_000;
    const rumours = 100;
    const messages = Array.from({ length: rumours }, (_, index) => ({
      sender: index * (phones / rumours),
      at: at(settled + index * seconds(0.02)),
    }));
    const horizon = at(minutes(5));
    const plan = meshPlan({
      system: bitchat,
      crowds: 1,
      phonesPerCrowd: phones,
      degree: 5,
      horizon,
      messages,
      realSignatures: false,
    });
    const readers = new Set<string>();
    const simulation = createSimulation(plan, {
      record: (observation) => {
        if (observation.kind === 'delivered') readers.add(`${observation.message}/${observation.person}`);
      },
    });
    const storm = paced(simulation, 0, (now) => now >= settled);
    const before = receptionsOf(simulation);
    const { taken, there } = paced(
      simulation,
      settled,
      (now) => receptionsOf(simulation) - before >= measured || now >= horizon,
    );
    return [
      { name: 'receptions while phones connect', value: (before * 1_000) / storm.taken, unit: '/s' },
      {
        name: 'receptions among connected phones',
        value: ((receptionsOf(simulation) - before) * 1_000) / taken,
        unit: '/s',
        comparison: {
          name: '1 M per 3 s at the pace of this machine',
          value: (1_000_000 / 3) * (there / taken),
        },
        goal: { of: 'ratio', bound: 1 },
      },
      {
        name: 'phones that a rumour reaches, of 10,000: hops bound it',
        value: readers.size / rumours,
        unit: '×',
      },
    ];
  },
};

/** Separate crowds of a hundred phones, five neighbours each, ten minutes of real announces. */
function crowdsOf(
  crowds: number,
  limits: Pick<BenchPart, 'memoryGoal' | 'outsideHeap' | 'isLong'>,
): BenchPart {
  const phonesPerCrowd = 100;
  const phones = (crowds * phonesPerCrowd).toLocaleString('en');
  return {
    name: `crowds of ${phones}`,
    ...limits,
    run(tell) {
      const horizon = at(minutes(10));
      const plan = meshPlan({
        ...{ system: bitchat, crowds, phonesPerCrowd, degree: 5 },
        ...{ horizon, messages: [], realSignatures: false },
      });
      let receptions = 0;
      const taken = milliseconds(() => {
        const simulation = createSimulation(plan, { record: () => undefined });
        for (let until = 0; until < horizon; until += seconds(10)) {
          simulation.runUntil(at(until));
          tell(until / horizon);
        }
        simulation.finish();
        receptions = receptionsOf(simulation);
      });
      return [
        { name: `${phones} phones, ten minutes (ideal signatures)`, value: taken, unit: 'ms' },
        { name: 'receptions', value: (receptions * 1_000) / taken, unit: '/s' },
      ];
    },
  };
}

const fewCrowds = crowdsOf(10, {});
const someCrowds = crowdsOf(50, { isLong: true });
/** The goal. Outside of the heap: what phones have seen in the last five minutes, 12 KB each, and what the allocator adds. */
const manyCrowds = crowdsOf(1_000, { isLong: true, memoryGoal: 4_096, outsideHeap: 1_450 });

const nodes = 500;
const area = { width: 3_000, height: 3_000 };

/** The ONE's benchmark scenario: random waypoint, 500 nodes, 12 hours, 30 m. */
function theOnesContacts(): ContactTrace {
  const model = randomWaypoint({ area, speed: [0.5, 1.5], pause: [0, 120] });
  return generateContacts({
    positions: positionsByModel(model, nodes, 'bench', seconds(1_000)),
    nodes: Array.from({ length: nodes }, (_, node) => `${node}`),
    range: 30,
    until: at(hours(12)),
  });
}

/** 200 messages of 1 kB in the first ten hours, as the list `ideal` of test/vectors/the-one has them for 50 nodes. */
function messageLines(): string {
  return Array.from({ length: 200 }, (_, index) => {
    const from = (index * 7) % nodes;
    return `${100 + index * 170} C M${index} ${from} ${(from + 1 + index) % nodes} 1000\n`;
  }).join('');
}

function connectionLines({ at: times, left, right, begins }: ContactTrace): string {
  const lines: string[] = [];
  for (const [row, time] of times.entries())
    lines.push(`${time / 1e6} CONN ${left[row]} ${right[row]} ${begins[row] === 1 ? 'up' : 'down'}\n`);
  return lines.join('');
}

/** Processor milliseconds of a `netsplit mesh` from its start to its end, unpacking included, by its own account. */
function replayed(folder: string, options: readonly string[]): number {
  const [, program = ''] = process.argv;
  const files = [join(folder, 'contacts.gz'), '--messages', join(folder, 'messages.gz')];
  const child = spawnSync(process.execPath, [program, 'mesh', ...files, ...options, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const { performance } = JSON.parse(child.stdout) as { performance: { cpuSeconds: number } };
  return performance.cpuSeconds * 1_000;
}

const theOne: BenchPart = {
  name: 'as The ONE',
  run() {
    const gauge = machineGauge();
    const first = gauge();
    let trace: ContactTrace | undefined;
    const moving = milliseconds(() => {
      trace = theOnesContacts();
    });
    const pace = (first + gauge()) / 2;
    const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'));
    try {
      writeFileSync(join(folder, 'contacts.gz'), gzipSync(connectionLines(present(trace, 'a trace'))));
      writeFileSync(join(folder, 'messages.gz'), gzipSync(messageLines()));
      const ideal = replayed(folder, ['--rate', '250kB/s']);
      return [
        secondsRow(
          'random waypoint, 500 nodes, 12 h: exact contacts',
          moving,
          88 / 20,
          pace,
          '1/20 of The ONE',
        ),
        secondsRow('replay of them, start and unzip included', ideal, 495 / 500, pace, '1/500 of The ONE'),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** The bench. */
export const meshBench: Bench = {
  name: 'mesh',
  description: 'floods and crowds of Bitchat phones; contacts and their replay beside The ONE',
  parts: [theOne, floods, fewCrowds, someCrowds, manyCrowds],
};
