// One person's day in every system of a run, told in sentences: what they wrote and read, and what went wrong with it.
import { compareNumbers } from '../../protocol/order.ts';
import { lateness } from '../blame.ts';
import { countInWords, durationInWords } from '../figures-in-words.ts';
import { readRecord } from '../store.ts';
import { NoAnswer } from './no-answer.ts';
import { columnsOf, fatesBySystem, instantIn, type FatesOfSystem } from './fates-table.ts';

/** Something that happened to the person; `at` in seconds since the epoch. */
export interface DayEvent {
  readonly at: number;
  readonly words: string;
  /** It came late, never, or nothing got through. */
  readonly isTrouble: boolean;
  /** Row number of the message, where it is about one. */
  readonly message?: number;
}

/** A day in one system. */
export interface DayInSystem {
  readonly system: string;
  readonly title: string;
  /** The day in a sentence or two. */
  readonly summary: string;
  /** Deliveries to and from the person that were late or lost against the twin. */
  readonly troubled: number;
  readonly events: readonly DayEvent[];
  /** Events that are not listed: they went as without the faults. */
  readonly uneventful: number;
}

/** Whose day is worth a look. */
export interface PeopleToLookAt {
  /** In the middle, by how much of theirs was late or lost over all systems. */
  readonly median: number;
  /** Most was late or lost in one system. */
  readonly worstHit: number;
  /** For whom the difference between the systems is largest. */
  readonly mostHelped: number;
}

/** One person's day. */
export interface PersonDay {
  readonly person: number;
  readonly people: number;
  readonly choice: PeopleToLookAt;
  /** ISO 8601 of instant 0. */
  readonly epoch: string;
  readonly systems: readonly DayInSystem[];
}

const microseconds = 1_000_000;
/** Ordinary events told of a day, so that a quiet day has something to tell. */
const mostOrdinary = 6;

/**
 * The day of a person, the median one when left out.
 * @throws StoreError when the run has no fates
 * @throws NoAnswer when the run has no such person
 */
export async function dayOfPerson(folder: string, chosen?: number): Promise<PersonDay> {
  const record = await readRecord(folder);
  const fates = await fatesBySystem(folder);
  const troubles = [...fates.values()].map((each) => troubleByPerson(each, record.people));
  const choice = peopleToLookAt(troubles, record.people);
  const person = chosen ?? choice.median;
  if (!Number.isInteger(person) || person < 0 || person >= record.people)
    throw new NoAnswer(`expected a person from 0 to ${record.people - 1}, found ${person}`);
  const cutOff = await cutOffOf(folder, person);
  const clock = (instant: number): string => clockWords(record.epoch, instant);
  return {
    person,
    people: record.people,
    choice,
    epoch: record.epoch,
    systems: [...fates].map(([system, each]): DayInSystem => {
      const title = record.systems[system]?.title ?? system;
      const ended = record.windows.horizon * microseconds;
      return { system, title, ...tell(each, person, cutOff.get(system) ?? [], { clock, horizon: ended }) };
    }),
  };
}

function isTroubled({ delivered, twin }: FatesOfSystem, row: number): boolean {
  const [ours = NaN, twins = NaN] = [delivered[row], twin[row]];
  return !Number.isNaN(twins) && !(ours - twins <= lateness);
}

function troubleByPerson(fates: FatesOfSystem, people: number): Int32Array {
  const counts = new Int32Array(people);
  for (let row = 0; row < fates.count; row++) {
    if (!isTroubled(fates, row)) continue;
    for (const person of [fates.sender[row] ?? 0, fates.recipient[row] ?? 0])
      counts[person] = (counts[person] ?? 0) + 1;
  }
  return counts;
}

function peopleToLookAt(troubles: readonly Int32Array[], people: number): PeopleToLookAt {
  const of = (person: number): number[] => troubles.map((counts) => counts[person] ?? 0);
  const sum = (person: number): number => of(person).reduce((total, count) => total + count, 0);
  const everybody = Array.from({ length: people }, (_, person) => person);
  const most = (value: (person: number) => number): number =>
    everybody.reduce((best, person) => (value(person) > value(best) ? person : best), 0);
  const bySum = [...everybody].sort((left, right) => sum(left) - sum(right) || left - right);
  return {
    median: bySum[Math.floor((people - 1) / 2)] ?? 0,
    worstHit: most((person) => Math.max(...of(person))),
    mostHelped: most((person) => Math.max(...of(person)) - Math.min(...of(person))),
  };
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

async function cutOffOf(folder: string, person: number): Promise<ReadonlyMap<string, readonly Stretch[]>> {
  const { rows, column } = await columnsOf(folder, 'incidents.parquet', [
    'system',
    'kind',
    'person',
    'start_us',
    'end_us',
  ]);
  const found = new Map<string, Stretch[]>();
  for (let row = 0; row < rows; row++) {
    if (column('kind')[row] !== 'cut-off' || column('person')[row] !== person) continue;
    const system = String(column('system')[row]);
    const stretch = { start: instantIn(column('start_us')[row]), end: instantIn(column('end_us')[row]) };
    found.set(system, [...(found.get(system) ?? []), stretch]);
  }
  return found;
}

interface Telling {
  readonly clock: (instant: number) => string;
  readonly horizon: number;
}

function tell(
  fates: FatesOfSystem,
  person: number,
  cutOff: readonly Stretch[],
  telling: Telling,
): Pick<DayInSystem, 'summary' | 'troubled' | 'events' | 'uneventful'> {
  const written = new Map<number, number[]>();
  const read: number[] = [];
  for (let row = 0; row < fates.count; row++) {
    if (fates.recipient[row] === person) read.push(row);
    if (fates.sender[row] !== person) continue;
    const message = fates.message[row] ?? 0;
    written.set(message, [...(written.get(message) ?? []), row]);
  }
  const all = [
    ...[...written.values()].map((rows) => wroteEvent(fates, rows, telling)),
    ...read.map((row) => readEvent(fates, row, telling)),
    ...cutOff.map((stretch) => cutOffEvent(stretch, telling)),
  ].sort((left, right) => compareNumbers(left.at, right.at));
  const trouble = all.filter(({ isTrouble }) => isTrouble);
  const ordinary = all
    .filter(({ isTrouble }) => !isTrouble)
    .slice(0, Math.max(2, mostOrdinary - trouble.length));
  const rows = [...read, ...[...written.values()].flat()];
  const troubled = rows.filter((row) => isTroubled(fates, row)).length;
  const anyhow = rows.filter(
    (row) => Number.isNaN(fates.delivered[row]) && Number.isNaN(fates.twin[row]),
  ).length;
  const without = anyhow === 0 ? '' : `; ${countInWords(anyhow)} never came, with the faults or without`;
  const length = cutOff.reduce((sum, { start, end }) => sum + (end - start), 0) / microseconds;
  const apart =
    cutOff.length === 0 ? 'They were never cut off' : `They were cut off for ${durationInWords(length)}`;
  return {
    summary: `${countInWords(written.size)} messages written, ${countInWords(read.length)} expected from others; ${troubled === 0 ? 'every delivery went as without the faults' : `${countInWords(troubled)} of ${countInWords(rows.length)} deliveries came later than without the faults, or never`}${without}. ${apart}.`,
    troubled,
    events: [...trouble, ...ordinary].sort((left, right) => compareNumbers(left.at, right.at)),
    uneventful: all.length - trouble.length - ordinary.length,
  };
}

function wroteEvent(fates: FatesOfSystem, rows: readonly number[], { clock }: Telling): DayEvent {
  const [first = 0] = rows;
  const sent = fates.sent[first] ?? 0;
  const message = fates.message[first] ?? 0;
  const arrived = rows.map((row) => fates.delivered[row] ?? NaN).filter((at) => !Number.isNaN(at));
  const where =
    fates.conversation[first] === 'direct' ? 'to a friend' : `to a ${fates.conversation[first] ?? 'group'}`;
  const last = Math.max(...arrived);
  const people = rows.length === 1 ? '' : ` of ${rows.length} others`;
  const whole = rows.length === 1 ? 'it was there' : 'all had it';
  const outcome =
    arrived.length === rows.length
      ? `${whole} at ${clock(last)}, ${durationInWords((last - sent) / microseconds)} later`
      : arrived.length === 0
        ? 'it never came'
        : `${arrived.length} of ${rows.length} had it by ${clock(last)}, the others never`;
  return {
    at: sent / microseconds,
    words: `At ${clock(sent)} they wrote ${where}${people}; ${outcome}.`,
    isTrouble: rows.some((row) => isTroubled(fates, row)),
    message,
  };
}

function readEvent(fates: FatesOfSystem, row: number, { clock }: Telling): DayEvent {
  const [sent = 0, delivered = NaN, twin = NaN] = [fates.sent[row], fates.delivered[row], fates.twin[row]];
  const from = `person ${fates.sender[row] ?? '?'}`;
  const isTrouble = isTroubled(fates, row);
  const otherwise = !isTrouble || Number.isNaN(twin) ? '' : ` (at ${clock(twin)} without the faults)`;
  const words = Number.isNaN(delivered)
    ? `What ${from} wrote at ${clock(sent)} never came${otherwise}.`
    : `What ${from} wrote at ${clock(sent)} came at ${clock(delivered)}${otherwise}.`;
  return {
    at: (Number.isNaN(delivered) ? sent : delivered) / microseconds,
    words,
    isTrouble,
    message: fates.message[row] ?? 0,
  };
}

function cutOffEvent({ start, end }: Stretch, { clock, horizon }: Telling): DayEvent {
  const length = durationInWords((end - start) / microseconds);
  const until =
    end >= horizon
      ? 'nothing got through to the end of the watch'
      : `nothing got through until ${clock(end)}`;
  return { at: start / microseconds, words: `From ${clock(start)} ${until}: ${length}.`, isTrouble: true };
}

/** `15:32:10`, UTC, with the day where it is not the first. */
function clockWords(epoch: string, instant: number): string {
  const text = new Date(Date.parse(epoch) + instant / 1_000).toISOString();
  const day = text.slice(0, 10) === epoch.slice(0, 10) ? '' : `${text.slice(5, 10)} `;
  return `${day}${text.slice(11, 19)}`;
}
