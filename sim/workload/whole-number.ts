// How often something happens whose mean is no whole number.

/** The floor of a mean, or one more with the probability of its fraction. */
export function wholeNumber(mean: number, uniform: number): number {
  return Math.floor(mean) + (uniform < mean % 1 ? 1 : 0);
}
