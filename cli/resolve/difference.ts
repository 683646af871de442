// `netsplit resolve --diff v2,v2.1`: one room under two algorithms, and where they part.
import pc from 'picocolors';
import { compareCodePoints } from '../../protocol/order.ts';
import type { SpecifiedResolution } from '../../protocol/matrix/room-version.ts';
import { UsageError } from '../exit.ts';
import { printableLine } from '../printable.ts';
import type { EventDocument, ResolveDocument, StateEntry } from './room-document.ts';
import { ruleInWords } from './room-words.ts';

/** Algorithms by the names that `--algorithm` and `--diff` take. */
export const resolutionAlgorithms: readonly SpecifiedResolution[] = ['v1', 'v2', 'v2.1'];

/** What the two have of something, by the algorithm's name. */
export type OfEach<Value> = Readonly<Record<string, Value>>;

/** The difference as `--json` prints it. */
export interface DifferenceDocument {
  readonly roomVersion: string;
  readonly diff: readonly [string, string];
  /** Whether nothing below differs. */
  readonly same: boolean;
  /** Events with another verdict, in the order of the room. */
  readonly events: readonly ({ readonly event_id: string } & OfEach<unknown>)[];
  /** The first event in the order of the room before or after which the states differ; null when there is none. */
  readonly first_state_difference: string | null;
  /** Keys that end with another event; null where a state lacks the key. */
  readonly resolved_state: readonly ({
    readonly type: string;
    readonly state_key: string;
  } & OfEach<string | null>)[];
  /** Null where the file is part of a room and does not tell. */
  readonly forward_extremities: OfEach<readonly string[] | null>;
  readonly resolved_state_sha256: OfEach<string | null>;
  /** Of the two resolutions, where the file gives states to resolve. */
  readonly seconds?: OfEach<number>;
}

/** The two algorithms of `--diff`. Throws a {@link UsageError} when they are not two. */
export function algorithmsToCompare(text: string): readonly [SpecifiedResolution, SpecifiedResolution] {
  const [first, second, ...more] = text.split(',').map((name) => {
    const found = resolutionAlgorithms.find((each) => each === name.trim());
    if (found === undefined)
      throw new UsageError(`--diff: expected two of ${resolutionAlgorithms.join(', ')}, found "${name}"`);
    return found;
  });
  if (first === undefined || second === undefined || more.length > 0 || first === second)
    throw new UsageError(`--diff: expected two different algorithms, as in v2,v2.1; found "${text}"`);
  return [first, second];
}

/** Holds two resolutions of one file against each other. */
export function differenceOf(left: ResolveDocument, right: ResolveDocument): DifferenceDocument {
  const ofEach = <Value>(of: (document: ResolveDocument) => Value): OfEach<Value> => ({
    [left.algorithm]: of(left),
    [right.algorithm]: of(right),
  });
  const pairs = (left.events ?? []).flatMap((event, index): [EventDocument, EventDocument][] => {
    const other = right.events?.[index];
    return other === undefined ? [] : [[event, other]];
  });
  const events = pairs
    .filter(([event, other]) => verdictKey(event) !== verdictKey(other))
    .map(([event, other]) => ({
      event_id: event.event_id,
      [left.algorithm]: verdictOf(event),
      [right.algorithm]: verdictOf(other),
    }));
  const parted = pairs.find(
    ([event, other]) =>
      event.state_before_sha256 !== other.state_before_sha256 ||
      event.state_after_sha256 !== other.state_after_sha256,
  );
  const state = stateDifference(left, right);
  return {
    roomVersion: left.roomVersion,
    diff: [left.algorithm, right.algorithm],
    same: events.length === 0 && parted === undefined && state.length === 0,
    events,
    first_state_difference: parted?.[0].event_id ?? null,
    resolved_state: state,
    forward_extremities: ofEach(({ forward_extremities: tips = [] }) => tips),
    resolved_state_sha256: ofEach(({ resolved_state_sha256: hash }) => hash),
    ...(left.seconds === undefined ? {} : { seconds: ofEach(({ seconds = 0 }) => seconds) }),
  };
}

/** The verdict alone: states and hashes are compared by themselves. */
function verdictOf(event: EventDocument): object {
  const { event_id: _id, state_before_sha256: _before, state_after_sha256: _after, ...verdict } = event;
  return verdict;
}

function verdictKey(event: EventDocument): string {
  return JSON.stringify(verdictOf(event));
}

function stateDifference(
  left: ResolveDocument,
  right: ResolveDocument,
): DifferenceDocument['resolved_state'] {
  const keyOf = ([type, stateKey]: StateEntry): string => JSON.stringify([type, stateKey]);
  const entries = (document: ResolveDocument): ReadonlyMap<string, StateEntry> =>
    new Map(document.resolved_state.map((entry) => [keyOf(entry), entry]));
  const [mine, others] = [entries(left), entries(right)];
  const all = new Map([...mine, ...others]);
  return [...all]
    .filter(([key]) => mine.get(key)?.[2] !== others.get(key)?.[2])
    .map(([key, [type, stateKey]]) => ({
      type,
      state_key: stateKey,
      [left.algorithm]: mine.get(key)?.[2] ?? null,
      [right.algorithm]: others.get(key)?.[2] ?? null,
    }))
    .sort(
      (one, other) =>
        compareCodePoints(one.type, other.type) || compareCodePoints(one.state_key, other.state_key),
    );
}

/** The difference as text. */
export function differenceInWords(difference: DifferenceDocument): string {
  const {
    roomVersion,
    diff,
    same,
    events,
    resolved_state: state,
    resolved_state_sha256: hashes,
  } = difference;
  const [left, right] = diff;
  const lines = [`room version ${roomVersion}, state resolution ${left} and ${right}`];
  if (same) return `${lines.join('\n')}\nno difference: state ${hashes[left] ?? 'unknown'}\n`;
  lines.push(`verdicts that differ: ${events.length}`);
  for (const event of events) {
    lines.push(`  ${event.event_id}`);
    for (const name of diff)
      lines.push(`    ${name.padEnd(5)} ${verdictInWords(event[name] as EventDocument)}`);
  }
  if (difference.first_state_difference !== null)
    lines.push(`states first differ at ${difference.first_state_difference}`);
  lines.push(`keys of the resolved state that differ: ${state.length}`);
  for (const entry of state) {
    lines.push(`  ${entry.type} ${JSON.stringify(entry.state_key)}`);
    for (const name of diff) lines.push(`    ${name.padEnd(5)} ${entry[name] ?? pc.dim('no event')}`);
  }
  return `${lines.map(printableLine).join('\n')}\n`;
}

function verdictInWords(event: EventDocument): string {
  if (event.verdict === 'unknown') return `${pc.yellow('unknown')} (${event.reason ?? ''})`;
  if (event.verdict === 'rejected')
    return `${pc.red('rejected')} ${event.stage ?? ''}: ${ruleInWords(event)}`;
  if (event.soft_failed === true) return `${pc.yellow('soft-failed')} ${ruleInWords(event)}`;
  return 'accepted';
}
