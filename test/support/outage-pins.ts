// What a whole run of an outage of the library came to, kept beside the tests: pages are held against it, and it against runs.
import { readFileSync } from 'node:fs';
import type { RunRecord } from '../../reports/record.ts';

/** A run with seed 1, in the figures that a page shows; of each expectation also what it came to in the world without the faults. */
export interface OutagePin {
  readonly outcome: string;
  readonly expectations: Readonly<Record<string, Judged & { readonly withoutFaults: Judged | null }>>;
  /** Checks of every run that this one fails. */
  readonly failedChecks: readonly string[];
}

/** What an expectation came to. */
interface Judged {
  readonly measured: number | null;
  readonly holds: boolean | null;
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
export function pinOf({ outcome, expectations, checks }: RunRecord): OutagePin {
  return {
    outcome: outcome.slice(0, 16),
    expectations: Object.fromEntries(
      expectations.map(({ id, withoutFaults, ...found }) => [
        id,
        { ...judged(found), withoutFaults: withoutFaults === undefined ? null : judged(withoutFaults) },
      ]),
    ),
    failedChecks: checks.filter(({ holds }) => !holds).map(({ id }) => id),
  };
}

function judged({ measured, holds }: Judged): Judged {
  return { measured: fourDigits(measured), holds };
}

/** As the pages show figures. */
export function fourDigits(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}
