// The simulator held against reality: the same scenario and seed in both, delivery by delivery, room by room, delay by delay.
import { compareNumbers } from '../../protocol/order.ts';
import type { SharedObject } from '../../sim/systems/system.ts';
import type { Comparison, StateDifference } from './live-record.ts';

/** One of the two runs, as far as it is compared. */
export interface Side {
  /** By expected delivery: from press of send to delivery, milliseconds; NaN where there was none. */
  readonly delaysMs: Float64Array;
  /** By node that ran at the end. */
  readonly objects: ReadonlyMap<string, readonly SharedObject[]>;
}

/** What two sides are held to. */
export interface Terms {
  /** How late a step is in real time: the 95th percentile of what was measured, milliseconds. */
  readonly stepMs: number;
  /** False where people race: then who wins is chance, and distributions alone are compared. */
  readonly oneByOne: boolean;
}

/**
 * Waits of a delivery between two people on two servers that the real clock ends: the press of send; on the way to the
 * server, at work there; on the way to the other server, at work there; on the way to the phone; and the four passages of
 * frames between processes and one of the press from the coordinator, each about as long as a wait is late.
 */
export const stepsOfDelivery = 11;
/** The chance that two samples of one distribution lie outside each other's band. */
const chanceOutside = 0.01;
/** Differences told of in full. */
const mostDifferences = 20;
/** Entries told of one difference. */
const mostEntries = 5;

/** Puts them side by side. */
export function compareSides(simulated: Side, live: Side, { stepMs, oneByOne }: Terms): Comparison {
  const deliveries = compareDeliveries(simulated.delaysMs, live.delaysMs);
  const states = compareStates(simulated.objects, live.objects);
  const latencyMs = compareDelays(sorted(simulated.delaysMs), sorted(live.delaysMs), stepMs);
  const verdict = {
    deliveries: oneByOne ? deliveries.onlySimulated + deliveries.onlyLive === 0 : null,
    states: oneByOne ? states.equal === states.compared : null,
    latency: latencyMs.apart <= latencyMs.tolerance,
  };
  const agree = verdict.deliveries !== false && verdict.states !== false && verdict.latency;
  return { deliveries, states, latencyMs, oneByOne, verdict: { ...verdict, agree } };
}

function compareDeliveries(simulated: Float64Array, live: Float64Array): Comparison['deliveries'] {
  const counts = { expected: simulated.length, both: 0, onlySimulated: 0, onlyLive: 0, neither: 0 };
  for (const [row, delay] of simulated.entries()) {
    const inSimulator = !Number.isNaN(delay);
    const alive = !Number.isNaN(live[row] ?? NaN);
    if (inSimulator && alive) counts.both++;
    else if (inSimulator) counts.onlySimulated++;
    else if (alive) counts.onlyLive++;
    else counts.neither++;
  }
  return counts;
}

function compareStates(simulated: Side['objects'], live: Side['objects']): Comparison['states'] {
  let compared = 0;
  const differences: StateDifference[] = [];
  for (const [node, objects] of simulated) {
    const alive = live.get(node);
    if (alive === undefined) continue;
    const names = new Set([...objects, ...alive].map(({ object }) => object));
    for (const object of names) {
      compared++;
      const [there, here] = [objects, alive].map(
        (each) => each.find((one) => one.object === object)?.entries ?? [],
      );
      const difference = entriesApart(there ?? [], here ?? []);
      if (difference !== undefined) differences.push({ node, object, ...difference });
    }
  }
  return {
    compared,
    equal: compared - differences.length,
    differences: differences.slice(0, mostDifferences),
  };
}

function entriesApart(
  simulated: readonly string[],
  live: readonly string[],
): Omit<StateDifference, 'node' | 'object'> | undefined {
  const [there, here] = [new Set(simulated), new Set(live)];
  const onlySimulated = simulated.filter((entry) => !here.has(entry));
  const onlyLive = live.filter((entry) => !there.has(entry));
  if (onlySimulated.length + onlyLive.length === 0) return undefined;
  return { onlySimulated: onlySimulated.slice(0, mostEntries), onlyLive: onlyLive.slice(0, mostEntries) };
}

function compareDelays(
  simulated: readonly number[],
  live: readonly number[],
  stepMs: number,
): Comparison['latencyMs'] {
  const band = bandOf(simulated.length, live.length);
  return {
    simulated: describe(simulated),
    live: describe(live),
    apart: shiftApart(simulated, live, band),
    tolerance: stepsOfDelivery * stepMs,
    band,
  };
}

/**
 * Dvoretzky, Kiefer and Wolfowitz with Massart's constant (Annals of Probability 18, 1990): an empirical distribution
 * function stays within `sqrt(ln(2/a)/2n)` of the true one but for a chance of `a`; of two samples each takes half of it.
 */
function bandOf(simulated: number, live: number): number {
  if (simulated === 0 || live === 0) return 1;
  const logarithm = Math.log(4 / chanceOutside) / 2;
  return Math.min(1, Math.sqrt(logarithm / simulated) + Math.sqrt(logarithm / live));
}

/** The least shift, in either direction, by which each distribution function lies within the band of the other. */
export function shiftApart(left: readonly number[], right: readonly number[], band: number): number {
  return Math.max(shiftOneWay(left, right, band), shiftOneWay(right, left, band));
}

/** By how much `later` has to be moved to the left so that at no point it lags by more than the band. */
function shiftOneWay(earlier: readonly number[], later: readonly number[], band: number): number {
  let most = 0;
  for (const [index, value] of earlier.entries()) {
    // A share of `reached - band` of the later ones has to be there by then.
    const reached = (index + 1) / earlier.length;
    const wanted = Math.ceil((reached - band) * later.length - 1e-9);
    if (wanted < 1) continue;
    most = Math.max(most, (later[wanted - 1] ?? Infinity) - value);
  }
  return most;
}

function describe(ascending: readonly number[]): Comparison['latencyMs']['live'] {
  const at = (share: number): number => quantileOf(ascending, share);
  return { count: ascending.length, p10: at(0.1), p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** The least value that a share of all does not exceed; 0 of nothing. */
export function quantileOf(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length - 1e-9) - 1)] ?? 0;
}

function sorted(delaysMs: Float64Array): readonly number[] {
  return [...delaysMs].filter((delay) => !Number.isNaN(delay)).sort(compareNumbers);
}
