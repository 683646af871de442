// Who disagreed on what while it lasted, in words.
import { countInWords, durationInWords } from './figures-in-words.ts';
import type { DisputedState } from './record-system.ts';

type Entry = DisputedState['entries'][number];

/** Nodes named per side; the rest are counted. */
const named = 4;

/** In one sentence: how much was disputed, for how long, and what it cost; undefined where nothing was. */
export function disputesInWords(disputed: DisputedState | undefined): string | undefined {
  if (disputed === undefined || (disputed.windows === 0 && disputed.refused === 0)) return undefined;
  const { windows, objects, medianSeconds, longestSeconds, open, refused, refusedSpeech, twin } = disputed;
  const lasted =
    medianSeconds === null
      ? ''
      : `, half of them longer than ${durationInWords(medianSeconds)}, the longest ${durationInWords(longestSeconds)}`;
  const still = open === 0 ? '' : `, ${countInWords(open)} still so at the end`;
  return (
    `${times(windows)} copies differed on an entry for more than a minute (${times(twin.windows)} in the twin), in ` +
    `${countInWords(objects)} objects${lasted}${still}; ${countInWords(refused)} events were refused somewhere because of ` +
    `differing entries (${countInWords(twin.refused)} in the twin), ${countInWords(refusedSpeech)} of them things that somebody said`
  );
}

/** The entry, and for how long copies differed on it. */
export function entryInWords({
  entry,
  windows,
  seconds,
}: Pick<Entry, 'entry' | 'windows' | 'seconds'>): string {
  return windows === 0 ? `${entry}, never for a minute` : `${entry}, ${durationInWords(seconds)}`;
}

/** Who held what: `hs/ash.example, hs/elm.example | hs/fir.example`. */
export function sidesInWords({ sides }: Pick<Entry, 'sides'>): string {
  return sides
    .map(({ nodes }) => {
      const more = nodes.length - named;
      return more > 1 ? `${nodes.slice(0, named).join(', ')} and ${more} more` : nodes.join(', ');
    })
    .join(' | ');
}

/** What was refused because of the entry: `3 soft-failed, 1 rejected`. */
export function costInWords({ softFailed, rejected }: Pick<Entry, 'softFailed' | 'rejected'>): string {
  const parts = [
    ...(softFailed > 0 ? [`${countInWords(softFailed)} soft-failed`] : []),
    ...(rejected > 0 ? [`${countInWords(rejected)} rejected`] : []),
  ];
  return parts.length === 0 ? 'nothing refused' : parts.join(', ');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${countInWords(count)} times`;
}
