// Delivery predictabilities of one node: how likely it is to deliver to each other one (RFC 6693, section 2.1.2).
import type { Instant } from '../time.ts';

/**
 * RFC 6693, section 3.3, figure 3. The RFC leaves the time unit of `gamma` to the deployment: assumed 30 s, as in The
 * ONE's default_settings.txt (ProphetRouter.secondsInTimeUnit); 1 to 60 s are in use.
 */
export const prophetParameters = {
  encounterMax: 0.7,
  encounterFirst: 0.5,
  firstThreshold: 0.1,
  beta: 0.9,
  gamma: 0.999,
  delta: 0.01,
  /** I_typ: what is typical between two encounters of two nodes, in microseconds. */
  typicalInterval: 1_800_000_000,
  timeUnit: 30_000_000,
} as const;

/**
 * Predictabilities decide an order, and floats that have a history must not: read, they are whole billionths. Kept, they
 * are not rounded, or two that are equal and have aged in different steps would differ when they are read. For the same
 * reason they are not rounded up from a half, where such floats stand on both sides of exact values like
 * 0.5 * 0.999^3 = 0.4985014995, but from a fraction that no exact value comes near.
 */
const one = 1_000_000_000;
const whole = (value: number): number => Math.floor(value + 0.381_966);

const { gamma, timeUnit } = prophetParameters;
const powers: number[] = [1];

/** gamma^units by multiplication, which is the same on every platform. */
function decay(units: number): number {
  // After so many units nothing is left of the largest predictability.
  if (units > 25_000) return 0;
  for (let known = powers.length; known <= units; known++) powers.push((powers[known - 1] ?? 0) * gamma);
  return powers[units] ?? 0;
}

/** One node's predictabilities. Readers give the time, since values age. */
export class Predictabilities {
  readonly #node: number;
  readonly #values: Float64Array;
  readonly #metAt: Float64Array;
  /** Whole time units since the beginning for which values have aged. */
  #agedTo = 0;

  constructor(node: number, nodes: number) {
    this.#node = node;
    this.#values = new Float64Array(nodes);
    this.#metAt = new Float64Array(nodes).fill(-Infinity);
  }

  /** How likely the node is to deliver to `destination`, in billionths. */
  at(destination: number, now: Instant): number {
    return whole(this.#aged(destination, now));
  }

  /**
   * Equation 1: P = P_old + (1 - delta - P_old) * P_encounter, where P_encounter grows with the time since the last
   * encounter up to I_typ. An encounter while the value is below a threshold, as it is at first, sets it.
   */
  meets(peer: number, now: Instant): void {
    const { encounterMax, encounterFirst, firstThreshold, delta, typicalInterval } = prophetParameters;
    this.#age(now);
    const before = this.#values[peer] ?? 0;
    const isFirst = this.at(peer, now) < firstThreshold * one;
    const interval = now - (this.#metAt[peer] ?? -Infinity);
    const encounter = encounterMax * Math.min(1, interval / typicalInterval);
    this.#values[peer] = isFirst ? encounterFirst * one : before + ((1 - delta) * one - before) * encounter;
    this.#metAt[peer] = now;
  }

  /** Equation 3: P(A,C) = max(P(A,C)_old, P(A,B) * P(B,C) * beta). */
  learns(peer: number, theirs: Predictabilities, now: Instant): void {
    this.#age(now);
    const values = this.#values;
    const factor = ((values[peer] ?? 0) / one) * prophetParameters.beta;
    for (let node = 0; node < values.length; node++) {
      if (node === this.#node || node === peer) continue;
      const through = theirs.#aged(node, now) * factor;
      if (through > (values[node] ?? 0)) values[node] = through;
    }
  }

  /** A copy that does not change any more. */
  snapshot(): Predictabilities {
    const copy = new Predictabilities(this.#node, this.#values.length);
    copy.#values.set(this.#values);
    copy.#agedTo = this.#agedTo;
    return copy;
  }

  /** Node and value, in turn, of all that are not nought now. */
  written(now: Instant): readonly number[] {
    const numbers: number[] = [];
    for (let node = 0; node < this.#values.length; node++) {
      const value = this.at(node, now);
      if (value > 0) numbers.push(node, value);
    }
    return numbers;
  }

  /** Those of another node, as it wrote them down just now; undefined when they are none. */
  static read(
    numbers: readonly number[],
    node: number,
    nodes: number,
    now: Instant,
  ): Predictabilities | undefined {
    const read = new Predictabilities(node, nodes);
    read.#agedTo = Math.floor(now / timeUnit);
    if (numbers.length % 2 !== 0) return undefined;
    for (let at = 0; at < numbers.length; at += 2) {
      const about = numbers[at] ?? nodes;
      const value = numbers[at + 1] ?? 0;
      if (about >= nodes || value > one) return undefined;
      read.#values[about] = value;
    }
    return read;
  }

  /** Equation 2: P = P_old * gamma^K, where K counts whole time units. */
  #aged(node: number, now: Instant): number {
    return (this.#values[node] ?? 0) * decay(Math.floor(now / timeUnit) - this.#agedTo);
  }

  #age(now: Instant): void {
    const unit = Math.floor(now / timeUnit);
    if (unit === this.#agedTo) return;
    for (let node = 0; node < this.#values.length; node++) this.#values[node] = this.#aged(node, now);
    this.#agedTo = unit;
  }
}
