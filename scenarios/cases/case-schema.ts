// What a case file may hold: a problem that is complete in itself, what is expected of it, and how it was found.
import { z } from 'zod';

/** The version of the form of case files that this netsplit writes and reads. */
export const caseVersion = 1;

const eventId = z.string().startsWith('$', { error: 'expected an event id, which begins with $' });
const whole = z.number().int().min(0);

const event = z.strictObject({
  event_id: eventId,
  type: z.string(),
  state_key: z.string().optional(),
  sender: z.string().startsWith('@', { error: 'expected a user id, which begins with @' }),
  content: z.record(z.string(), z.json()),
  prev_events: z.array(eventId),
  auth_events: z.array(eventId),
  depth: whole,
  origin_server_ts: whole,
});

const algorithm = z.enum(['v1', 'v2', 'v2.1']).optional();
const expectation = z.union([
  z.strictObject({ violates: z.string(), algorithm }),
  z.strictObject({ holds: z.string(), algorithm }),
  /** Ids of the events of the resolved state, in any order. */
  z.strictObject({ resolves_to: z.array(eventId), algorithm }),
]);

/** A case: one state resolution. */
export const caseSchema = z.strictObject({
  netsplit_case: z.literal(caseVersion),
  title: z.string().min(1),
  /** What must come out; `algorithm` instead of the room version's own. */
  expect: z.array(expectation).min(1),
  /** For people: where it comes from. */
  found: z
    .strictObject({
      command: z.string(),
      room: whole.optional(),
      seconds: z.number().min(0).optional(),
      source: z.string().optional(),
    })
    .optional(),
  why: z.string().optional(),
  resolution: z.strictObject({
    room_version: z.string(),
    /** By the letter of the specification, where deployed servers do otherwise. */
    follow: z.literal('text').optional(),
    events: z.array(event).min(1),
    states: z.array(z.array(eventId)).min(1),
    rejected: z.array(eventId).optional(),
  }),
});

/** A case file as data. */
export type CaseDocument = z.infer<typeof caseSchema>;

/** One thing that is expected. */
export type CaseExpectation = CaseDocument['expect'][number];
