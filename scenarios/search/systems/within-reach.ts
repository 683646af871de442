// Whom a message could have reached over radio: at once, over phones that were all beside each other, and carried from one
// meeting to the next. Worked out from who was near whom and whose phone was on, not from what the protocol did.
import { minutes, type Duration, type Instant } from '../../../protocol/time.ts';
import type { PersonId } from '../../../protocol/message.ts';
import type { Interval, Workload } from '../../../sim/workload/workload.ts';

/** Two people near each other with their applications open and their phones on. */
interface Contact extends Interval {
  readonly left: number;
  readonly right: number;
}

/** Phones beside each other for so long have found each other. */
export const settled = minutes(3);

/** Who is beside whom all through a stretch. */
export type Neighbours = ReadonlyMap<number, ReadonlySet<number>>;

/** What could have come to whom. */
export class WithinReach {
  readonly #contacts: readonly Contact[];

  /** Contacts do not count while something is broken. */
  constructor(workload: Workload, broken: readonly Interval[] = []) {
    this.#contacts = broken.reduce<readonly Contact[]>(
      (contacts, gap) => contacts.flatMap((contact) => outside(contact, gap)),
      contactsOf(workload),
    );
  }

  /** Who is beside whom all through a stretch. */
  neighbours(during: Interval): Neighbours {
    const neighbours = new Map<number, Set<number>>();
    const join = (one: number, other: number): void => {
      const known = neighbours.get(one);
      if (known === undefined) neighbours.set(one, new Set([other]));
      else known.add(other);
    };
    for (const { left, right, start, end } of this.#contacts) {
      if (start > during.start || end < during.end) continue;
      join(left, right);
      join(right, left);
    }
    return neighbours;
  }

  /** When two people have been beside each other for so long in one meeting, from `at` on; undefined when they never are. */
  meeting(one: PersonId, other: PersonId, at: Instant, long: Duration): Instant | undefined {
    const ends = this.#contacts
      .filter(({ left, right }) => (left === one && right === other) || (left === other && right === one))
      .map(({ start, end }) => ({ at: Math.max(at, start) + long, end }))
      .filter((each) => each.at <= each.end)
      .map((each) => each.at as Instant);
    return ends.length === 0 ? undefined : (Math.min(...ends) as Instant);
  }

  /** When whoever is told by people who meet for at least `meeting` has it, from `at` on. */
  carried(from: PersonId, at: Instant, meeting: Duration): ReadonlyMap<number, Instant> {
    const has = new Map<number, Instant>([[from, at]]);
    for (let isNew = true; isNew;) {
      isNew = false;
      for (const { left, right, start, end } of this.#contacts)
        for (const [giver, taker] of [
          [left, right],
          [right, left],
        ] as const) {
          const since = has.get(giver);
          if (since === undefined) continue;
          const when = (Math.max(since, start) + meeting) as Instant;
          if (when > end || when >= (has.get(taker) ?? Infinity)) continue;
          has.set(taker, when);
          isNew = true;
        }
    }
    return has;
  }
}

/** How many phones away from one everybody else is, over phones that are beside each other. */
export function hopsFrom(from: PersonId, neighbours: Neighbours): ReadonlyMap<number, number> {
  const hops = new Map<number, number>([[from, 0]]);
  for (const [person, far] of hops)
    for (const next of neighbours.get(person) ?? []) if (!hops.has(next)) hops.set(next, far + 1);
  return hops;
}

/** What is left of a contact outside of a stretch. */
function outside(contact: Contact, { start, end }: Interval): readonly Contact[] {
  if (contact.end <= start || contact.start >= end) return [contact];
  return [
    { ...contact, end: start },
    { ...contact, start: end },
  ].filter((part) => part.start < part.end);
}

function contactsOf({ contacts, people, windows }: Workload): readonly Contact[] {
  if (contacts === undefined) return [];
  const found: Contact[] = [];
  const began = new Map<string, Instant>();
  const between = (left: number, right: number, start: Instant, end: Instant): void => {
    for (const one of people[left]?.device.meshOpen ?? [])
      for (const other of people[right]?.device.meshOpen ?? []) {
        const from = Math.max(start, one.start, other.start) as Instant;
        const until = Math.min(end, one.end, other.end) as Instant;
        if (until - from >= minutes(1)) found.push({ left, right, start: from, end: until });
      }
  };
  for (const [row, instant] of contacts.at.entries()) {
    const [left = 0, right = 0] = [contacts.left[row], contacts.right[row]];
    const pair = `${left} ${right}`;
    if (contacts.begins[row] === 1) began.set(pair, instant as Instant);
    else between(left, right, began.get(pair) ?? (0 as Instant), instant as Instant);
    if (contacts.begins[row] !== 1) began.delete(pair);
  }
  for (const [pair, start] of began) {
    const [left = 0, right = 0] = pair.split(' ').map(Number);
    between(left, right, start, windows.horizon);
  }
  return found;
}
