// Faults as a scenario writes them.
import { z } from 'zod';
import { misbehaviours } from '../protocol/matrix/misbehaviour.ts';
import { duration, id, instant, text } from './schema-parts.ts';

const probability = z.number().min(0).max(1);

const common = {
  id: id.describe('Unique in the scenario.'),
  title: text.describe('What broke, for people.'),
  target: text.describe(
    'Which components, in the selector language: provider=aws region=us-east-1 service=dynamodb.',
  ),
  start: instant.describe('When it begins.'),
  end: instant.exactOptional().describe('When it ends by itself; may be left out with endsWith.'),
  endsWith: id.exactOptional().describe('Id of the action that ends it, if it has not ended by itself.'),
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
      'Why it may bite nowhere without failing the run. Without this, a fault that changes the fate of no delivery and no task fails it.',
    ),
};

const between = {
  from: text
    .exactOptional()
    .describe(
      'Only what goes between the target and these components; all that touches the target when left out.',
    ),
};

/** A kind of fault: its description and the fields beside the common ones. */
function kind<Name extends string, Fields extends z.core.$ZodLooseShape>(
  name: Name,
  description: string,
  fields: Fields,
): z.ZodObject<{ kind: z.ZodLiteral<Name> } & typeof common & Fields, z.core.$strict> {
  return z.strictObject({ kind: z.literal(name).describe(description), ...common, ...fields });
}

const down = kind('down', 'It does not work at all.', {
  manner: z
    .enum(['black-hole', 'refuse', 'crash'])
    .default('black-hole')
    .describe(
      'black-hole: nothing gets to or from it; refuse: it answers that nobody listens; crash: it is off and forgets what it did not store.',
    ),
  disk: z
    .enum(['kept', 'rolled-back', 'lost'])
    .default('kept')
    .describe('What a crash leaves of the disk: all of it, all up to the last sync, or nothing.'),
});

const powerLoss = kind(
  'power-loss',
  'A grid is without power: what stands on it goes off at once, or when its battery is empty.',
  {},
);

const errorRate = kind('error-rate', 'It answers requests with an HTTP error.', {
  probability: probability.describe('Share of requests, 0 to 1.'),
  status: z.number().int().min(400).max(599).default(503).describe('HTTP status of the error.'),
});

const latency = kind('latency', 'Paths to and from it take longer.', {
  addMs: z.number().min(0).default(0).describe('Added to each one-way delay, milliseconds.'),
  multiply: z.number().positive().default(1).describe('Factor on each one-way delay.'),
  ...between,
});

const loss = kind('loss', 'Paths to and from it lose packets.', {
  probability: probability.describe('Share of packets, 0 to 1.'),
  ...between,
});

const bandwidth = kind('bandwidth', 'A shaper holds back each connection to and from it.', {
  bitsPerSecond: z.number().positive().describe('What a connection gets at most in each direction.'),
  ...between,
});

const corruption = kind(
  'corruption',
  'Paths to and from it damage packets: checksums find that, and they are sent again.',
  { probability: probability.describe('Share of packets, 0 to 1.'), ...between },
);

const partition = kind('partition', 'Two sides cannot reach each other.', {
  from: text.describe('The other side, as a selector.'),
  oneWay: z
    .boolean()
    .default(false)
    .describe('Only what goes from the side of `from` to the target is cut off.'),
  share: probability
    .default(1)
    .describe(
      'Share of the pairs of places between the two sides that are cut off; the same ones throughout.',
    ),
});

const dns = kind('dns', 'Names of the zone do not resolve; what is connected stays connected.', {
  answer: z
    .enum(['nxdomain', 'servfail', 'empty', 'stale', 'silence'])
    .default('empty')
    .describe(
      'What resolvers answer. stale: they go on giving addresses of machines that have failed; silence: nothing, until whoever asks gives up.',
    ),
  negativeTtlSeconds: z
    .number()
    .min(0)
    .default(900)
    .describe('How long resolvers keep a negative answer after the end, seconds.'),
});

const bgpWithdrawal = kind(
  'bgp-withdrawal',
  'The routes to what stands behind it are withdrawn: it cannot be reached from outside, nor reach anybody there.',
  { share: probability.default(1).describe('Share of the places behind it whose routes are gone.') },
);

const certificateExpired = kind('certificate-expired', 'TLS handshakes with it fail.', {
  clients: probability
    .default(1)
    .describe(
      'Share of clients that it fails for: those with old trust stores, when a root expires that newer ones have replaced.',
    ),
});

const noNewInstances = kind('no-new-instances', 'Instances cannot be launched; running ones do not notice.', {
  probability: probability.default(1).describe('Share of launches, 0 to 1.'),
  withoutNetwork: z
    .boolean()
    .default(false)
    .describe('The launch succeeds and the instance has no network, instead of failing.'),
});

const loadBalancerFlap = kind(
  'load-balancer-flap',
  'Health checks take healthy capacity out and put it back, or fail over from one that works.',
  {
    fraction: probability.describe('Share of the capacity that is out at a time, 0 to 1.'),
    periodSeconds: z
      .number()
      .positive()
      .default(60)
      .describe('How often the choice of what is out changes, seconds. Assumed; range 30 to 300.'),
  },
);

const slow = kind('slow', 'It works, and takes longer over each request.', {
  factor: z.number().min(1).describe('Factor on the time of each request.'),
});

const clock = kind(
  'clock',
  'Wall clocks are wrong: of machines that the target means, and of the devices of people who are there. Ramps are drifts; without them clocks jump.',
  {
    skewMs: z.number().int().describe('Shown time minus true time, milliseconds; negative: slow.'),
    share: probability.default(1).describe('Share of the machines and devices there whose clocks are wrong.'),
  },
);

const byzantine = kind('byzantine', 'Servers that the target means turn hostile.', {
  behaviour: z
    .enum(misbehaviours)
    .describe(
      'withholds: every second server of a room is not told of its events; keeps-back: every second message is given to nobody, and later ones build on it; equivocates: every second server is told another version; backdates: each message is followed by one that claims to be old; ignores-bans: users who were thrown out go on talking; forges: messages in the name of others’ users, and altered after signing; breaks-chains: events that their authorities do not allow, that rest on such ones, on none, or on what nobody has; floods: a hundred events at an old place of the graph and a hundred questions to everybody for each message. Matrix homeservers only.',
    ),
  share: probability.default(1).describe('Share of the servers there that turn hostile.'),
});

const overload = kind(
  'overload',
  'Strangers send requests to each machine that the target means: they queue with everybody else’s and use the same processors.',
  {
    requestsPerSecond: z.number().positive().max(10_000).describe('Requests to each machine, per second.'),
    costMs: z.number().positive().describe('Time that each takes a processor of the machine, milliseconds.'),
  },
);

const radioJamming = kind(
  'radio-jamming',
  'A jammer drowns radio frames of phones that are there: links slow down, then break, and nobody is found.',
  { probability: probability.describe('Share of frames that are drowned, 0 to 1.') },
);

const duplication = kind(
  'duplication',
  'Radio frames to phones that are there arrive twice. Internet streams have no duplicates.',
  { probability: probability.describe('Share of frames that arrive twice, 0 to 1.') },
);

const shutdown = kind('shutdown', 'A country closes its border to the Internet.', {
  domestic: z.enum(['up', 'down']).default('up').describe('Whether the network inside goes on working.'),
  except: text
    .exactOptional()
    .describe('Whom the border lets through, as a selector; only where the network inside works.'),
});

const blocking = kind('blocking', 'Those in the target are kept from a service.', {
  service: text.describe('The machines, load balancers or names of the service, as a selector.'),
  manner: z
    .enum(['black-hole', 'reset', 'nxdomain'])
    .default('black-hole')
    .describe('Packets are dropped, connections are reset, or resolvers deny the name.'),
});

/** A fault: what, where, when, and how it is known. */
export const faultSchema = z.discriminatedUnion('kind', [
  down,
  powerLoss,
  errorRate,
  latency,
  loss,
  bandwidth,
  corruption,
  partition,
  dns,
  bgpWithdrawal,
  certificateExpired,
  noNewInstances,
  loadBalancerFlap,
  slow,
  clock,
  byzantine,
  overload,
  radioJamming,
  duplication,
  shutdown,
  blocking,
]);

/** A fault as written. */
export type FaultDocument = z.output<typeof faultSchema>;
