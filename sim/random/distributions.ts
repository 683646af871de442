// Quantile functions: a uniform draw in, a draw of the distribution out. They serve streams and addressed draws
// alike, and what decides an order is rounded to an integer here, at the draw.
import { exp, ln } from './elementary.ts';

/** The open interval: quantiles of 0 are infinite. Half of the smallest step of a 53-bit draw. */
function inside(uniform: number): number {
  return uniform > 0 ? uniform : 5.551115123125783e-17;
}

function polynomial(coefficients: readonly number[], at: number): number {
  let value = 0;
  for (let index = coefficients.length - 1; index >= 0; index--)
    value = value * at + (coefficients[index] ?? 0);
  return value;
}

// M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied Statistics 37 (1988),
// routine PPND16: relative error about 1e-16.
const centre = {
  above: [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  below: [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
  ],
};
const middle = {
  above: [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  below: [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
};
const tail = {
  above: [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  below: [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
};

/** Standard normal quantile. */
export function standardNormal(uniform: number): number {
  const offset = uniform - 0.5;
  if (Math.abs(offset) <= 0.425) {
    const at = 0.180625 - offset * offset;
    return (offset * polynomial(centre.above, at)) / polynomial(centre.below, at);
  }
  const probability = inside(offset < 0 ? uniform : 1 - uniform);
  const root = Math.sqrt(-ln(probability));
  const [part, at] = root <= 5 ? [middle, root - 1.6] : [tail, root - 5];
  const size = polynomial(part.above, at) / polynomial(part.below, at);
  return offset < 0 ? -size : size;
}

/** Normal with this mean and standard deviation, rounded to whole units. */
export function normal(uniform: number, mean: number, standardDeviation: number): number {
  return Math.round(mean + standardDeviation * standardNormal(uniform));
}

/** Log-normal by its median and the standard deviation of its logarithm, rounded to whole units. */
export function logNormal(uniform: number, median: number, sigma: number): number {
  return Math.round(median * exp(sigma * standardNormal(uniform)));
}

/** Exponential with this mean, rounded to whole units. */
export function exponential(uniform: number, mean: number): number {
  return Math.round(-mean * ln(inside(1 - uniform)));
}

/** Pareto: at least `least`, tail exponent `alpha`, rounded to whole units. */
export function pareto(uniform: number, least: number, alpha: number): number {
  return Math.round(least * exp(-ln(inside(1 - uniform)) / alpha));
}

/** Uniform integer in [least, most], both included. */
export function uniformInteger(uniform: number, least: number, most: number): number {
  return least + Math.floor(uniform * (most - least + 1));
}

/** Number of failures before the first success of independent attempts. */
export function geometric(uniform: number, success: number): number {
  if (success >= 1) return 0;
  return Math.floor(ln(inside(1 - uniform)) / ln(1 - success));
}

/** Index of the chosen weight; weights are non-negative and not all 0. */
export function weightedIndex(uniform: number, weights: readonly number[]): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let left = uniform * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    if (left < weight) return index;
    left -= weight;
    last = index;
  }
  return last; // rounding of the sum
}
