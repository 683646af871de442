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
  rampUp: duration.exactOptional().describe('Grows from nothing over this long.'),
  rampDown: duration.exactOptional().describe('Shrinks to nothing over this long before the end.'),
  flap: z
    .strictObject({
      period: duration.describe('Length of one cycle of on and off.'),
      duty: probability.describe('Share of each cycle in which it holds.'),
    })
    .exactOptional()
    .describe('Active for the share `duty` of each period.'),
  source: text.describe('Where this is known from.'),
  mayBeIdle: text
    .exactOptional()
    .describe(
      'Why it may bite nowhere without failing the run. Without this, a fault that changes the fate of no delivery fails it.',
    ),
};

const down = z.strictObject({
  kind: z.literal('down').describe('It does not work at all.'),
  ...common,
  manner: z
    .enum(['black-hole', 'refuse', 'crash'])
    .default('black-hole')
    .describe(
      'black-hole: nothing gets to or from it; refuse: it answers that nobody listens; crash: it is off and forgets what it did not store.',
    ),
});

const errorRate = z.strictObject({
  kind: z.literal('error-rate').describe('It answers requests with an HTTP error.'),
  ...common,
  probability: probability.describe('Share of requests, 0 to 1.'),
  status: z.number().int().min(400).max(599).default(503).describe('HTTP status of the error.'),
});

const latency = z.strictObject({
  kind: z.literal('latency').describe('Paths to and from it take longer.'),
  ...common,
  addMs: z.number().min(0).default(0).describe('Added to each one-way delay, milliseconds.'),
  multiply: z.number().positive().default(1).describe('Factor on each one-way delay.'),
});

const loss = z.strictObject({
  kind: z.literal('loss').describe('Paths to and from it lose packets.'),
  ...common,
  probability: probability.describe('Share of packets, 0 to 1.'),
});

const partition = z.strictObject({
  kind: z.literal('partition').describe('Two sides cannot reach each other.'),
  ...common,
  from: text.describe('The other side, as a selector.'),
  oneWay: z
    .boolean()
    .default(false)
    .describe('Only what goes from the side of `from` to the target is cut off.'),
});

const dns = z.strictObject({
  kind: z.literal('dns').describe('Names of the zone do not resolve; what is connected stays connected.'),
  ...common,
  answer: z.enum(['nxdomain', 'servfail', 'empty']).default('empty').describe('What resolvers answer.'),
  negativeTtlSeconds: z
    .number()
    .min(0)
    .default(900)
    .describe('How long resolvers keep a negative answer after the end, seconds.'),
});

const certificateExpired = z.strictObject({
  kind: z.literal('certificate-expired').describe('TLS handshakes with it fail.'),
  ...common,
});

const noNewInstances = z.strictObject({
  kind: z.literal('no-new-instances').describe('Instances cannot be launched; running ones do not notice.'),
  ...common,
  probability: probability.default(1).describe('Share of launches, 0 to 1.'),
  withoutNetwork: z
    .boolean()
    .default(false)
    .describe('The launch succeeds and the instance has no network, instead of failing.'),
});

const loadBalancerFlap = z.strictObject({
  kind: z.literal('load-balancer-flap').describe('Health checks take healthy capacity out and put it back.'),
  ...common,
  fraction: probability.describe('Share of the capacity that is out at a time, 0 to 1.'),
  periodSeconds: z
    .number()
    .positive()
    .default(60)
    .describe('How often the choice of what is out changes, seconds. Assumed; range 30 to 300.'),
});

const slow = z.strictObject({
  kind: z.literal('slow').describe('It works, and takes longer over each request.'),
  ...common,
  factor: z.number().min(1).describe('Factor on the time of each request.'),
});

/** A fault: what, where, when, and how it is known. */
export const faultSchema = z.discriminatedUnion('kind', [
  down,
  errorRate,
  latency,
  loss,
  partition,
  dns,
  certificateExpired,
  noNewInstances,
  loadBalancerFlap,
  slow,
]);

/** A fault as written. */
export type FaultDocument = z.output<typeof faultSchema>;
