// The headline of a run in plain words, and the blame of a system in a sentence per line.
import { fidelityOf } from '../sim/systems/fidelity.ts';
import { countInWords, durationInWords, percent } from './figures-in-words.ts';
import { holderInWords, reasonWords } from './reason-words.ts';
import type { RunRecord } from './record.ts';
import type { BlameLine, SystemRecord } from './record-system.ts';
import type { SpanReason } from './fates.ts';

/** The share of failed messages that nobody sends again, in a scenario. */
export const neverResendPath = 'people.neverResendShare';

/** What every quotation of a run's figures must say with them. */
export function caveatOf({
  seed,
  complete,
  unfinished = [],
  live,
}: Pick<RunRecord, 'seed' | 'complete' | 'unfinished' | 'live'>): string {
  const single = `One run with one seed (${seed}): no range, no interval.`;
  if (complete) return single;
  if (live?.stoppedAt !== undefined)
    return `${single} The run is not complete: it was stopped ${live.stoppedAt.toFixed(1)} seconds after its beginning.`;
  if (unfinished.length === 0) return `${single} The run is not complete: a limit ended it.`;
  return `${single} The run is not complete: it was interrupted before ${unfinished.join(', ')} had ended.`;
}

/** `Changed from the scenario's file: people.count=100.`; nothing where it was taken as it is. */
export function changesInWords(overrides: readonly string[]): readonly string[] {
  return overrides.length === 0 ? [] : [`Changed from the scenario's file: ${overrides.join('; ')}.`];
}

/**
 * One sentence per system: how much came in time, against the twin, and how long it took to recover. Whoever copies one
 * has the seed, the range and how near the model is in it.
 */
export function headline({ systems, seed }: Pick<RunRecord, 'systems' | 'seed'>): readonly string[] {
  return Object.values(systems).map(
    (system) =>
      `${system.title} ${sentenceOf(system)} (one run, seed ${seed}, no range; ${gradeInWords(system)}).`,
  );
}

/** What a system's figures must be quoted with: `fidelity B: follows published source; production assumed`. */
export function gradeInWords({ fidelity }: Pick<SystemRecord, 'fidelity'>): string {
  return fidelity === undefined ? 'fidelity not graded' : fidelityOf(fidelity);
}

/** `Fidelity: signal B, matrix A (A: real rules …)`: how near the models are, for inside a picture. */
export function fidelityNote({ systems }: Pick<RunRecord, 'systems'>): string {
  const grades = Object.entries(systems).map(([id, { fidelity }]) => `${id} ${fidelity ?? '–'}`);
  return `Fidelity: ${grades.join(', ')} (A: real rules and bytes; B: follows published source; C: a profile).`;
}

function sentenceOf({ delivery, twin, recovery, cutOff, resend }: SystemRecord): string {
  if (delivery.expected === 0) return 'had nothing to deliver: nobody sent anything in the sending window';
  const inTime = percent(delivery.within['1m']);
  const twins = percent(twin.delivery.within['1m']);
  const bounds =
    resend === undefined
      ? ''
      : ` (${percent(resend.never.ratio)} if nobody sent again what had failed, ${percent(resend.always.ratio)} if everybody did)`;
  const main =
    `delivered ${inTime} within a minute (${twins} without the faults), ` +
    `${percent(delivery.ratio)} in the end${bounds}`;
  const people = `${peopleWere(cutOff.overOneMinute)} cut off for longer than a minute in all`;
  switch (recovery.status) {
    case 'no-faults':
      return main;
    case 'never-left':
      return `${main}; ${people}, and it never left its twin by more than a point`;
    case 'recovered':
      return `${main}; ${people}, and it was as good as its twin ${afterFaults(recovery.seconds)}`;
    case 'not-recovered':
      return `${main}; ${people}, and it was not as good as its twin again for half an hour while people were sending`;
  }
}

function peopleWere(count: number): string {
  if (count === 0) return 'nobody was';
  return count === 1 ? 'one person was' : `${countInWords(count)} people were`;
}

function afterFaults(seconds: number | null): string {
  return seconds === null || seconds === 0
    ? 'as soon as the last fault ended'
    : `${durationInWords(seconds)} after the last fault ended`;
}

const deadlines = [
  ['10 s', 10],
  ['1 min', 60],
  ['1 h', 3_600],
] as const;

/**
 * Of each deadline, where it lies beyond the end of the run for part of what was sent: of which part its share is. Such a
 * share can be larger than what came in the end, since it leaves out the last hour of an outage that the end is in.
 */
export function deadlineCaveats({ windows }: Pick<RunRecord, 'windows'>): readonly string[] {
  const { sendingStart, sendingEnd, horizon } = windows;
  return deadlines.flatMap(([name, seconds]) => {
    const counted = horizon - seconds - sendingStart;
    if (counted <= 0 || horizon - seconds >= sendingEnd) return [];
    return [
      `“Within ${name}” is a share of what was sent in the first ${durationInWords(counted)} of the sending window ` +
        `(${durationInWords(sendingEnd - sendingStart)}): of the rest the run ended too early to tell. Do not hold it against the other rows.`,
    ];
  });
}

/** How the figures rest on what people do by hand; undefined where no system leaves anything to them. */
export function resendCaveat({
  systems,
  assumptions,
}: Pick<RunRecord, 'systems' | 'assumptions'>): string | undefined {
  const failures = Object.values(systems).map(({ counts }) => counts['failedVisibly'] ?? 0);
  const never = assumptions.find(
    ({ scope, path }) => scope === 'scenario' && path === neverResendPath,
  )?.value;
  const isKnown = Object.values(systems).every(({ resend }) => resend !== undefined);
  if (typeof never !== 'number' || Math.max(0, ...failures) === 0) return undefined;
  const habit = `${percent(1 - never)} of what is shown as failed is sent again by hand, in every system alike (assumed)`;
  return isKnown
    ? `${habit}; the figures with 0 and 100 % are given as well.`
    : `${habit}; --resend-bounds adds the figures with 0 and with 100 %.`;
}

/** A line of blame as a sentence: `DynamoDB's DNS record is empty → waiting for the next attempt (phones)`. */
export function blameInWords({
  title,
  reason,
  holder,
}: Pick<BlameLine, 'title' | 'reason' | 'holder'>): string {
  return `${title} → ${reasonWords[reason as SpanReason] ?? reason} (${holderInWords(holder)})`;
}
