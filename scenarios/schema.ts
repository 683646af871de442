// The scenario language. Descriptions here are the reference documentation: meaning, unit, default, source.
import { z } from 'zod';
import { expectationSchema } from './expectation-schema.ts';
import { actionSchema } from './action-schema.ts';
import { faultSchema } from './fault-schema.ts';
import { duration, id, text } from './schema-parts.ts';
import { movementSchema } from './movement-schema.ts';
import { caseSectionSchema } from './case-section.ts';
import { scriptSchema } from './script-schema.ts';
import { taskFields } from './task-schema.ts';
import { worldSchema } from './world-schema.ts';

const share = z.number().min(0).max(1);
const perDay = z.number().min(0).max(10_000);

/** Values of `people` that are shares of one whole: what they leave of it is a kind of its own. */
export const sharesOfOneWhole = [
  ['shareInDirectChats', 'shareInGroups'],
  ['friendsWithinWalkingDistance', 'friendsInSameCity', 'friendsInSameCountry'],
] as const;

const people = z
  .strictObject({
    count: z.number().int().min(2).max(200_000).default(1_000).describe('People. Each has a phone.'),
    cities: z
      .array(
        z.strictObject({
          name: text.describe('A city of the catalogue (scenarios/datasets/cities.csv).'),
          share: z.number().positive().describe('Weight of its population.'),
        }),
      )
      .min(1)
      .describe('Where they live.'),
    messagesPerPersonPerDay: perDay
      .default(10)
      .describe(
        'Messages sent per person and day. At the default, with about four recipients a message, about 40 reach each person a day; WhatsApp reported about 100 billion a day for about 2 billion users in October 2020 (TechCrunch), 50 each. Assumed; range 5 to 60.',
      ),
    messagesPerExchange: z
      .number()
      .min(1)
      .max(100)
      .default(4)
      .describe('Mean messages of an exchange before it falls silent. Assumed; range 2 to 10.'),
    replyGapMedianSeconds: z
      .number()
      .positive()
      .default(40)
      .describe(
        'Median pause between messages of an exchange, seconds (log-normal, sigma 1). Assumed; range 10 to 120.',
      ),
    shareInDirectChats: share
      .default(0.6)
      .describe('Share of exchanges in direct chats. Assumed; range 0.4 to 0.65.'),
    shareInGroups: share
      .default(0.35)
      .describe('Share of exchanges in groups; the rest is in large rooms. Assumed; range 0.15 to 0.4.'),
    directChatsPerPerson: z
      .number()
      .min(0)
      .max(500)
      .default(12)
      .describe('Direct chats a person takes part in. Assumed; range 5 to 40.'),
    groupsPerPerson: z
      .number()
      .min(0)
      .max(200)
      .default(3)
      .describe('Groups a person is a member of, on average. Assumed; range 1 to 10.'),
    groupSizeMedian: z
      .number()
      .min(3)
      .max(1_000)
      .default(6)
      .describe('Median members of a group (log-normal, sigma 0.6). Assumed; range 4 to 12.'),
    groupSizeMost: z
      .number()
      .int()
      .min(3)
      .max(5_000)
      .default(40)
      .describe('Members of the largest group. Assumed; range 20 to 200.'),
    roomSize: z
      .number()
      .int()
      .min(2)
      .max(50_000)
      .default(60)
      .describe('Members of a large room. Assumed; range 30 to 500.'),
    peoplePerRoom: z
      .number()
      .positive()
      .default(250)
      .describe('One large room for each so many people. Assumed; range 100 to 1000.'),
    roomChangesPerDay: perDay
      .default(0)
      .describe(
        'Changes a day that the moderators of a large room make to it: topic, who may come, guests thrown out and pardoned, moderators named and dismissed. Systems without administration ignore them. Chosen by the scenario; range 0 to 500.',
      ),
    moderatorsPerRoom: z
      .number()
      .int()
      .min(1)
      .max(50)
      .default(4)
      .describe(
        'Moderators of such a room, its founder and a second administrator among them. Assumed; range 1 to 20.',
      ),
    guestsPerRoom: z
      .number()
      .int()
      .min(0)
      .max(200)
      .default(4)
      .describe(
        'Members of such a room who are nobody in the simulation: whom moderators throw out. Assumed; range 0 to 50.',
      ),
    guestMessagesPerDay: perDay
      .default(0)
      .describe(
        'Messages that each guest of such a room says in a day, thrown out or not: who finds the door closed tries to come back. They count as nobody’s deliveries; what servers make of them is counted. Needs roomChangesPerDay. Chosen by the scenario; range 0 to 500.',
      ),
    friendsWithinWalkingDistance: share
      .default(0.25)
      .describe(
        'Share of friends in the same district. It decides what a mesh can do. Assumed; range 0.05 to 0.4.',
      ),
    friendsInSameCity: share
      .default(0.4)
      .describe('Share of friends elsewhere in the same city. Assumed; range 0.2 to 0.55.'),
    friendsInSameCountry: share
      .default(0.2)
      .describe(
        'Share of friends in another city of the country; the rest lives abroad. Assumed; range 0.1 to 0.35.',
      ),
    sessionsPerDay: perDay
      .default(12)
      .describe(
        'Times a day a person looks at the application unprompted, beside opening it to write. Assumed; range 5 to 80.',
      ),
    sessionMedianSeconds: z
      .number()
      .positive()
      .default(90)
      .describe('Median length of such a look, seconds (log-normal, sigma 1). Assumed; range 20 to 300.'),
    districtsPerCity: z
      .number()
      .int()
      .min(1)
      .max(4)
      .default(4)
      .describe('Districts of a city, 3 km apart: too far for radio. Assumed; range 1 to 4.'),
    districtRadiusMetres: z
      .number()
      .positive()
      .max(1_500)
      .default(350)
      .describe(
        'Radius of the districts in which homes and offices lie, metres. It decides how dense a mesh is. Assumed; range 100 to 1500.',
      ),
    meshSessionsPerDay: perDay
      .default(3)
      .describe(
        'Stretches a day for which people leave a mesh application open, which works only then. Assumed; range 0 to 12.',
      ),
    meshSessionMeanMinutes: z
      .number()
      .positive()
      .default(30)
      .describe('Mean length of such a stretch, minutes (exponential). Assumed; range 10 to 120.'),
    computerShare: share
      .default(0)
      .describe(
        'Share of people who read the same account on a computer at home, too, where the system links devices. Assumed; range 0 to 0.5.',
      ),
    computerSessionsPerDay: perDay
      .default(2)
      .describe('Times a day such a computer is in use; it sleeps otherwise. Assumed; range 0 to 10.'),
    computerSessionMeanMinutes: z
      .number()
      .positive()
      .default(60)
      .describe('Mean length of such a use, minutes (exponential). Assumed; range 10 to 240.'),
    employedShare: share
      .default(0.6)
      .describe('Share of people who go to work and back. Assumed; range 0.4 to 0.8.'),
    offAtNightShare: share
      .default(0.15)
      .describe('Share of phones that are switched off at night. Assumed; range 0.02 to 0.4.'),
    dropoutsPerDay: perDay
      .default(3)
      .describe('Short losses of network per phone and day. Assumed; range 0 to 12.'),
    dropoutMeanMinutes: z
      .number()
      .positive()
      .default(6)
      .describe('Mean length of such a loss, minutes (exponential). Assumed; range 1 to 20.'),
    androidShare: share
      .default(0.7)
      .describe(
        'Share of Android among phones; the rest is iOS. Assumed from common market reports; range 0.4 to 0.9.',
      ),
    phoneBatteryHours: z
      .number()
      .positive()
      .max(1_000)
      .default(24)
      .describe(
        'How long a full battery lasts, hours. Phones charge while the grid at home has power, and go off without it when what they held is used up. Assumed; range 8 to 72.',
      ),
    clockSkewSigmaMs: z
      .number()
      .min(0)
      .default(300)
      .describe('Standard deviation of the error of phone clocks, milliseconds. Assumed; range 50 to 5000.'),
    resendMedianMinutes: z
      .number()
      .positive()
      .default(10)
      .describe(
        'Median time until a person presses "send again" on a message marked as failed. Assumed; range 2 to 60.',
      ),
    neverResendShare: share
      .default(0.2)
      .describe('Share of failed messages that nobody sends again. Assumed; range 0 to 1.'),
    textLengthMedian: z
      .number()
      .positive()
      .default(40)
      .describe('Median characters of a message (log-normal, sigma 0.9). Assumed; range 20 to 120.'),
    writingSeconds: z
      .number()
      .min(0)
      .max(14)
      .default(0)
      .describe(
        'So long before a message is sent its author begins to write, and others are shown it where they can be (Matrix); nobody is seen to write when 0. Chosen by the scenario; range 0 to 14.',
      ),
    ...taskFields,
  })
  .superRefine((value, context) => {
    for (const shares of sharesOfOneWhole) sumToOneAtMost(value, shares, context);
  });

/** Shares of one whole, of which something may be left. */
function sumToOneAtMost<Key extends string>(
  value: Readonly<Record<Key, number>>,
  shares: readonly Key[],
  context: z.RefinementCtx,
): void {
  let sum = 0;
  for (const share of shares) sum += value[share];
  // Shares written in decimals sum to 1 only nearly.
  if (sum <= 1 + 1e-9) return;
  const found = shares.map((share) => value[share]).join(' + ');
  const message = `expected ${shares.join(' + ')} of at most 1, found ${found}`;
  context.addIssue({ code: 'custom', path: [shares.at(-1) ?? ''], message });
}

const assumption = z.strictObject({
  path: text.describe('The value it speaks of, as `--set` names it; or a name of its own, with `value`.'),
  value: z
    .union([z.number(), z.string(), z.boolean()])
    .optional()
    .describe('What is assumed, where no value of this file says it.'),
  unit: z.string().default('').describe('Unit of the value; empty for a plain number.'),
  meaning: text.describe('What it stands for.'),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([least, most]) => least <= most, { message: 'expected the least before the most' })
    .optional()
    .describe('Plausible least and most.'),
  source: text.optional().describe('Where it is known from; assumed when left out.'),
  calibratedOn: z
    .array(id)
    .exactOptional()
    .describe('Scenarios whose results were known when it was set: there it is a fit, no prediction.'),
});

/** An assumption as written. */
export type AssumptionDocument = z.output<typeof assumption>;

/** A scenario file. */
export const scenarioSchema = z.strictObject({
  netsplit: z.literal(1).describe('Version of the scenario language.'),
  name: id.describe('Unique in the library; legal in file names.'),
  title: text.describe('For people.'),
  depicts: z
    .enum(['outage', 'what-if', 'study'])
    .default('study')
    .describe(
      'outage: something that happened, after its public record; what-if: such a thing with something changed; study: made to show or to test something.',
    ),
  description: text.describe('What happened, what is modelled, what is not.'),
  sources: z
    .array(
      z.strictObject({
        title: text.describe('What it is.'),
        url: z.url().optional().describe('Where it is.'),
      }),
    )
    .default([])
    .describe('What the scenario as a whole is known from.'),
  epoch: z.string().describe('Instant 0 of the run, ISO 8601 in UTC: 2025-10-20T00:00Z.'),
  windows: z
    .strictObject({
      warmUp: duration.describe('Talk before this is not measured.'),
      sending: duration.describe('Length of the measured window after the warm-up.'),
      horizon: duration.describe(
        'End of the run since the epoch: at least 24 h after the last send, unless shortHorizon says why not.',
      ),
      shortHorizon: text.optional().describe('Why the horizon may come earlier.'),
    })
    .describe('When people talk, when that is measured, and how long is waited for what is late.'),
  people: people.describe('Who they are and how they talk.'),
  movement: movementSchema,
  script: scriptSchema,
  case: caseSectionSchema,
  room: text
    .exactOptional()
    .describe(
      'A Matrix room in a file beside the scenario, or a data set: one conversation goes on in it. Its graph is kept; users, servers and keys are replaced.',
    ),
  world: worldSchema.describe('What the world has beside what the catalogue brings.'),
  systems: z
    .record(
      id,
      z
        .record(z.string(), z.number())
        .nullable()
        .transform((value) => value ?? {}),
    )
    .refine((value) => Object.keys(value).length > 0, { message: 'expected at least one system' })
    .describe('Systems to run, each with the parameters it should have instead of its own.'),
  faults: z.array(faultSchema).default([]).describe('What breaks, when, and how it is known.'),
  actions: z
    .array(actionSchema)
    .default([])
    .describe('What operators do about the faults; not in the run without faults.'),
  assumptions: z
    .array(assumption)
    .default([])
    .describe('What this file assumes beyond its sources; listed with every run.'),
  expectations: z
    .array(expectationSchema)
    .default([])
    .describe('What a faithful run must show; they decide the exit code.'),
  limits: z
    .strictObject({
      events: z.number().int().positive().default(200_000_000).describe('Events of one simulation.'),
      eventsPerInstant: z
        .number()
        .int()
        .positive()
        .default(1_000_000)
        .describe('Events at one instant: more is a loop that never ends.'),
    })
    .prefault({})
    .describe('What ends a run early, with what it has.'),
});

/** A scenario as written, defaults filled in. */
export type ScenarioDocument = z.output<typeof scenarioSchema>;
