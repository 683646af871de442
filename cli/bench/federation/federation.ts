// `netsplit bench federation`: what one room costs that ever more servers share, through a partition and back to agreement.
import { present } from '../../../protocol/assert.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation, ObservationSink } from '../../../sim/observation.ts';
import type { SimulationPlan } from '../../../sim/simulation.ts';
import type { Workload } from '../../../sim/workload/workload.ts';
import type { Bench, BenchPart, Row } from '../bench.ts';
import { Meter, type Cost } from '../meter.ts';
import { crowdedRoom, split, writing, type Crowd } from './crowded-room.ts';

/** Follows whether all copies of the room have one state. */
class StateWatch implements ObservationSink {
  readonly #states = new Map<number, string>();
  readonly #supporters = new Map<string, number>();
  /** Events that servers have taken in from others or made. */
  taken = 0;

  record(observation: Observation): void {
    if (observation.kind !== 'replica') return;
    this.taken++;
    const before = this.#states.get(observation.node);
    const after = observation.aspects['state'] ?? '';
    if (before === after) return;
    this.#states.set(observation.node, after);
    this.#supporters.set(after, (this.#supporters.get(after) ?? 0) + 1);
    if (before === undefined) return;
    const left = (this.#supporters.get(before) ?? 0) - 1;
    if (left === 0) this.#supporters.delete(before);
    else this.#supporters.set(before, left);
  }

  get agrees(): boolean {
    return this.#supporters.size === 1;
  }
}

/** Longest that is waited for agreement. */
const horizon = minutes(180);

function planOf(crowd: Crowd): SimulationPlan {
  const compiled = compileScenario({
    ...loadScenario('small-town'),
    overrides: ['people.count=2', 'faults=[]'],
  });
  const workload: Workload = {
    people: [],
    conversations: [],
    messages: [],
    windows: {
      sendingStart: 0 as Instant,
      sendingEnd: writing as number as Instant,
      horizon: horizon as number as Instant,
    },
    distanceClass: () => 'abroad',
  };
  return {
    world: compiled.world,
    workload,
    faults: [split],
    system: crowdedRoom(crowd),
    parameters: new Map(),
    seed: '1',
    limits: { events: Infinity, eventsPerInstant: Infinity },
  };
}

interface Goals {
  /** Peak resident memory, MiB. */
  readonly memory: number;
  /** Processor time on the machine of the goals. */
  readonly seconds: number;
}

/** Virtual time between two looks at whether all agree, and at the machine's pace. */
const slice = seconds(10);

function roomOf(servers: number, goals?: Goals, isLong = false): BenchPart {
  const crowd: Crowd = { servers, authors: Math.min(50, servers), eventsPerAuthor: 20 };
  return {
    name: `${servers} servers`,
    isLong,
    ...(goals === undefined ? {} : { memoryGoal: goals.memory }),
    run() {
      const plan = planOf(crowd);
      const watch = new StateWatch();
      const meter = new Meter();
      const start: Cost = { milliseconds: 0, there: 0 };
      const running: Cost = { milliseconds: 0, there: 0 };
      let simulation: ReturnType<typeof createSimulation> | undefined;
      meter.add(start, () => {
        simulation = createSimulation(plan, watch);
        simulation.runUntil(0 as Instant);
      });
      const made = present(simulation, 'simulation');
      const before = watch.taken;
      let now = 0;
      do meter.add(running, () => made.runUntil((now += slice) as Instant));
      while (now < horizon && !(now > writing && watch.agrees));
      const taken = watch.taken - before;
      const pace = running.there / running.milliseconds;
      const sized = (name: string, value: number): Row => ({
        name,
        value,
        unit: 'ms',
        size: { series: name, value: servers },
      });
      const rows: Row[] = [
        {
          ...sized('start', start.milliseconds),
          ...within(goals && startGoal, start.there / start.milliseconds),
        },
        {
          ...sized('until all agree on the state', running.milliseconds),
          ...within(goals?.seconds, pace),
        },
        sized('a thousand events taken in', (running.milliseconds * 1_000) / taken),
        sized('the same on the machine of the goals', (running.there * 1_000) / taken),
        { name: 'events taken in', value: (taken * 1_000) / running.milliseconds, unit: '/s' },
        { name: 'events of the kernel', value: (made.events * 1_000) / running.milliseconds, unit: '/s' },
        { name: 'minutes of virtual time', value: now / minutes(1), unit: '×' },
      ];
      if (!watch.agrees) throw new Error(`${servers} servers do not agree after ${now / minutes(1)} minutes`);
      return rows;
    },
  };
}

/** So many seconds of the machine of the goals, at the pace that this one had. */
function within(seconds: number | undefined, pace: number): Pick<Row, 'comparison' | 'goal'> {
  if (seconds === undefined) return {};
  const name = `${seconds} s of the machine of the goals`;
  return { comparison: { name, value: (seconds * 1_000) / pace }, goal: { of: 'ratio', bound: 1 } };
}

/** The longest that a thousand servers may take to begin, seconds. */
const startGoal = 10;

/** The bench. */
export const federationBench: Bench = {
  name: 'federation',
  description:
    'One version 12 room of many servers, 50 of which write 20 events each; split in halves for ten minutes, until all agree.',
  parts: [
    roomOf(10),
    roomOf(100),
    roomOf(1_000, { memory: 4_096, seconds: 60 }),
    roomOf(5_000, undefined, true),
  ],
};
