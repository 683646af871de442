// Logarithm and exponential from additions, multiplications and divisions only: Math.log and Math.exp are not
// specified bit for bit, so an engine's version could move a draw.

const bits = new Float64Array(1);
const halves = new Uint32Array(bits.buffer);

// ln 2 in two parts, the first with trailing zeros, so that `exponent * ln2High` is exact (as in FreeBSD's e_exp.c).
const ln2High = 0.69314718036912381649;
const ln2Low = 1.90821492927058770002e-10;

// Typed arrays, walked by index: elements taken out of a list by an iterator become objects on the heap.
/** 1/23, 1/21, ..., 1: the series of artanh. */
const inverseOdds = Float64Array.from({ length: 12 }, (_, index) => 1 / (23 - 2 * index));
/** 1/17!, 1/16!, ..., 1: the series of the exponential. */
const inverseFactorials = Float64Array.from({ length: 18 }, (_, index) => {
  let factorial = 1;
  for (let factor = 2; factor <= 17 - index; factor++) factorial *= factor;
  return 1 / factorial;
});

/** Natural logarithm of a positive normal number; relative error below 1e-15. */
export function ln(value: number): number {
  if (!(value > 0)) throw new RangeError(`logarithm of ${value}`);
  bits[0] = value;
  const high = halves[1] ?? 0;
  let exponent = (high >>> 20) - 1023;
  halves[1] = (high & 0x000fffff) | 0x3ff00000;
  let mantissa = bits[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), where the argument is at most 0.172 in size.
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let series = 0;
  for (let index = 0; index < 12; index++) series = series * square + (inverseOdds[index] ?? 0);
  return exponent * ln2High + (2 * ratio * series + exponent * ln2Low);
}

/** e to the power of `value`; 0 and Infinity beyond the range of normal numbers. */
export function exp(value: number): number {
  if (value > 709.7) return Infinity;
  if (value < -708) return 0;
  const exponent = Math.round(value * Math.LOG2E);
  const rest = value - exponent * ln2High - exponent * ln2Low;
  let series = 0;
  for (let index = 0; index < 18; index++) series = series * rest + (inverseFactorials[index] ?? 0);
  halves[0] = 0;
  // Two factors, because 2 to the 1024 is no number although the product may be one.
  halves[1] = ((exponent >> 1) + 1023) << 20;
  const first = bits[0] ?? 0;
  halves[1] = (exponent - (exponent >> 1) + 1023) << 20;
  return series * first * (bits[0] ?? 0);
}
