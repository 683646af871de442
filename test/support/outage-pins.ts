// What a whole run of an outage of the library came to, kept beside the tests: pages are held against it, and it against runs.
import { readFileSync } from 'node:fs';
import type { RunRecord } from '../../reports/record.ts';

/** A run with seed 1, in the figures that a page shows. */
export interface OutagePin {
  readonly outcome: string;
  readonly expectations: Readonly<
    Record<string, { readonly measured: number | null; readonly holds: boolean | null }>
  >;
  /** Checks of every run that this one fails. */
  readonly failedChecks: readonly string[];
  /** By system: the share that came within a minute in the world without the faults. */
  readonly twinWithinAMinute: Readonly<Record<string, number | null>>;
}

/** Where the pin of a scenario is kept. */
export function pinFile(name: string): URL {
  return new URL(`../scenarios/outages/pinned/${name}.json`, import.meta.url);
}

/** What was pinned. */
export function readPin(name: string): OutagePin {
  return JSON.parse(readFileSync(pinFile(name), 'utf8')) as OutagePin;
}

/** What is to be pinned of a run. */
export function pinOf({ outcome, expectations, checks, systems }: RunRecord): OutagePin {
  return {
    outcome: outcome.slice(0, 16),
    expectations: Object.fromEntries(
      expectations.map(({ id, measured, holds }) => [id, { measured: fourDigits(measured), holds }]),
    ),
    failedChecks: checks.filter(({ holds }) => !holds).map(({ id }) => id),
    twinWithinAMinute: Object.fromEntries(
      Object.entries(systems).map(([id, { twin }]) => [id, fourDigits(twin.delivery.within['1m'] ?? null)]),
    ),
  };
}

function fourDigits(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
