// Messages that were on a device before their key: "unable to decrypt", for how long and how many at a time.
import { inSeconds } from '../../protocol/time.ts';
import { spansOf, type Fates } from '../fates.ts';
import type { UndecryptableFigures } from '../record-system.ts';
import { percentile } from './latency.ts';
import type { Evidence, Metric } from './metric.ts';

/** One expected delivery that lay on its recipient's device unread, microseconds. */
export interface KeyWait {
  readonly start: number;
  readonly end: number;
  /** The key had not come by the horizon. */
  readonly isOpen: boolean;
}

/** What several figures and files are made of, found once; fates belong to one workload. */
const known = new WeakMap<Fates, readonly KeyWait[]>();

/** Waits for keys among the measured deliveries. */
export function keyWaits(evidence: Evidence, fates: Fates): readonly KeyWait[] {
  const found = known.get(fates) ?? findWaits(evidence, fates);
  known.set(fates, found);
  return found;
}

function findWaits({ workload, expected }: Evidence, fates: Fates): readonly KeyWait[] {
  const waits: KeyWait[] = [];
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const sentAt = workload.messages[expected.messages[row] ?? -1]?.at ?? 0;
    const spans = spansOf(fates, row, sentAt).filter(({ reason }) => reason === 'undecryptable');
    const [first] = spans;
    const last = spans.at(-1);
    if (first === undefined || last === undefined) continue;
    waits.push({ start: first.start, end: last.end, isOpen: Number.isNaN(fates.deliveredAt[row]) });
  }
  return waits;
}

function figuresOf(waits: readonly KeyWait[]): UndecryptableFigures['twin'] {
  const lengths = Float64Array.from(
    waits.map(({ start, end, isOpen }) => (isOpen ? Infinity : end - start)),
  ).sort();
  const seconds = (value: number | undefined): number | null =>
    value === undefined || value === Infinity ? null : inSeconds(value);
  return {
    deliveries: waits.length,
    never: waits.filter(({ isOpen }) => isOpen).length,
    medianSeconds: seconds(percentile(lengths, 0.5)),
    longestSeconds: seconds(lengths.at(-1)),
  };
}

/** Deliveries that came before their key, in run and twin. */
export const undecryptable: Metric<UndecryptableFigures> = {
  id: 'undecryptable',
  title: 'Unable to decrypt',
  unit: 'expected deliveries; s',
  definition:
    'Expected deliveries whose message was on the recipient’s device before the key that opens it; for how long (median ' +
    'and longest; null when a key had not come by the horizon); and how many of them never became readable.',
  caveats: [
    'Such a message counts as delivered when it can be read, not when it comes.',
    'Waits within the first second after the press of send are not kept; nor are those on a second device of somebody ' +
      'who read the message on the first (the situation matrix.unable-to-decrypt counts every device).',
    'The wait is charged to what held the message back on its straight way from the sender’s server, since the key took ' +
      'that way only.',
  ],
  compute(evidence) {
    return {
      ...figuresOf(keyWaits(evidence, evidence.run.fates)),
      twin: figuresOf(keyWaits(evidence, evidence.twin.fates)),
    };
  },
};
