// A scenario's talk written out instead of drawn, so that a small case says exactly what happens in it.
import { z } from 'zod';
import { duration, text } from './schema-parts.ts';

const person = z.number().int().min(0);

const conversation = z.strictObject({
  kind: z.enum(['direct', 'group', 'room']).describe('direct: of two; room: large, with moderators.'),
  members: z.array(person).min(2).describe('Who takes part: people are numbered from 0.'),
  moderators: z
    .array(person)
    .exactOptional()
    .describe('Of a room: who looks after it; the first two may do everything.'),
  guests: z.number().int().min(0).max(20).default(0).describe('Of a room: accounts of nobody.'),
});

const common = {
  at: duration.describe('Since the epoch.'),
  by: person.describe('Who does it.'),
  in: z.number().int().min(0).describe('In which conversation, numbered from 0.'),
};

const message = z.strictObject({
  ...common,
  characters: z.number().int().min(1).max(20_000).default(20).describe('Length of the text.'),
  times: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe('How many such messages, one after the other.'),
  every: duration.prefault('1s').describe('From one of them to the next.'),
  resendAfter: duration
    .exactOptional()
    .describe('How long after a visible failure the sender tries again; never unless said.'),
});

const change = z.strictObject({
  ...common,
  change: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('topic').describe('Another topic.'),
        text: text.describe('What it says.'),
      }),
      z.strictObject({
        kind: z.literal('entry').describe('Who may come.'),
        rule: z.enum(['public', 'invite']).describe('public: everybody; invite: who is asked.'),
      }),
      z.strictObject({
        kind: z
          .literal('guest')
          .describe('A guest is thrown out for good, thrown out or pardoned, or asked in.'),
        guest: z.number().int().min(0).describe('Which guest of the room, numbered from 0.'),
        fate: z
          .enum(['ban', 'remove', 'invite'])
          .describe('ban: for good; remove: thrown out, or pardoned; invite: asked in.'),
      }),
      z.strictObject({
        kind: z.literal('guest-speaks').describe('A guest says something.'),
        guest: z.number().int().min(0).describe('Which guest.'),
        text: text.describe('What the guest says.'),
      }),
      z.strictObject({
        kind: z.literal('moderator').describe('Somebody becomes a moderator, or no longer is one.'),
        person: person.describe('Who.'),
        is: z.boolean().describe('Whether the person is one from now on.'),
      }),
    ])
    .describe('What is changed about a room.'),
});

const absence = z.strictObject({
  who: person.describe('Whose phone.'),
  phone: z
    .enum(['off', 'in-pocket'])
    .default('off')
    .describe('off: without network; in-pocket: the application is closed.'),
  from: duration.describe('Since the epoch.'),
  until: duration.describe('Since the epoch.'),
});

/** What people do, one by one. */
export const scriptSchema = z
  .strictObject({
    conversations: z.array(conversation).min(1).describe('Who talks with whom.'),
    messages: z.array(message).default([]).describe('What is said.'),
    changes: z.array(change).default([]).describe('What moderators and guests do.'),
    away: z
      .array(absence)
      .default([])
      .describe('When phones are away; for the rest of the time the application is open.'),
  })
  .exactOptional()
  .describe(
    'What people do, written out instead of drawn from their habits: nothing else happens. With it, nobody loses the network by chance.',
  );

/** A script as written. */
export type ScriptDocument = NonNullable<z.output<typeof scriptSchema>>;
