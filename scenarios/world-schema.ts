// The part of a scenario that says what its world has beside the catalogue.
import { z } from 'zod';
import { duration, text } from './schema-parts.ts';

const share = z.number().min(0).max(1);

/** How people reach the Internet; the same in every country. */
const accessNetwork = (of: {
  readonly what: string;
  readonly rtt: readonly [number, number, number];
  readonly sigma: number;
  readonly loss: readonly [number, number, number];
  readonly up: number;
  readonly down: number;
}): z.ZodPrefault<
  z.ZodObject<{
    medianRttMs: z.ZodDefault<z.ZodNumber>;
    sigma: z.ZodDefault<z.ZodNumber>;
    lossProbability: z.ZodDefault<z.ZodNumber>;
    upBitsPerSecond: z.ZodDefault<z.ZodNumber>;
    downBitsPerSecond: z.ZodDefault<z.ZodNumber>;
  }>
> =>
  z
    .strictObject({
      medianRttMs: z
        .number()
        .positive()
        .default(of.rtt[0])
        .describe(
          `Median round trip of ${of.what} to the first router, milliseconds (log-normal). Assumed; range ${of.rtt[1]} to ${of.rtt[2]}.`,
        ),
      sigma: z
        .number()
        .min(0)
        .max(3)
        .default(of.sigma)
        .describe('Standard deviation of the logarithm of that. Assumed; range 0.2 to 1.'),
      lossProbability: share
        .default(of.loss[0])
        .describe(`Loss per segment on ${of.what}. Assumed; range ${of.loss[1]} to ${of.loss[2]}.`),
      upBitsPerSecond: z
        .number()
        .positive()
        .default(of.up)
        .describe(`Rate of ${of.what} from the user. Assumed; range 1000000 to 100000000.`),
      downBitsPerSecond: z
        .number()
        .positive()
        .default(of.down)
        .describe(`Rate of ${of.what} to the user. Assumed; range 4000000 to 1000000000.`),
    })
    .prefault({});

const access = z
  .strictObject({
    home: accessNetwork({
      what: 'a fixed line',
      rtt: [10, 4, 30],
      sigma: 0.5,
      loss: [0.001, 0.0001, 0.01],
      up: 20_000_000,
      down: 100_000_000,
    }).describe('Fixed lines of homes and offices.'),
    mobile: accessNetwork({
      what: '4G',
      rtt: [40, 20, 100],
      sigma: 0.4,
      loss: [0.005, 0.001, 0.02],
      up: 10_000_000,
      down: 40_000_000,
    }).describe('Mobile networks.'),
    cellsPerDistrict: z
      .number()
      .int()
      .min(1)
      .max(50)
      .default(3)
      .describe('Base station sites of a provider in a district. Assumed; range 1 to 10.'),
    cellBatteryLeastHours: z
      .number()
      .min(0)
      .max(1_000)
      .default(2)
      .describe(
        'Shortest time that the battery of a base station lasts, hours. Between the two bounds every site has its own. Assumed; range 0 to 4.',
      ),
    cellBatteryMostHours: z
      .number()
      .min(0)
      .max(1_000)
      .default(6)
      .describe('Longest time that the battery of a base station lasts, hours. Assumed; range 2 to 24.'),
  })
  .refine((value) => value.cellBatteryLeastHours <= value.cellBatteryMostHours, {
    path: ['cellBatteryMostHours'],
    message: 'expected at least cellBatteryLeastHours',
  })
  .prefault({})
  .describe('How people reach the Internet. No table of last-mile latency by country could be had.');

const need = z.union([
  text.transform((on) => ({ on, strength: 'hard' as const, outlives: 0, cycle: undefined })),
  z.strictObject({
    on: text.describe('The component it needs.'),
    strength: z
      .enum(['hard', 'soft', 'start-up'])
      .default('hard')
      .describe(
        'hard: it fails with what it needs; soft: it gets slower; start-up: a running one does not notice.',
      ),
    outlives: duration
      .default(0)
      .describe(
        'For so long a battery, or a cache that outlives its source, bridges the loss of a hard need.',
      ),
    cycle: z
      .literal('declared')
      .optional()
      .describe('This need knowingly closes a cycle, as that of a service that needs itself to start.'),
  }),
]);

const redundancy = z.strictObject({
  atLeast: z.number().int().min(1).describe('So many of the members have to work.'),
  of: z.array(text).min(1).describe('The members, in order of preference: ids of components.'),
  failover: z
    .strictObject({
      detectionSeconds: z
        .number()
        .min(0)
        .describe('How long a health check takes to find that the member that serves has failed, seconds.'),
      switchOverSeconds: z
        .number()
        .min(0)
        .default(0)
        .describe('From there until another one serves, seconds.'),
    })
    .optional()
    .describe('One serves and the others stand by; without it all serve at once.'),
  lost: z
    .enum(['black-hole', 'refuse', 'crash'])
    .default('refuse')
    .describe('What it does while too few are left: see the manners of a fault of kind down.'),
});

const component = z.strictObject({
  id: text.describe('Unique, path-like.'),
  kind: z
    .enum([
      'provider',
      'region',
      'zone',
      'service',
      'dns-zone',
      'resolver',
      'certificate',
      'load-balancer',
      'path',
      'isp',
      'country',
      'city',
      'cell',
      'access-line',
      'power-area',
      'host',
      'device',
    ])
    .describe('What sort of thing it is; `kind=` in selectors.'),
  attributes: z
    .record(z.string(), z.string().describe('What selectors find it by.'))
    .default({})
    .describe('What selectors match on. A path says from and to which continent it leads.'),
  needs: z.array(need).default([]).describe('Components it needs; a name alone is a hard need.'),
  redundancy: redundancy
    .optional()
    .describe('Components of which it needs some: zones, replicas, name servers.'),
  region: text
    .optional()
    .describe('Cloud region whose place on the globe and in the round-trip table it shares.'),
});

/** A component as written. */
export type ComponentDocument = z.output<typeof component>;

const delegation = z.strictObject({
  by: z
    .enum(['well-known', 'service-record'])
    .default('well-known')
    .describe('A file on the web server behind the name, or a service record (SRV) in the name’s zone.'),
  site: text.describe(
    'Region or hosting site in which the web server behind the name stands: id of a component.',
  ),
  maxAgeSeconds: z
    .number()
    .int()
    .min(0)
    .exactOptional()
    .describe(
      'How long others may keep what the file says (`max-age`), seconds; when left out, it does not say.',
    ),
});

const server = z.strictObject({
  name: text
    .regex(/^[a-z0-9]([a-z0-9.-]{0,228}[a-z0-9])?(:\d{1,5})?$/, 'expected a host name in lower-case letters')
    .describe('Name of the server: what stands behind the colon in its users’ ids.'),
  site: text.describe('Region or hosting site in which it stands: id of a component.'),
  users: z.number().min(0).describe('Accounts on it; only their proportions matter.'),
  usersFrom: z
    .record(
      z.string(),
      z.number().min(0).describe('Accounts of people who live in this city; only their proportions matter.'),
    )
    .exactOptional()
    .describe('Accounts by the city in which their people live, instead of `users` for these cities.'),
  software: z.enum(['synapse', 'dendrite']).default('synapse').describe('Whose federation it speaks.'),
  delegation: delegation
    .exactOptional()
    .describe(
      'How other servers find it, when it is not where its name is; its host is `synapse.` and its name.',
    ),
});

export const worldSchema = z
  .strictObject({
    components: z.array(component).default([]).describe('Added to the catalogue.'),
    access,
    servers: z
      .array(server)
      .min(1)
      .exactOptional()
      .describe('The homeservers that there are, instead of some made from hosting shares.'),
  })
  .prefault({});

/** The world as written, defaults filled in. */
export type WorldDocument = z.output<typeof worldSchema>;
