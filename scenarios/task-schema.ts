// What people do beyond writing in their chats: part of `people`. All of it off unless a scenario asks for it.
import { z } from 'zod';

function often(what: string, most: number): z.ZodDefault<z.ZodNumber> {
  return z
    .number()
    .min(0)
    .max(1_000)
    .default(0)
    .describe(`${what}, per person and day. Chosen by the scenario; range 0 to ${most}.`);
}

/** Fields of `people`. */
export const taskFields = {
  firstContactsPerDay: often(
    'First messages to somebody with whom the account has no conversation: found, invited or asked for keys, and written to',
    2,
  ),
  deviceLinksPerDay: often('Further devices that people link to their account', 0.1),
  loginsPerDay: often('Log-ins to an account on a device that knows nothing of it', 0.1),
  groupsCreatedPerDay: often('Groups that people make and ask others into', 0.5),
  groupsJoinedPerDay: often('Groups of others that people enter', 0.5),
  attachmentsPerDay: often('Pictures that people send', 10),
  historyReadsPerDay: often('Times that people read back in a conversation', 5),
  attachmentMedianKilobytes: z
    .number()
    .positive()
    .max(10_000)
    .default(400)
    .describe(
      'Median size of a picture as clients send it, kilobytes (log-normal, sigma 1). Assumed; range 100 to 3000.',
    ),
  taskDeadlineSeconds: z
    .number()
    .positive()
    .default(60)
    .describe(
      'What people do beyond writing counts as done in time within so many seconds. Assumed; range 10 to 600.',
    ),
  taskRetryMedianMinutes: z
    .number()
    .positive()
    .default(2)
    .describe(
      'Median time until people try again what their client showed as failed, up to five times; those who never resend a message never do. Assumed; range 0.5 to 30.',
    ),
} as const;
