// What a faithful run must show: intervals with a basis and a source, committed before the scenario first runs.
import { z } from 'zod';
import type { RefusalFate } from '../protocol/core.ts';
import { taskKinds } from '../protocol/task.ts';
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
  'converged', // 1: all copies of all shared objects (rooms) agree at the horizon
  'state-converged', // 1: they agree in their state
  'state-recovery-minutes', // from the last heal until states no longer differ for over a minute
  'history-complete', // 1: every copy holds what the others hold
  'state-resets',
  'undecryptable',
  'never-readable',
  'unexplained-share',
  'never-delivered-excess',
] as const;

/** Figures of one system over what people set out to do beyond writing. */
export const taskMetrics = [
  'task-ratio', // share of attempted tasks done within `within` (the deadline, when left out)
  'task-loss', // the twin's share minus the run's
] as const;

/** What becomes of something that a node does not take as it came. */
const refusalFates = [
  'dropped',
  'redacted',
  'rejected',
  'soft-failed',
  'unconnected',
  'rate-limited',
] as const satisfies readonly RefusalFate[];

const countries = z
  .array(z.string().regex(/^[A-Z]{2}$/, 'expected the two letters of a country, such as ES'))
  .min(1)
  .optional();

const common = {
  id: id.describe('Unique in the scenario.'),
  text: text.describe('The expectation in a sentence.'),
  basis: z
    .enum(['record', 'law', 'derived'])
    .describe(
      'Published record, a law that any such outage follows, or derived from source code. Only the record counts towards "reproduces the outage".',
    ),
  system: id.describe('The system it speaks of.'),
  least: z.number().optional().describe('Least value of the metric that fits; no bound when left out.'),
  most: z.number().optional().describe('Greatest value of the metric that fits; no bound when left out.'),
  source: text.describe('Where the interval comes from.'),
  amended: text
    .optional()
    .describe(
      'What was changed after the scenario first ran, and what had been measured. Shown with the expectation, which from then on is a fit, not a test.',
    ),
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
      metric: z.enum(windowMetrics).describe('A figure over messages sent in a window.'),
      ...common,
      sentBetween: z
        .tuple([instant, instant])
        .describe('The window: the first instant is in it, the second is not.'),
      within: duration
        .optional()
        .describe('Counts as delivered when it came this soon; ever, when left out.'),
      distance: z
        .enum(['walking', 'same-city', 'same-country', 'abroad'])
        .optional()
        .describe('Only deliveries between people who live so far apart.'),
      sendersIn: countries.describe('Only what people who live in these countries write, by code: [ES, PT].'),
      recipientsIn: countries.describe('Only deliveries to people who live in these countries.'),
    }),
    z.strictObject({
      metric: z.enum(taskMetrics).describe('A figure over tasks: what people do beyond writing in a chat.'),
      ...common,
      task: z.enum(taskKinds).describe('The kind of task.'),
      begunBetween: z
        .tuple([instant, instant])
        .describe('The window in which they were begun: the first instant is in it, the second is not.'),
      within: duration
        .optional()
        .describe('Counts as done when it was done this soon; people.taskDeadlineSeconds, when left out.'),
    }),
    z.strictObject({
      metric: z
        .literal('refused')
        .describe('How often something was not taken as it came, over the whole run.'),
      ...common,
      fate: z.enum(refusalFates).describe('What became of it.'),
      from: text.optional().describe('The server that sent it; any, when left out.'),
    }),
    z.strictObject({
      metric: z
        .literal('situation')
        .describe('How often something was met with, as cores count it, over the whole run.'),
      ...common,
      situation: text.describe('Its name, as in systems.<id>.situations of run.json.'),
      per: text
        .optional()
        .describe('Another one: the figure is how many of the first there are for each of these.'),
    }),
    z.strictObject({
      metric: z.enum(runMetrics).describe('A figure over the whole run.'),
      ...common,
    }),
  ])
  .refine((value) => value.least !== undefined || value.most !== undefined, {
    message: 'expected least, most or both',
  })
  .refine((value) => value.least === undefined || value.most === undefined || value.least <= value.most, {
    message: 'expected least to be at most most',
  });

/** An expectation as written. */
export type ExpectationDocument = z.output<typeof expectationSchema>;
