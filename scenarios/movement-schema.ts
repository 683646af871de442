// How people move, as a scenario writes it. The models are in sim/mobility.
import { z } from 'zod';
import { duration, text } from './schema-parts.ts';

const metres = z.number().positive().max(100_000);
const coordinate = z.number().min(-100_000).max(100_000);
const secondsAtLeast0 = z.number().min(0).max(1_000_000);
const share = z.number().min(0).max(1);
const person = z.number().int().min(0);

const area = {
  widthMetres: metres.default(1_000).describe('Width of the area. Chosen by the scenario.'),
  heightMetres: metres.default(1_000).describe('Height of the area. Chosen by the scenario.'),
};

const walking = {
  speedLeast: z
    .number()
    .min(0.05)
    .max(50)
    .default(0.5)
    .describe(
      'Least speed, metres per second, as in The ONE (default_settings.txt). Never near 0: such walks would not end. Assumed; range 0.3 to 1.',
    ),
  speedMost: z
    .number()
    .min(0.05)
    .max(50)
    .default(1.5)
    .describe('Greatest speed, metres per second, as in The ONE. Assumed; range 1 to 2.'),
};

const pauses = {
  pauseLeastSeconds: secondsAtLeast0.default(0).describe('Shortest pause, seconds. Assumed; range 0 to 600.'),
  pauseMostSeconds: secondsAtLeast0
    .default(120)
    .describe('Longest pause, seconds, as in The ONE. Assumed; range 10 to 3600.'),
};

const warmUp = (value: string): { warmUp: z.ZodDefault<typeof duration> } => ({
  warmUp: duration
    .default(duration.parse(value))
    .describe('How long people have moved when the run begins: models need time to settle.'),
});

/** The models, each with its own fields. */
export const movementModels = [
  z.strictObject({
    model: z.literal('static').describe('Uniform places in the area; nobody moves.'),
    ...area,
  }),
  z.strictObject({
    model: z.literal('random-waypoint').describe('Walk to a uniform point, pause, repeat.'),
    ...area,
    ...walking,
    ...pauses,
    ...warmUp('1h'),
  }),
  z.strictObject({
    model: z
      .literal('random-direction')
      .describe('Walk in a uniform direction for a while, pause, repeat; borders reflect.'),
    ...area,
    ...walking,
    ...pauses,
    travelLeastSeconds: secondsAtLeast0
      .default(60)
      .describe('Shortest walk, seconds. Assumed; range 10 to 600.'),
    travelMostSeconds: z
      .number()
      .positive()
      .max(1_000_000)
      .default(600)
      .describe('Longest walk, seconds. Assumed; range 60 to 3600.'),
    ...warmUp('1h'),
  }),
  z.strictObject({
    model: z.literal('levy-walk').describe('Flights and pauses with heavy tails (Rhee et al. 2011).'),
    ...area,
    flightExponent: z
      .number()
      .min(0.1)
      .max(3)
      .default(1)
      .describe('Tail exponent of flight lengths. Assumed; range 0.5 to 1.8.'),
    pauseExponent: z
      .number()
      .min(0.1)
      .max(3)
      .default(1)
      .describe('Tail exponent of pauses. Assumed; range 0.4 to 1.7.'),
    flightLeastMetres: metres.default(5).describe('Shortest flight. Assumed; range 1 to 20.'),
    flightMostMetres: metres.default(1_500).describe('Longest flight. Assumed; range 500 to 5000.'),
    pauseLeastSeconds: z
      .number()
      .positive()
      .max(1_000_000)
      .default(30)
      .describe('Shortest pause. Assumed; range 10 to 60.'),
    pauseMostSeconds: z
      .number()
      .positive()
      .max(1_000_000)
      .default(3_600)
      .describe('Longest pause. Assumed; range 600 to 28800.'),
    ...warmUp('1h'),
  }),
  z.strictObject({
    model: z
      .literal('daily-routine')
      .describe('Home, work, sometimes an evening out, along a grid of streets (Ekman et al. 2008).'),
    columns: z.number().int().min(2).max(60).default(12).describe('Crossings from west to east.'),
    rows: z.number().int().min(2).max(60).default(12).describe('Crossings from north to south.'),
    blockMetres: metres.default(80).describe('From one crossing to the next. Assumed; range 50 to 200.'),
    offices: z.number().int().min(1).max(3_600).default(8).describe('Places where people work.'),
    meetingSpots: z.number().int().min(1).max(3_600).default(4).describe('Places where people go out.'),
    goesOut: share
      .default(0.5)
      .describe('Share of evenings on which somebody goes out (Ekman et al., table 1).'),
    ...walking,
    ...warmUp('24h'),
  }),
  z.strictObject({
    model: z.literal('gatherings').describe('Random waypoint, and crowds that gather and disperse.'),
    ...area,
    ...walking,
    ...pauses,
    gatherings: z
      .array(
        z.strictObject({
          x: coordinate.describe('Metres from the west of the area.'),
          y: coordinate.describe('Metres from the south of the area.'),
          radiusMetres: metres.describe('People stand within this distance, uniformly.'),
          begins: duration.describe('Since the epoch.'),
          ends: duration.describe('Since the epoch.'),
          share: share.describe('Share of people who come.'),
          spreadMinutes: z
            .number()
            .min(0)
            .max(1_440)
            .default(20)
            .describe(
              'People come up to so much before, and go up to so much after. Assumed; range 5 to 60.',
            ),
        }),
      )
      .min(1)
      .describe('In order of time; none begins before the last has ended.'),
    ...warmUp('1h'),
  }),
  z.strictObject({
    model: z.literal('camps').describe('Isolated clusters, between which a few people travel.'),
    camps: z
      .array(z.strictObject({ x: coordinate.describe('Metres.'), y: coordinate.describe('Metres.') }))
      .min(1)
      .describe('Where they are.'),
    radiusMetres: metres.default(60).describe('People stay within this distance. Assumed; range 20 to 300.'),
    travellersShare: share.default(0.05).describe('Share of travellers. Assumed; range 0 to 0.3.'),
    stayLeastSeconds: secondsAtLeast0
      .default(1_800)
      .describe('Shortest stay of a traveller at a camp, seconds. Assumed; range 300 to 7200.'),
    stayMostSeconds: secondsAtLeast0
      .default(7_200)
      .describe('Longest stay of a traveller at a camp, seconds. Assumed; range 1800 to 86400.'),
    ...walking,
    travelSpeedLeast: z
      .number()
      .min(0.05)
      .max(50)
      .default(1)
      .describe('Least speed of travellers on the way, metres per second. Assumed; range 0.5 to 5.'),
    travelSpeedMost: z
      .number()
      .min(0.05)
      .max(50)
      .default(1.5)
      .describe('Greatest speed of travellers on the way, metres per second. Assumed; range 1 to 15.'),
    ...pauses,
    ...warmUp('1h'),
  }),
  z.strictObject({
    model: z
      .literal('contact-trace')
      .describe('People meet as a recorded or generated trace says; there are no positions.'),
    trace: text.describe(
      'A file in scenarios/datasets or a path, read as `netsplit mesh` does; needs as many people as it has nodes, or more.',
    ),
    resolutionSeconds: z
      .number()
      .positive()
      .max(86_400)
      .default(20)
      .describe('What a row of a SocioPatterns list stands for. As published; 20 on their sensors.'),
  }),
  z.strictObject({
    model: z
      .literal('meetings')
      .describe('People are within reach of each other as written here; there are no positions.'),
    meetings: z
      .array(
        z.strictObject({
          between: z
            .array(person)
            .min(2)
            .describe('Two people or more, who are numbered from 0: each of them is within reach of each.'),
          from: duration.describe('Since the epoch.'),
          until: duration.describe('Since the epoch.'),
        }),
      )
      .describe('Who is within reach of whom, and when.'),
  }),
] as const;

/** Everything about movement. One model; a field that its model does not have is an error. */
export const movementSchema = z
  .discriminatedUnion('model', movementModels)
  .optional()
  .describe(
    'How people move when it matters to radio. Left out, they commute between home and work. With it they use mobile networks throughout.',
  );

/** How people move, defaults filled in. */
export type MovementDocument = NonNullable<z.output<typeof movementSchema>>;
