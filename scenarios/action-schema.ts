// What operators do, as a scenario writes it.
import { z } from 'zod';
import { duration, id, instant, text } from './schema-parts.ts';

const condition = z.union([
  z.strictObject({
    fault: id.describe('Id of a fault.'),
    is: z.enum(['active', 'over']).describe('Whether it holds now, or is over.'),
  }),
  z.strictObject({
    components: text.describe('Which components operators watch, in the selector language.'),
    are: z
      .enum(['down', 'working'])
      .describe('down: at least one of them does not work; working: all of them do.'),
  }),
  z.strictObject({ done: id.describe('Id of an action that has been done.') }),
]);

const common = {
  id: id.describe('Unique among faults and actions.'),
  title: text.describe('What was done, for people.'),
  at: z
    .union([z.literal('never'), instant])
    .exactOptional()
    .describe('When it is done, or never; or `after`.'),
  after: z
    .array(condition)
    .min(1)
    .exactOptional()
    .describe('It is done once all of these have held together for as long as `for` says; or `at`.'),
  for: duration
    .exactOptional()
    .describe('How long the conditions have to hold before anybody acts; at once unless said.'),
  because: id
    .exactOptional()
    .describe('The fault to which it answers: what it costs users is charged to that, else to itself.'),
  source: text.describe('Where this is known from.'),
};

const target = text.describe('Which components, in the selector language.');

/** A kind of action: its description and the fields beside the common ones. */
function action<Name extends string, Fields extends z.core.$ZodLooseShape>(
  name: Name,
  description: string,
  fields: Fields,
): z.ZodObject<{ do: z.ZodLiteral<Name> } & typeof common & Fields, z.core.$strict> {
  return z.strictObject({ do: z.literal(name).describe(description), ...common, ...fields });
}

/** An action: what, where, when, and how it is known. */
export const actionSchema = z.discriminatedUnion('do', [
  action('repair', 'Nothing by itself: it ends the faults that say so with endsWith.', {}),
  action('drain', 'Out of rotation: no new connections, and open ones are closed.', { target }),
  action('fail-over', 'Moves a failover by hand.', {
    target,
    to: text.exactOptional().describe('Component that shall serve; the next one that works unless said.'),
  }),
  action(
    'switch-health-checks-off',
    'Load balancers and failovers no longer look what works: neither a flap nor a failure moves them.',
    { target },
  ),
  action('throttle', 'Admission control: part of the requests is refused at once.', {
    target,
    share: z.number().min(0).max(1).describe('Share of requests that are refused, 0 to 1.'),
    status: z.number().int().min(400).max(599).default(429).describe('HTTP status of the refusal.'),
  }),
  action('add-capacity', 'Machines work so many times as fast.', {
    target,
    factor: z.number().positive().describe('Factor on the capacity; below 1 it is taken away.'),
    rampUp: duration.exactOptional().describe('Grows over this long.'),
  }),
  action('start', 'Switches machines on although what they need to start is missing.', { target }),
  action('restore-backup', 'Machines begin anew from their last backup; without one, from an empty disk.', {
    target,
    backupEvery: duration
      .refine((every) => every > 0, 'expected longer than nothing')
      .describe('Backups are taken at every multiple of this since the epoch.'),
  }),
  action('clear-back-offs', 'Servers try at once what they wanted to wait with after failures.', { target }),
  action('lift', 'Ends what an earlier action brought about.', {
    action: id.describe('Id of the action whose effect ends.'),
  }),
]);

/** An action as written. */
export type ActionDocument = z.output<typeof actionSchema>;
