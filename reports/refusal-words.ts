// What servers did not take as it came, in words.
import { countInWords } from './figures-in-words.ts';
import type { RefusalFigures } from './record-system.ts';

/** Lines shown per system. */
const shown = 8;

const fateWords: Readonly<Record<RefusalFigures['fate'], string>> = {
  dropped: 'dropped',
  redacted: 'emptied (redacted)',
  rejected: 'rejected',
  'soft-failed': 'kept out of sight (soft-failed)',
  unconnected: 'not taken, as what it rests on could not be had',
  'rate-limited': 'told to come again later',
};

/** One line for each sender, fate and rule that the twin does not have as often; the most frequent first. */
export function refusalsInWords(refusals: readonly RefusalFigures[]): readonly string[] {
  const groups = new Map<string, { readonly sample: RefusalFigures; times: number; servers: number }>();
  for (const refusal of refusals) {
    const beyondTwin = refusal.times - refusal.twinTimes;
    if (beyondTwin <= 0) continue;
    const { from, fate, rule } = refusal;
    const name = `${from} ${fate} ${rule}`;
    const group = groups.get(name) ?? { sample: refusal, times: 0, servers: 0 };
    group.times += beyondTwin;
    group.servers++;
    groups.set(name, group);
  }
  const sorted = [...groups.values()].sort((left, right) => right.times - left.times);
  const lines = sorted
    .slice(0, shown)
    .map(
      ({ sample: { from, fate, rule }, times, servers }) =>
        `${countInWords(times)} of ${from} ${fateWords[fate]}: ${rule} (${servers === 1 ? 'by one server' : `by ${servers} servers`})`,
    );
  const left = sorted.length - lines.length;
  return left > 0 ? [...lines, `and ${left} more kinds (refusals in run.json)`] : lines;
}
