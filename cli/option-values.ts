// What options of several commands mean.
import { InvalidArgumentError } from 'commander';

/** Reads a whole number within bounds, both included. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}, got "${text}".`);
    }
    return value;
  };
}

/** Every value of an option that may be given several times. */
export const collect = (text: string, earlier: readonly string[]): readonly string[] => [...earlier, text];

/** The seed of a run. */
export const seedNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);
