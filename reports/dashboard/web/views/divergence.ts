// Whether the copies of what is kept in several places agree: in sentences, and over time as a band for each object on
// which they did not.
import { durationInWords } from '../../../figures-in-words.ts';
import type { RunRecord } from '../../../record.ts';
import { costInWords, disputesInWords, sidesInWords } from '../../../dispute-words.ts';
import type { ConvergenceFigures, DisputedState } from '../../../record-system.ts';
import type { DivergedAspect, DivergedObject, RunDivergence, Stretch } from '../../../views/divergence.ts';
import * as api from '../api.ts';
import { clockTime } from '../clock-time.ts';
import { card, element, fill, type Child } from '../dom.ts';
import { addressOf } from '../router.ts';

/** What is shown of aspects by name; the state of rooms is what people argue about. */
const aspectWords = new Map<string | null, string>([
  ['state', 'the state of rooms'],
  ['extremities', 'where rooms end (forward extremities)'],
  [null, 'anything at all'],
]);

/** A card for the copies; nothing where no system keeps any. */
export function convergenceCard(id: string, record: RunRecord): Child {
  const systems = Object.entries(record.systems);
  const told = systems.filter(([, { convergence }]) => convergence.converged !== null);
  if (told.length === 0) return undefined;
  const bands = element('div');
  if (told.some(([, { convergence }]) => convergence.diverged > 0))
    api.divergence(id).then(
      (found) => fill(bands, ...bandsOf(id, found, record)),
      (error: unknown) =>
        fill(
          bands,
          element(
            'p',
            { class: 'note', role: 'alert' },
            error instanceof Error ? error.message : String(error),
          ),
        ),
    );
  return card(
    {
      title: 'Do the copies agree?',
      note: `Of what is kept in several places; from ${record.epoch.slice(0, 10)}.`,
    },
    ...told.map(([system, { title, convergence, disputedState }]) =>
      element(
        'div',
        {},
        element('h3', {}, title),
        sentences(convergence, disputedState),
        disputes(id, system, disputedState, record),
      ),
    ),
    bands,
  );
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function sentences(found: ConvergenceFigures, disputed: DisputedState | undefined): Child {
  const words = disputesInWords(disputed);
  const inWords = (seconds: number | null): string =>
    seconds === null
      ? found.converged === false
        ? 'not by the horizon'
        : '–'
      : seconds === 0
        ? 'at once'
        : durationInWords(Math.round(seconds));
  return element(
    'ul',
    {},
    element(
      'li',
      {},
      found.converged === true ? 'At the horizon all copies agree.' : 'At the horizon copies differ.',
    ),
    element(
      'li',
      {},
      `${found.diverged} of ${found.objects} objects had copies that differed for over a minute${found.diverged === 0 ? '' : `; the longest for ${durationInWords(Math.round(found.longestSeconds))}`}.`,
    ),
    element(
      'li',
      {},
      `After the last fault, agreement but for a minute: ${inWords(found.seconds)}; without any difference: ${inWords(found.strictSeconds)}.`,
    ),
    words !== undefined && element('li', {}, `${words}.`),
    found.resets > 0 && element('li', {}, `${counted(found.resets, 'object')} fell back to an older state.`),
    ...found.causes.map(({ aspect, cause, replicas, objects }) =>
      element(
        'li',
        {},
        `${aspect}: ${cause} (${counted(replicas, 'copy', 'copies')} of ${counted(objects, 'object')})`,
      ),
    ),
  );
}

type DisputedEntry = DisputedState['entries'][number];

/** What the copies disagreed on, entry by entry: when, who held what, and what it cost. */
function disputes(id: string, system: string, disputed: DisputedState | undefined, record: RunRecord): Child {
  const entries = (disputed?.entries ?? []).filter(({ firstStart }) => firstStart !== null);
  if (entries.length === 0) return undefined;
  const { windows, faults } = record;
  const last = Math.max(windows.sendingEnd, ...entries.map((each) => stretchOf(each, record).end));
  const range = { start: windows.sendingStart, end: Math.min(last, windows.horizon) };
  return element(
    'div',
    { class: 'bands wide' },
    element('h4', {}, 'On which entries of the state, and who held what'),
    element(
      'ul',
      { class: 'plain' },
      faultTrack(faults, range, record),
      ...entries.map((each) =>
        element(
          'li',
          {},
          roomLink(
            id,
            system,
            (stretchOf(each, record).start + stretchOf(each, record).end) / 2,
            each.object,
            each.entry,
          ),
          track([stretchOf(each, record)], range, ({ end }) => end >= windows.horizon),
          element(
            'span',
            { class: 'note' },
            `${durationInWords(Math.round(each.seconds))}${each.windows > 1 ? ` in ${each.windows} stretches` : ''}: ${sidesInWords(each)}; ${costInWords(each)}`,
          ),
        ),
      ),
    ),
  );
}

/** From the first stretch's beginning to the last one's end. */
function stretchOf({ firstStart, lastEnd }: DisputedEntry, { windows }: RunRecord): Stretch {
  return { start: firstStart ?? 0, end: lastEnd ?? windows.horizon };
}

function faultTrack(faults: RunRecord['faults'], range: Stretch, { epoch }: RunRecord): Child {
  const time = (seconds: number): string => clockTime(Date.parse(epoch) + seconds * 1_000);
  return element(
    'li',
    { class: 'faults' },
    element('span', { class: 'name' }, 'faults'),
    track(faults, range, () => false),
    element('span', { class: 'note' }, `${time(range.start)} to ${time(range.end)} UTC`),
  );
}

/** A band's name, leading to its room at an instant, in seconds since the epoch. */
function roomLink(id: string, system: string, at: number, room: string, name: string): Child {
  const href = addressOf(['run', id, 'rooms'], { system, t: Math.round(at), room });
  return element('a', { class: 'name', href, title: room }, name);
}

/** Each aspect by itself where the copies have some; otherwise as a whole. */
function bandsOf(id: string, { aspects }: RunDivergence, record: RunRecord): readonly Child[] {
  const named = aspects.filter(({ aspect }) => aspect !== null);
  return (named.length > 0 ? named : aspects).map((each) => aspectBands(id, each, record));
}

function aspectBands(
  id: string,
  { system, title, aspect, objects, unlisted }: DivergedAspect,
  record: RunRecord,
): Child {
  const { epoch, windows, faults } = record;
  const stretches = objects.flatMap((each) => each.stretches);
  const last = Math.max(windows.sendingEnd, ...stretches.map(({ end }) => end));
  const range = { start: windows.sendingStart, end: Math.min(last, windows.horizon) };
  const time = (seconds: number): string => clockTime(Date.parse(epoch) + seconds * 1_000);
  return element(
    'div',
    { class: 'bands' },
    element('h3', {}, `${title}: copies differed in ${aspectWords.get(aspect) ?? aspect ?? ''}`),
    element(
      'ul',
      { class: 'plain' },
      faultTrack(faults, range, record),
      ...objects.map((each) =>
        element(
          'li',
          {},
          roomLink(id, system, middleOfLongest(each), each.object, each.object),
          track(each.stretches, range, ({ end }) => end >= windows.horizon),
          element('span', { class: 'note' }, stretchWords(each, time)),
        ),
      ),
    ),
    element(
      'p',
      { class: 'note' },
      `Longer than a minute; dark ends: still so at the horizon. A name leads to who said what in the middle of its longest.${unlisted > 0 ? ` ${unlisted} more are not shown.` : ''}`,
    ),
  );
}

function middleOfLongest({ stretches }: DivergedObject): number {
  const longest = stretches.reduce<Stretch | undefined>(
    (best, each) => (best === undefined || each.end - each.start > best.end - best.start ? each : best),
    undefined,
  );
  return longest === undefined ? 0 : (longest.start + longest.end) / 2;
}

function stretchWords({ stretches, seconds }: DivergedObject, time: (seconds: number) => string): string {
  const [first] = stretches;
  if (first === undefined) return '';
  return stretches.length === 1
    ? `${time(first.start)} for ${durationInWords(Math.round(seconds))}`
    : `${stretches.length} times, ${durationInWords(Math.round(seconds))} in all`;
}

function track(
  stretches: readonly Stretch[],
  range: Stretch,
  isOpen: (stretch: Stretch) => boolean,
): HTMLElement {
  const line = element('span', { class: 'track', 'aria-hidden': 'true' });
  const share = (at: number): number =>
    100 * Math.min(1, Math.max(0, (at - range.start) / (range.end - range.start)));
  for (const stretch of stretches) {
    const bar = element('span', isOpen(stretch) ? { class: 'open' } : {});
    bar.style.left = `${share(stretch.start)}%`;
    bar.style.width = `${share(stretch.end) - share(stretch.start)}%`;
    line.append(bar);
  }
  return line;
}
