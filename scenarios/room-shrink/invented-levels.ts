// Power levels without those that somebody would know again: usual ones stay, others keep only their order.
import { isJsonObject, type JsonObject, type JsonValue } from '../../protocol/matrix/canonical-json.ts';
import { readLevel } from '../../protocol/matrix/power-levels.ts';

/** Levels up to here, and down to here below zero, are in use everywhere. */
const usual = 150;

/** Every level that these contents of power levels events name. */
function levelsIn(value: JsonValue | undefined): readonly number[] {
  if (isJsonObject(value)) return Object.values(value).flatMap(levelsIn);
  const level = readLevel(value);
  return level === undefined ? [] : [level];
}

/** New levels for old ones, in the same order, and on the same side of the usual ones. */
export class InventedLevels {
  readonly #places = new Map<number, number>();

  constructor(contents: readonly JsonObject[]) {
    const unusual = [...new Set(contents.flatMap(levelsIn))].filter((level) => Math.abs(level) > usual);
    const high = unusual.filter((level) => level > 0).sort((left, right) => left - right);
    const low = unusual.filter((level) => level < 0).sort((left, right) => right - left);
    for (const [index, level] of high.entries()) this.#places.set(level, usual + 1 + index);
    for (const [index, level] of low.entries()) this.#places.set(level, -usual - 1 - index);
  }

  /** A value in the place of a level: what is none stays none, of the same type. */
  of(value: JsonValue | undefined): JsonValue {
    const level = readLevel(value);
    if (level === undefined) return noLevel(value);
    const kept = this.#places.get(level) ?? level;
    if (typeof value === 'string') return `${kept}`;
    return Number.isInteger(value) ? kept : kept + (kept < 0 ? -0.5 : 0.5);
  }
}

function noLevel(value: JsonValue | undefined): JsonValue {
  if (typeof value === 'string') return 'fifty';
  if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null;
  return Array.isArray(value) ? [] : {};
}
