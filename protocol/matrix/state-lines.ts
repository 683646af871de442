// A state as text: what its hash is made of.
import { compareCodePoints } from '../order.ts';
import type { EventId } from './ids.ts';

type Base = ReadonlyMap<string, EventId>;

/** The lines of the base that was asked for last: states of one room mostly follow each other on one base. */
let lastBase: Base = new Map();
let lastLines: readonly string[] = [];

/**
 * The lines `type \0 state_key \0 event_id \n` of a base with changes over it, sorted by code point. A base is sorted
 * once for many states in a row.
 */
export function stateText(base: Base, changes: ReadonlyMap<string, EventId | undefined>): string {
  if (base !== lastBase) {
    lastLines = Array.from(base, ([key, id]) => lineOf(key, id)).sort(compareCodePoints);
    lastBase = base;
  }
  if (changes.size === 0) return lastLines.join('');
  const replaced = new Set<string>();
  const added: string[] = [];
  for (const [key, id] of changes) {
    const before = base.get(key);
    if (before !== undefined) replaced.add(lineOf(key, before));
    if (id !== undefined) added.push(lineOf(key, id));
  }
  added.sort(compareCodePoints);
  const lines: string[] = [];
  let next = 0;
  for (const line of lastLines) {
    for (
      let first = added[next];
      first !== undefined && compareCodePoints(first, line) <= 0;
      first = added[next]
    ) {
      lines.push(first);
      next++;
    }
    if (!replaced.has(line)) lines.push(line);
  }
  for (; next < added.length; next++) lines.push(added[next] ?? '');
  return lines.join('');
}

function lineOf(key: string, id: EventId): string {
  return `${key}\0${id}\n`;
}
