// SHA-256 of many states of one room. States that follow each other differ in a few entries: their lines are kept in
// order from one to the next, so that a state costs its bytes once, and no sorting.
import { sha256Hex } from '../crypto.ts';
import { compareCodePoints } from '../order.ts';
import type { EventId } from './ids.ts';
import { StateMap } from './state-map.ts';

/** Lines that stand together; never none. A change costs a block, not all lines. */
interface Block {
  readonly lines: string[];
  /** All of them in one piece; undefined after a change. */
  text: string | undefined;
}

const mostLines = 256;
/** Above this share of changed entries all are put in order anew. */
const changedShare = 1 / 16;

/** Hashes states as {@link StateMap.sha256} does. The order in which states are asked for changes only the time. */
export class StateHasher {
  readonly #known = new WeakMap<StateMap, string>();
  #last: StateMap = StateMap.empty;
  /** Lines of the last state, by code point. */
  #blocks: Block[] = [];

  sha256(state: StateMap): string {
    const known = this.#known.get(state);
    if (known !== undefined) return known;
    this.#moveTo(state);
    const hash = sha256Hex(this.#blocks.map((block) => (block.text ??= block.lines.join(''))).join(''));
    this.#known.set(state, hash);
    return hash;
  }

  #moveTo(state: StateMap): void {
    const changed = StateMap.keysInConflict([this.#last, state]);
    if (changed.length > mostLines && changed.length > state.size * changedShare) this.#begin(state);
    else for (const key of changed) this.#change(key, this.#last.getKey(key), state.getKey(key));
    this.#last = state;
  }

  #begin(state: StateMap): void {
    const lines = Array.from(state.entries(), ([key, id]) => lineOf(key, id)).sort(compareCodePoints);
    this.#blocks = [];
    for (let start = 0; start < lines.length; start += mostLines)
      this.#blocks.push({ lines: lines.slice(start, start + mostLines), text: undefined });
  }

  #change(key: string, before: EventId | undefined, after: EventId | undefined): void {
    if (before !== undefined) this.#remove(lineOf(key, before));
    if (after !== undefined) this.#insert(lineOf(key, after));
  }

  #remove(line: string): void {
    const index = this.#blockOf(line);
    const block = this.#blocks[index];
    if (block === undefined) return;
    block.lines.splice(placeIn(block.lines, line), 1);
    block.text = undefined;
    if (block.lines.length === 0) this.#blocks.splice(index, 1);
  }

  #insert(line: string): void {
    const index = this.#blockOf(line);
    const block = this.#blocks[index];
    if (block === undefined) {
      this.#blocks.push({ lines: [line], text: undefined });
      return;
    }
    block.lines.splice(placeIn(block.lines, line), 0, line);
    block.text = undefined;
    if (block.lines.length > mostLines)
      this.#blocks.splice(index + 1, 0, { lines: block.lines.splice(mostLines >> 1), text: undefined });
  }

  /** The last block that begins at the line or before it; the first when none does. */
  #blockOf(line: string): number {
    let low = 1;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareCodePoints(this.#blocks[middle]?.lines[0] ?? '', line) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function lineOf(key: string, id: EventId): string {
  return `${key}\0${id}\n`;
}

/** Where the line stands among these, or would stand. */
function placeIn(lines: readonly string[], line: string): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareCodePoints(lines[middle] ?? '', line) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
