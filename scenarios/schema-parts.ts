// Pieces of the scenario language that several schemas use.
import { z } from 'zod';
import {
  durationForm,
  durationPattern,
  instantForm,
  parseDuration,
  parseWallTime,
  wallTimePattern,
} from './time-notation.ts';

/** Non-empty text. */
export const text = z.string().trim().min(1);

/** A name that is legal in file names on every system. */
export const id = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?$/, 'expected lower-case letters, digits and hyphens');

/** As editors check it; read by {@link duration}. */
const durationText = z
  .string({ error: `expected ${durationForm}` })
  .meta({ pattern: `^${durationPattern}$`, patternErrorMessage: `expected ${durationForm}` });

/** A duration, as microseconds. */
export const duration = durationText.transform((value, context) => {
  const parsed = parseDuration(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: `expected ${durationForm}, found "${value}"` });
  return z.NEVER;
});

/** An instant, still as text: only the compiler knows the epoch. */
export const instant = z
  .string({ error: `expected ${instantForm}` })
  .refine((value) => parseDuration(value) !== undefined || parseWallTime(value) !== undefined, {
    error: (issue) => `expected ${instantForm}, found ${JSON.stringify(issue.input)}`,
  })
  .meta({
    pattern: `^(${wallTimePattern}|${durationPattern})$`,
    patternErrorMessage: `expected ${instantForm}`,
  });
