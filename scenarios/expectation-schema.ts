// What a faithful run must show: intervals with a basis and a source, committed before the scenario first runs.
import { z } from 'zod';
import { duration, id, instant, text } from './schema-parts.ts';

/** Figures of one system over the deliveries of messages sent in a window. */
export const windowMetrics = [
  'ratio', // share delivered within `within` (ever, when left out)
  'ratio-loss', // the twin's ratio minus the run's
  'read-in-window', // share of messages sent in the window that were read before it ended
  'excess-p50-minutes', // percentiles of delay minus the twin's
  'excess-p99-minutes',
  'late-share', // late by more than a second against the twin, or missing where the twin has it
] as const;

/** Figures of one system over the whole run. */
export const runMetrics = [
  'lost-after-acceptance',
  'recovery-minutes',
  'cut-off-share',
  'converged',
  'unexplained-share',
  'never-delivered-excess',
] as const;

const common = {
  id: id.describe('Unique in the scenario.'),
  text: text.describe('The expectation in a sentence.'),
  basis: z
    .enum(['record', 'law', 'derived'])
    .describe(
      'Published record, a law that any such outage follows, or derived from source code. Only the record counts towards "reproduces the outage".',
    ),
  system: id.describe('The system it speaks of.'),
  least: z.number().optional(),
  most: z.number().optional(),
  source: text,
  calibratedOn: z
    .array(id)
    .optional()
    .describe(
      'Scenarios on which a parameter it depends on was calibrated; its own makes it a fit, not a test.',
    ),
  withoutFaults: z.boolean().default(false).describe('Also applies when faults were overridden.'),
};

/** An expectation. */
export const expectationSchema = z
  .discriminatedUnion('metric', [
    z.strictObject({
      metric: z.enum(windowMetrics),
      ...common,
      sentBetween: z.tuple([instant, instant]),
      within: duration.optional(),
      distance: z.enum(['walking', 'same-city', 'same-country', 'abroad']).optional(),
    }),
    z.strictObject({ metric: z.enum(runMetrics), ...common }),
  ])
  .refine((value) => value.least !== undefined || value.most !== undefined, {
    message: 'expected least, most or both',
  })
  .refine((value) => value.least === undefined || value.most === undefined || value.least <= value.most, {
    message: 'expected least to be at most most',
  });

/** An expectation as written. */
export type ExpectationDocument = z.output<typeof expectationSchema>;
