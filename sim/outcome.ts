// The outcome: a hash of what happened to every message and of how every node ended. Unlike the digest it does not
// know how the simulator got there, so it survives optimisation.
import { toHex } from '../protocol/bytes.ts';
import { incrementalSha256 } from '../protocol/crypto.ts';
import { compareCodePoints } from '../protocol/order.ts';
import type { TaskId } from '../protocol/task.ts';
import type { Instant } from '../protocol/time.ts';
import type { MessageLedger } from './blame.ts';

/**
 * JSON in one form only: object keys by code point, no white space, undefined members left out, bytes as hexadecimal,
 * maps as sorted pairs and sets as sorted lists. Equal values give equal text, whatever their history.
 */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object') return 'null';
  if (value instanceof Uint8Array) return `"${toHex(value)}"`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value instanceof Map)
    return `{${[...value]
      .map(([key, each]) => `${canonicalText(key)}:${canonicalText(each)}`)
      .sort(compareCodePoints)
      .join(',')}}`;
  if (value instanceof Set) return `[${[...value].map(canonicalText).sort(compareCodePoints).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([left], [right]) => compareCodePoints(left, right))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonicalText(each)}`);
  return `{${members.join(',')}}`;
}

/** A node by name and its cores as they describe themselves. */
export interface FinalState {
  readonly name: string;
  readonly cores: unknown;
}

/**
 * SHA-256 over, for each message in order of row numbers, the instant of acceptance and each member's instant of
 * delivery (members ascending, `-` for none); then each task that was done with
 * its instant; then each node in order of names with its canonical final state.
 */
export function outcomeOf(
  ledger: MessageLedger,
  nodes: readonly FinalState[],
  tasksDone: ReadonlyMap<TaskId, Instant> = new Map(),
): string {
  const hash = incrementalSha256();
  let fates: string[] = [];
  const flush = (): void => {
    hash.update(`${fates.join('\n')}\n`);
    fates = [];
  };
  for (const fate of ledger.fates()) {
    fates.push(Array.from(fate, (at) => (Number.isNaN(at) ? '-' : String(at))).join(' '));
    if (fates.length === 1_024) flush();
  }
  flush();
  for (const [task, at] of [...tasksDone].sort(([left], [right]) => left - right))
    hash.update(`task ${task} ${at}\n`);
  const sorted = [...nodes].sort((left, right) => compareCodePoints(left.name, right.name));
  for (const { name, cores } of sorted) hash.update(`${JSON.stringify(name)}:${canonicalText(cores)}\n`);
  return toHex(hash.digest());
}
