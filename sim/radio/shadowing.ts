// How far two phones hear each other: a range of their own for each pair, the same throughout a run.
import type { PersonId } from '../../protocol/message.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { logNormal } from '../random/distributions.ts';
import type { RadioParameters } from './parameters.ts';

/** A pair's range differs from the median by no more than these factors. */
const leastFactor = 0.25;
const mostFactor = 2;
/** Factors are rounded to this, before they decide anything. */
const resolution = 1_000_000;

/** No pair's range is greater than this. */
export function greatestRange(parameters: RadioParameters): number {
  return parameters.shadowingSigma === 0 ? parameters.rangeMetres : parameters.rangeMetres * mostFactor;
}

/**
 * Metres. With path loss that grows with the logarithm of the distance and shadowing that is normal in decibels
 * (Rappaport, Wireless Communications, §4.9), the range is log-normal: its factor's logarithm has the standard
 * deviation of the shadowing in decibels × ln 10 / (10 × path loss exponent), 0.3 for 4 dB and an exponent of 3.
 */
export function pairRange(
  parameters: RadioParameters,
  draw: AddressedDraw,
  one: PersonId,
  other: PersonId,
): number {
  const { rangeMetres, shadowingSigma } = parameters;
  if (shadowingSigma === 0) return rangeMetres;
  const uniform = draw('radio-shadowing', Math.min(one, other), Math.max(one, other));
  const factor = logNormal(uniform, resolution, shadowingSigma) / resolution;
  return rangeMetres * Math.min(mostFactor, Math.max(leastFactor, factor));
}
