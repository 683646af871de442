// How far two phones hear each other: a range of their own for each pair, the same throughout a run.
import type { AddressedDraw } from '../random/addressed.ts';
import { standardNormal } from '../random/distributions.ts';
import { exp } from '../random/elementary.ts';
import type { RadioParameters } from './radio-parameters.ts';

/** Shadowing is cut here, so that a greatest range exists. */
const mostDeviations = 2;

/** Log-distance path loss (Rappaport, Wireless Communications, §4.9): so many decibels are 10^(dB / 10n) of distance. */
function rangeAt(parameters: RadioParameters, deviations: number): number {
  const { radioRangeMetres, radioShadowingDb, radioPathLossExponent } = parameters;
  return radioRangeMetres * exp((deviations * radioShadowingDb * Math.LN10) / (10 * radioPathLossExponent));
}

/** Metres; no pair's range is greater. */
export function greatestRange(parameters: RadioParameters): number {
  return rangeAt(parameters, mostDeviations);
}

/** Metres, for the pair of these names; `left` is the one with the lower node number. */
export function rangeOfPair(
  parameters: RadioParameters,
  draw: AddressedDraw,
  left: string,
  right: string,
): number {
  const deviations = standardNormal(draw('radio-shadowing', left, right));
  return rangeAt(parameters, Math.max(-mostDeviations, Math.min(mostDeviations, deviations)));
}
