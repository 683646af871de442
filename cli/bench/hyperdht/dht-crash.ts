// A DHT of real hyperdht nodes of which a fifth crashes, and pairs of people who look for each other before and after.
import { present } from '../../../protocol/assert.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../../protocol/message.ts';
import { minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { createHyperdht } from '../../../sim/foreign/hyperdht/driver.ts';
import type { HyperswarmMachine } from '../../../sim/systems/hyperswarm-machines.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import { hyperswarm } from '../../../sim/systems/hyperswarm.ts';
import type { Person, ScheduledMessage } from '../../../sim/workload/workload.ts';

const at = (duration: number): Instant => duration as Instant;

/** Half of the pairs join their topics when the nodes have been at it for a while, and find each other. */
const earlyAt = at(minutes(2));
const crashAt = at(minutes(5));
/** The other half first join here, and have to find each other in what is left. */
const newcomersAt = at(crashAt + minutes(1));
/**
 * The second of a pair comes later than the first. Who looks for a topic announces it after the look-up (lib/peer-discovery.js),
 * so two who come at the same instant miss each other until one looks again, 10 to 12 minutes later.
 */
const betweenTwo = seconds(30);
/** Everybody writes. */
const writesAt = at(crashAt + minutes(3));
/** Half as long again as the library's own longest look-up: ten attempts at one hole, a second each, in three rounds. */
const horizon = at(writesAt + minutes(4));

/** What an experiment found. */
export interface DhtCrash {
  readonly result: SimulationResult;
  /** Pairs who were connected before the crash, and those who first met after it: how many reached each other. */
  readonly early: { readonly pairs: number; readonly met: number };
  readonly late: { readonly pairs: number; readonly met: number };
  /** Nodes up at the end, and of those the share that has at least 20 nodes in its routing table, as many as it looks for. */
  readonly up: number;
  readonly wellConnected: number;
}

/** How large an experiment is. */
export interface DhtCrashOptions {
  readonly nodes: number;
  readonly pairs: number;
  readonly seed: string;
  /** Nodes know others when they begin, as nodes do that have long been there; otherwise the bootstrap nodes alone. */
  readonly knowOthers?: boolean;
  /** Runs each piece of the work, a few seconds of virtual time, between others. */
  readonly piece?: (work: () => void) => void;
}

/** Virtual time of a piece of the work. */
const pieceTime = seconds(5);

/** Lets a fifth of the nodes crash for good, and counts who finds whom. */
export function crashFifth({
  nodes,
  pairs,
  seed,
  knowOthers = true,
  piece = (work) => work(),
}: DhtCrashOptions): DhtCrash {
  const reached = new Set<number>();
  const simulation = createSimulation(
    {
      ...crashPlan({ nodes, pairs, seed }),
      foreign(ofSeed) {
        const hyperdht = createHyperdht(ofSeed);
        return {
          core: (machine) => hyperdht.core(asStarted(machine as HyperswarmMachine, pairs, knowOthers)),
        };
      },
    },
    {
      record: (observation) => {
        if (observation.kind === 'delivered') reached.add(observation.message);
      },
    },
  );
  for (let until: number = pieceTime; until < horizon; until += pieceTime)
    piece(() => simulation.runUntil(at(until)));
  piece(() => {
    while (simulation.step());
  });
  const result = simulation.finish();
  const half = Math.ceil(pairs / 2);
  const metAmong = (from: number, until: number): number =>
    Array.from({ length: until - from }, (_, index) => from + index).filter((pair) => reached.has(pair))
      .length;
  const known = Array.from({ length: nodes }, (_, row) => knownBy(simulation.inspect(`dht/${row}`)));
  const left = known.filter((count) => count !== undefined);
  return {
    result,
    early: { pairs: half, met: metAmong(0, half) },
    late: { pairs: pairs - half, met: metAmong(half, pairs) },
    up: left.length,
    wellConnected: left.filter((count) => count >= Math.min(20, left.length - 1)).length,
  };
}

/** The first half of the pairs join before the crash, the second after it. */
function asStarted(machine: HyperswarmMachine, pairs: number, knowOthers: boolean): HyperswarmMachine {
  if (machine.role !== 'peer') return knowOthers ? machine : { ...machine, nodes: [] };
  const pair = Math.floor(machine.person / 2);
  const first = pair < Math.ceil(pairs / 2) ? earlyAt : newcomersAt;
  return { ...machine, joinsAfter: (first + (machine.person % 2) * betweenTwo) as Duration };
}

/** Nodes in a node's routing table; undefined while it is down. */
function knownBy(cores: unknown): number | undefined {
  const [core] = Object.values(cores as Readonly<Record<string, unknown>>);
  return typeof core === 'object' && core !== null && 'knows' in core ? Number(core.knows) : undefined;
}

function crashPlan({ nodes, pairs, seed }: DhtCrashOptions): SimulationPlan {
  const { world, workload } = compileScenario({
    ...loadScenario('small-town'),
    overrides: ['people.count=2'],
  });
  const model = present(workload('bench').people[0], 'a person');
  const first = present(model.stays[0], 'a stay');
  const people = Array.from({ length: 2 * pairs }, (_, id): Person => ({
    ...model,
    id: id as PersonId,
    stays: [{ ...first, start: at(0) }],
    device: {
      ...model.device,
      clockSkewMs: 0,
      foreground: [],
      meshOpen: [],
      offline: [],
    },
  }));
  const pairRows = Array.from({ length: pairs }, (_, row) => row);
  const crash: Fault = {
    id: 'a-fifth-crashes',
    title: 'a fifth of the DHT crashes',
    kind: 'down',
    manner: 'crash',
    target: 'system=hyperswarm fifth=1',
    start: crashAt,
    end: horizon,
    source: 'the experiment',
  };
  return {
    world,
    workload: {
      people,
      conversations: pairRows.map((row) => ({
        id: row as ConversationId,
        kind: 'direct',
        members: [2 * row, 2 * row + 1] as readonly number[] as readonly PersonId[],
      })),
      messages: pairRows.map((row): ScheduledMessage => ({
        id: row as UserMessageId,
        sender: (2 * row) as PersonId,
        conversation: row as ConversationId,
        at: at(writesAt + seconds(row / pairs)),
        text: `are you there, ${row}?`,
        resendAfter: undefined,
      })),
      windows: { sendingStart: at(0), sendingEnd: horizon, horizon },
      distanceClass: () => 'walking',
    },
    faults: [crash],
    system: hyperswarm,
    parameters: new Map([['dhtNodes', nodes]]),
    seed,
    limits: { events: 1_000_000_000, eventsPerInstant: 10_000_000 },
  };
}
