// Local networks from end to end: who meets behind which router, and what its power and a walk out of the door do.
import { describe, expect, it } from 'vitest';
import { hours, minutes, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import type { SimulationPlan } from '../../../sim/simulation.ts';
import { p2pMatrix } from '../../../sim/systems/p2p-matrix.ts';
import type { Person, Stay, Workload } from '../../../sim/workload/workload.ts';
import type { ComponentId, World } from '../../../sim/world.ts';
import { keepingSink, planOf, workloadOf, type WorkloadOptions } from '../../support/worlds.ts';
import { awsWorld } from '../systems/aws-world.ts';

const at = (duration: Duration): Instant => duration as number as Instant;
const grid = 'power/ghent/centre' as ComponentId;

/** A world with a power grid. */
function poweredWorld(): World {
  const world = awsWorld();
  const area = { id: grid, kind: 'power-area', attributes: {}, needs: [] } as const;
  return { ...world, components: new Map([...world.components, [grid, area]]) };
}

/** People half a kilometre from each other: no Bluetooth reaches. Each may leave home for good at some minute. */
function flats(leaves: readonly (number | undefined)[], messages: WorkloadOptions['messages']): Workload {
  const horizon = hours(2);
  const open = { meshOpen: [{ start: at(0 as Duration), end: at(horizon) }] };
  const devices = Object.fromEntries(leaves.map((_, id) => [id, open]));
  const workload = workloadOf({ people: leaves.length, devices, horizon, messages });
  const people = workload.people.map((person, id): Person => {
    const home: Stay = { ...person.stays[0]!, from: { x: 500 * id, y: 0 }, to: { x: 500 * id, y: 0 } };
    const minute = leaves[id];
    const left: Stay[] = minute === undefined ? [] : [{ ...home, place: 'way', start: at(minutes(minute)) }];
    return { ...person, grid, stays: [home, ...left] };
  });
  return { ...workload, people };
}

interface Ran {
  readonly digest: string;
  /** Who reads a message, in which minute. */
  readers(message: number): Readonly<Record<number, number>>;
}

function run(workload: Workload, homePeople: number, changes: Partial<SimulationPlan> = {}): Ran {
  const sink = keepingSink();
  const parameters = new Map([
    ['staticPeers', 0],
    ['localNetworkHomePeople', homePeople],
  ]);
  const plan = planOf(p2pMatrix, workload, { world: poweredWorld(), parameters, ...changes });
  const { digest } = createSimulation(plan, sink).finish();
  const readers = (message: number): Readonly<Record<number, number>> =>
    Object.fromEntries(
      sink.observations.flatMap((each) =>
        each.kind === 'delivered' && each.message === message
          ? [[each.person, Math.floor(each.at / minutes(1))] as const]
          : [],
      ),
    );
  return { digest, readers };
}

const saidIn = (...saidAt: number[]): WorkloadOptions['messages'] =>
  saidAt.map((minute) => ({ sender: 0, at: minutes(minute) }));

describe('people behind one router', () => {
  it('talk without the Internet, and nobody else hears them', () => {
    const four = [undefined, undefined, undefined, undefined];
    expect(run(flats(four, saidIn(5)), 4).readers(0)).toEqual({ 1: 5, 2: 5, 3: 5 });
    expect(run(flats(four, saidIn(5)), 1).readers(0)).toEqual({});
    // Two to a router: one of the others shares the sender's.
    expect(Object.values(run(flats(four, saidIn(5)), 2).readers(0))).toEqual([5]);
  });

  it('hear no more of who has left', () => {
    const ran = run(flats([undefined, 10, undefined], saidIn(5, 20)), 3);
    expect(ran.readers(0)).toEqual({ 1: 5, 2: 5 });
    expect(ran.readers(1)).toEqual({ 2: 20 });
  });

  it('are apart while it has no power, and find each other again', () => {
    const powerCut: Fault = {
      kind: 'power-loss',
      id: 'cut',
      title: 'no power',
      target: `id=${grid}`,
      start: at(minutes(10)),
      end: at(minutes(30)),
      source: 'test',
    };
    const ran = run(flats([undefined, undefined], saidIn(5, 20, 40)), 2, { faults: [powerCut] });
    expect([0, 1, 2].map((message) => ran.readers(message))).toEqual([{ 1: 5 }, { 1: 30 }, { 1: 40 }]);
  });

  it('do so the same way twice, with every message through its bytes', () => {
    const workload = flats([undefined, 10, undefined], saidIn(5, 20));
    const digests = [{}, {}, { encodeEverything: true }].map((changes) => run(workload, 3, changes).digest);
    expect(new Set(digests).size).toBe(1);
  });
});
