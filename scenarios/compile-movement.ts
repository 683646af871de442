// From what a scenario says of movement to the model, or to the trace of who meets whom.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Duration, Instant } from '../protocol/time.ts';
import { streetGrid } from '../sim/mobility/street-map.ts';
import type { MobilityChoice } from '../sim/mobility/mobility.ts';
import type { ContactTrace } from '../sim/radio/contact-trace.ts';
import { localOffset } from '../sim/workload/local-time.ts';
import type { World } from '../sim/world.ts';
import { contactTraceOf } from './contact-trace.ts';
import { meetingsOf } from './meetings.ts';
import type { MovementDocument } from './movement-schema.ts';
import { packageFile } from './package-file.ts';
import type { ParsedScenario } from './parse.ts';

/** What a workload needs to know of movement. */
export interface CompiledMovement {
  readonly mobility?: { readonly choice: MobilityChoice; readonly warmUp: Duration };
  readonly contacts?: ContactTrace;
  /** Hash of the trace's file; empty when there is none. */
  readonly digest: string;
}

/** Offices and meeting spots are spread over the crossings by this stride, which is prime to the usual numbers of them. */
const spotStride = 101;

/**
 * @throws ScenarioError where numbers contradict each other, or pointing at the trace's file and line
 */
export function compileMovement(parsed: ParsedScenario, file: string, world: World): CompiledMovement {
  const { movement } = parsed.document;
  if (movement === undefined) return { digest: '' };
  if (movement.model === 'contact-trace') return readTrace(parsed, file, movement);
  if (movement.model === 'meetings') return { contacts: meetingsOf(parsed, movement), digest: '' };
  refuseEmptyRanges(parsed, movement);
  const warmUp = ('warmUp' in movement ? movement.warmUp : 0) as Duration;
  return { mobility: { choice: choiceOf(movement, world), warmUp }, digest: '' };
}

type ModelDocument = Exclude<MovementDocument, { model: 'contact-trace' | 'meetings' }>;

function choiceOf(movement: ModelDocument, world: World): MobilityChoice {
  switch (movement.model) {
    case 'static':
      return { model: 'static', area: areaOf(movement) };
    case 'random-waypoint':
      return { model: 'random-waypoint', ...roamingOf(movement) };
    case 'random-direction': {
      const { travelLeastSeconds, travelMostSeconds } = movement;
      const travel = [travelLeastSeconds, travelMostSeconds] as const;
      return { model: 'random-direction', ...roamingOf(movement), travel };
    }
    case 'levy-walk':
      return {
        model: 'levy-walk',
        area: areaOf(movement),
        alpha: movement.flightExponent,
        beta: movement.pauseExponent,
        flight: [movement.flightLeastMetres, movement.flightMostMetres],
        pause: [movement.pauseLeastSeconds, movement.pauseMostSeconds],
      };
    case 'daily-routine': {
      const { columns, rows, blockMetres, offices, meetingSpots, goesOut } = movement;
      const spots = (count: number, first: number): readonly number[] =>
        Array.from({ length: count }, (_, each) => (first + each * spotStride) % (columns * rows));
      const [city] = world.cities;
      return {
        model: 'daily-routine',
        midnight: city === undefined ? 0 : -localOffset(world, city),
        map: streetGrid(columns, rows, blockMetres),
        offices: spots(offices, 0),
        meetingSpots: spots(meetingSpots, Math.floor(spotStride / 2)),
        goesOut,
        speed: [movement.speedLeast, movement.speedMost],
      };
    }
    case 'gatherings':
      return {
        model: 'gatherings',
        roaming: roamingOf(movement),
        gatherings: movement.gatherings.map(({ x, y, radiusMetres, begins, ends, share, spreadMinutes }) => ({
          place: { x, y },
          radius: radiusMetres,
          begins: begins as Instant,
          ends: ends as Instant,
          share,
          spread: (spreadMinutes * 60_000_000) as Duration,
        })),
      };
    case 'camps':
      return {
        model: 'camps',
        camps: movement.camps,
        radius: movement.radiusMetres,
        travellersShare: movement.travellersShare,
        stay: [movement.stayLeastSeconds, movement.stayMostSeconds],
        speed: [movement.speedLeast, movement.speedMost],
        travelSpeed: [movement.travelSpeedLeast, movement.travelSpeedMost],
        pause: [movement.pauseLeastSeconds, movement.pauseMostSeconds],
      };
  }
}

interface AreaDocument {
  readonly widthMetres: number;
  readonly heightMetres: number;
}

function areaOf({ widthMetres, heightMetres }: AreaDocument): { width: number; height: number } {
  return { width: widthMetres, height: heightMetres };
}

interface RoamingDocument extends AreaDocument {
  readonly speedLeast: number;
  readonly speedMost: number;
  readonly pauseLeastSeconds: number;
  readonly pauseMostSeconds: number;
}

type Range = readonly [least: number, most: number];

function roamingOf(movement: RoamingDocument): {
  area: { width: number; height: number };
  speed: Range;
  pause: Range;
} {
  const { speedLeast, speedMost, pauseLeastSeconds, pauseMostSeconds } = movement;
  return {
    area: areaOf(movement),
    speed: [speedLeast, speedMost],
    pause: [pauseLeastSeconds, pauseMostSeconds],
  };
}

/** `somethingLeast…` is at most `somethingMost…`; gatherings follow each other. */
function refuseEmptyRanges(parsed: ParsedScenario, movement: ModelDocument): void {
  const values = movement as unknown as Readonly<Record<string, unknown>>;
  for (const [name, least] of Object.entries(values)) {
    const most = values[name.replace('Least', 'Most')];
    if (typeof least === 'number' && typeof most === 'number' && least > most)
      throw parsed.problemAt(
        ['movement', name],
        `expected at most ${most}, the value of ${name.replace('Least', 'Most')}, found ${least}`,
      );
  }
  if (movement.model !== 'gatherings') return;
  let last = -Infinity;
  for (const [index, { begins, ends }] of movement.gatherings.entries()) {
    if (begins < last || ends <= begins)
      throw parsed.problemAt(
        ['movement', 'gatherings', index, ends <= begins ? 'ends' : 'begins'],
        'expected gatherings in order of time, each after the end of the one before',
      );
    last = ends;
  }
}

function readTrace(
  parsed: ParsedScenario,
  scenarioFile: string,
  { trace, resolutionSeconds }: Extract<MovementDocument, { model: 'contact-trace' }>,
): CompiledMovement {
  const shipped = packageFile('scenarios', 'datasets', trace);
  const file =
    /^[\w.-]+$/.test(trace) && existsSync(shipped) ? shipped : resolve(dirname(scenarioFile), trace);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw parsed.problemAt(
      ['movement', 'trace'],
      `there is no data set "${trace}", and no such file beside the scenario`,
    );
  const packed = readFileSync(file);
  const contacts = contactTraceOf(unpacked(parsed, packed), trace, {
    resolution: Math.round(resolutionSeconds * 1_000_000),
  });
  const { count } = parsed.document.people;
  if (contacts.nodes.length > count)
    throw parsed.problemAt(
      ['people', 'count'],
      `expected at least ${contacts.nodes.length}, the nodes of ${trace}, found ${count}`,
    );
  return { contacts, digest: createHash('sha256').update(packed).digest('hex') };
}

/** The trace of a scenario is held in memory whole. A day of 100,000 contacts takes some 5 MiB. */
const mostTraceMebibytes = 256;

function unpacked(parsed: ParsedScenario, bytes: Uint8Array): Uint8Array {
  const most = mostTraceMebibytes * 1_048_576;
  const tooLarge = `expected a trace of at most ${mostTraceMebibytes} MiB when unpacked: cut it to the time that is simulated`;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    if (bytes.length > most) throw parsed.problemAt(['movement', 'trace'], tooLarge);
    return bytes;
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    if (error instanceof RangeError) throw parsed.problemAt(['movement', 'trace'], tooLarge);
    throw parsed.problemAt(['movement', 'trace'], `the gzip data are damaged (${(error as Error).message})`);
  }
}
