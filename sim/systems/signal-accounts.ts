// Signal's accounts and sessions as they are after long quiet use.
import type { PersonId } from '../../protocol/message.ts';
import type { CachedAccount } from '../../protocol/signal/account-cache.ts';
import { service } from '../../protocol/signal/constants.ts';
import { accountDay, type AccountId, type AccountRecord } from '../../protocol/signal/messages.ts';
import { milliseconds, type Instant } from '../../protocol/time.ts';
import type { Workload } from '../workload/workload.ts';
import type { Deployment } from './system.ts';

const dayMs = 86_400_000;

/** Accounts as after long use. */
export interface WarmAccounts {
  readonly records: readonly AccountRecord[];
  readonly cached: readonly CachedAccount[];
}

/** A person's account: a UUID made of the row number. */
export function accountOf(person: PersonId): AccountId {
  return `00000000-0000-4000-8000-${person.toString(16).padStart(12, '0')}` as AccountId;
}

/** Assumed: everybody was last connected between now and eight hours ago (a night's sleep); plausible 1 to 24 h. */
export const lastConnectionHours = 8;
const lastConnectionMs = lastConnectionHours * 3_600_000;

/** Everybody's account, and those of them that the cache holds. */
export function warmAccounts(deployment: Deployment, uncachedShare: number): WarmAccounts {
  const { world, workload } = deployment;
  const random = deployment.random('signal/accounts');
  const records: AccountRecord[] = [];
  const cached: CachedAccount[] = [];
  for (const person of workload.people) {
    const dayOffsetMs = random.integer(0, dayMs - 1);
    const sinceLastConnectionMs = random.integer(0, lastConnectionMs);
    const lastSeenDay = accountDay({ dayOffsetMs }, world.epochWallMs - sinceLastConnectionMs);
    const record: AccountRecord = {
      account: accountOf(person.id),
      devices: [
        { id: 1, platform: person.device.platform, pushToken: nodeName(person.id), lastSeenDay },
        ...(person.computer === undefined
          ? []
          : [{ id: computerDevice, platform: 'desktop', pushToken: '', lastSeenDay } as const]),
      ],
      dayOffsetMs,
    };
    records.push(record);
    // An account enters the cache anew each day, with the day's first connection.
    const expiresAt = (service.accountCacheLife - milliseconds(sinceLastConnectionMs)) as Instant;
    if (random.uniform() >= uncachedShare) cached.push({ record, expiresAt });
  }
  return { records, cached };
}

/** The number of a linked computer among the devices of its account. */
export const computerDevice = 2;

/** A person's phone as a node, and as the push services know it. */
export const nodeName = (person: PersonId): string => `phone/${person}`;

/** Members of each conversation as accounts; shared by all phones. */
export function accountsByConversation({ conversations }: Workload): readonly (readonly AccountId[])[] {
  return conversations.map(({ members }) => members.map(accountOf));
}

/** Who has no session yet with whom of the people in a conversation with them. */
export function drawStrangers(
  deployment: Deployment,
  share: number,
): ReadonlyMap<PersonId, ReadonlySet<AccountId>> {
  const strangers = new Map<PersonId, Set<AccountId>>();
  if (share === 0) return strangers;
  for (const { members } of deployment.workload.conversations) {
    for (const person of members) {
      for (const other of members) {
        const pair = [Math.min(person, other), Math.max(person, other)];
        if (person === other || deployment.exogenous('signal-session', ...pair) >= share) continue;
        let others = strangers.get(person);
        if (others === undefined) strangers.set(person, (others = new Set()));
        others.add(accountOf(other));
      }
    }
  }
  return strangers;
}
