// Faults as a scenario writes them.
import { z } from 'zod';
import { duration, id, instant, text } from './schema-parts.ts';

const probability = z.number().min(0).max(1);

const common = {
  id: id.describe('Unique in the scenario.'),
  title: text.describe('What broke, for people.'),
  target: text.describe(
    'Which components, in the selector language: provider=aws region=us-east-1 service=dynamodb.',
  ),
  start: instant.describe('When it begins.'),
  end: instant.describe('When it ends.'),
  rampUp: duration.optional().describe('Grows from nothing over this long.'),
  rampDown: duration.optional().describe('Shrinks to nothing over this long before the end.'),
  flap: z
    .strictObject({ period: duration, duty: probability })
    .optional()
    .describe('Active for the share `duty` of each period.'),
  source: text.describe('Where this is known from.'),
  mayBeIdle: z.boolean().optional().describe('It may bite nowhere without failing the run.'),
};

/** A fault: what, where, when, and how it is known. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('down'),
    ...common,
    manner: z.enum(['black-hole', 'refuse', 'crash']).default('black-hole'),
  }),
  z.strictObject({
    kind: z.literal('error-rate'),
    ...common,
    probability,
    status: z.number().int().min(400).max(599).default(503),
  }),
  z.strictObject({
    kind: z.literal('latency'),
    ...common,
    addMs: z.number().min(0).default(0),
    multiply: z.number().positive().default(1),
  }),
  z.strictObject({ kind: z.literal('loss'), ...common, probability }),
  z.strictObject({
    kind: z.literal('partition'),
    ...common,
    from: text.describe('The other side, as a selector.'),
    oneWay: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('dns'),
    ...common,
    answer: z.enum(['nxdomain', 'servfail', 'empty']).default('empty'),
    negativeTtlSeconds: z.number().min(0).default(900),
  }),
  z.strictObject({ kind: z.literal('certificate-expired'), ...common }),
  z.strictObject({
    kind: z.literal('no-new-instances'),
    ...common,
    probability: probability.default(1),
    withoutNetwork: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('load-balancer-flap'),
    ...common,
    fraction: probability,
    periodSeconds: z.number().positive().default(60),
  }),
  z.strictObject({ kind: z.literal('slow'), ...common, factor: z.number().min(1) }),
]);

/** A fault as written. */
export type FaultDocument = z.output<typeof faultSchema>;
