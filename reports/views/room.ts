// A Matrix room for the page: its graph laid out, the verdict on every event, the state at any event, and why a
// resolution ended as it did, under one or two algorithms.
import { splitStateMapKey } from '../../protocol/matrix/auth-state.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { algorithmName, type SpecifiedResolution } from '../../protocol/matrix/room-version.ts';
import type { ExplainedResolution } from '../../protocol/matrix/state-resolution/explain.ts';
import { statesOfSlice, versionInStates } from '../../scenarios/given-states.ts';
import { readRoomFile } from '../../scenarios/room-file.ts';
import { readRoomStateFile } from '../../scenarios/room-state-file.ts';
import { fateInWords, keyInWords, originInWords, placeInWords } from '../explanation-words.ts';
import { describedEvent } from '../room-drawing/described-event.ts';
import type { DrawnEvent } from '../room-drawing/drawn-room.ts';
import { layOut } from '../room-drawing/lanes.ts';
import { markKindOf, type MarkKind } from '../room-drawing/marks.ts';
import { judgedFile, type JudgedEvent, type JudgedFile, type RoomFileKind } from './judged-file.ts';
import { NoAnswer } from './no-answer.ts';

/** What is asked of a room. */
export interface RoomQuestion {
  /** The file, as `netsplit resolve` reads it. */
  readonly text: string;
  readonly name: string;
  /** A file of states, as `netsplit resolve --state` reads it: where the room's file begins in the middle. */
  readonly states?: { readonly text: string; readonly name: string } | undefined;
  /** The room's version, for a file that does not tell it. */
  readonly roomVersion?: string | undefined;
  /** The event whose surroundings are asked for; the forward extremities when left out. */
  readonly at?: string | undefined;
  /** Algorithms to resolve by; the room version's own when empty. */
  readonly algorithms: readonly SpecifiedResolution[];
}

/** One event in its place of the drawing. */
export interface RoomEvent {
  readonly id: string;
  readonly row: number;
  readonly lane: number;
  readonly depth: number;
  readonly mark: MarkKind;
  readonly type: string;
  readonly stateKey: string | null;
  readonly membership: string | null;
  readonly sender: string;
  readonly isForwardExtremity: boolean;
  readonly reason: string | null;
  /** How many of its prev_events are not in the file. */
  readonly undrawn: number;
}

/** A line from an event to one of its prev_events, by rows; between the two it keeps to a lane. */
export type RoomEdge = readonly [older: number, newer: number, lane: number];

/** How one key was resolved. */
export interface ResolvedKey {
  readonly key: string;
  readonly origin: string;
  readonly winner: string | null;
  readonly contenders: readonly { readonly id: string; readonly place: string; readonly fate: string }[];
}

/** A room under one algorithm. */
export interface RoomUnder {
  readonly algorithm: string;
  readonly events: readonly RoomEvent[];
  readonly edges: readonly RoomEdge[];
  readonly lanes: number;
  /** Type, state key, event: at the place asked for. */
  readonly state: readonly (readonly [string, string, string])[];
  /** Null where not all of the state is known. */
  readonly sha256: string | null;
  /** Why not, and of which keys nobody can tell (`rest`: of all that have no entry). */
  readonly unknown: { readonly why: string; readonly keys: 'rest' | readonly string[] } | null;
  /** Null where the resolution cannot be told. */
  readonly told: ToldResolution | null;
  readonly untold: string | null;
}

/** How a state came about. */
export interface ToldResolution {
  /** How many states met there; one needs no resolution. */
  readonly met: number;
  readonly unconflicted: number;
  readonly keys: readonly ResolvedKey[];
}

/** What the page shows of a room. */
export interface RoomView {
  readonly name: string;
  readonly kind: RoomFileKind;
  readonly roomId: string;
  readonly roomVersion: string;
  /** Events that are cited and not in the file. */
  readonly missing: number;
  readonly at: string | null;
  readonly under: readonly RoomUnder[];
}

/** More events than this make no picture; the command line resolves them. */
const mostEvents = 20_000;

/** @throws ScenarioError, NoAnswer when the text is no room */
export function judgedRoom({ text, name, states, roomVersion, at, algorithms }: RoomQuestion): RoomView {
  const chosen = algorithms.length === 0 ? [undefined] : algorithms;
  const given = states === undefined ? undefined : readRoomStateFile(states.text, states.name);
  const views = chosen.map((algorithm) => {
    const versionElsewhere = given === undefined ? undefined : versionInStates(given);
    const read = readRoomFile(text, name, { roomVersion, versionElsewhere, algorithm });
    if (read.events.length > mostEvents)
      throw new NoAnswer(`${name}: expected at most ${mostEvents} events, found ${read.events.length}`);
    const told =
      given === undefined || states === undefined ? undefined : statesOfSlice(given, read, states.name);
    const judged = judgedFile(read, name, told);
    return { read, judged, under: roomUnder(judged, algorithmName(read.rules), at) };
  });
  const [{ read, judged }] = views as [(typeof views)[0]];
  return {
    name,
    kind: judged.kind,
    roomId: read.roomId,
    roomVersion: read.rules.id,
    missing: read.missing.length,
    at: at ?? null,
    under: views.map(({ under }) => under),
  };
}

function roomUnder(judged: JudgedFile, algorithm: string, at: string | undefined): RoomUnder {
  const place = at as EventId | undefined;
  if (place !== undefined && judged.kind === 'states')
    throw new NoAnswer('the file holds states to resolve: there is no state at one event');
  if (place !== undefined && !judged.events.some(({ event }) => event.eventId === place))
    throw new NoAnswer(`the room has no event "${place}"`);
  const state = judged.stateAt(place);
  const inState = new Set([...state.entries.entries()].map(([, id]) => id));
  const ends = new Set(judged.forwardExtremities);
  const { events, edges, lanes } = layOut(judged.events.map((each) => drawnEvent(each, inState, ends)));
  const told = judged.explained(place);
  const isKnown = typeof told !== 'string';
  return {
    algorithm,
    events: events.map(({ event, row, lane, depth, undrawn }) => ({
      id: event.eventId,
      row,
      lane,
      depth,
      mark: markKindOf(event),
      type: event.type,
      stateKey: event.stateKey ?? null,
      membership: event.membership ?? null,
      sender: event.sender,
      isForwardExtremity: event.isForwardExtremity,
      reason: event.reason ?? null,
      undrawn,
    })),
    edges: edges.map(({ older, newer, lane }) => [older.row, newer.row, lane]),
    lanes,
    state: state.entries.sorted(),
    sha256: state.sha256() ?? null,
    unknown: unknownOf(state),
    told: isKnown ? toldResolution(told) : null,
    untold: isKnown ? null : told,
  };
}

function unknownOf({ open, why }: ReturnType<JudgedFile['stateAt']>): RoomUnder['unknown'] {
  if (why === undefined) return null;
  const keys = open === 'rest' ? ('rest' as const) : [...open].map((key) => splitStateMapKey(key).join(' '));
  return { why: why.detail, keys };
}

function drawnEvent(
  { event, verdict, reason }: JudgedEvent,
  inState: ReadonlySet<EventId>,
  ends: ReadonlySet<EventId>,
): DrawnEvent {
  return {
    ...describedEvent(event),
    verdict,
    reason,
    isForwardExtremity: ends.has(event.eventId),
    isInState: inState.has(event.eventId),
  };
}

function toldResolution({ states, unconflictedKeys, keys }: ExplainedResolution): ToldResolution {
  const short = (id: EventId): string => id.slice(0, 10);
  return {
    met: states.length,
    unconflicted: unconflictedKeys,
    keys: keys.map(({ key, origin, winner, contenders }) => ({
      key: keyInWords(key),
      origin: originInWords[origin],
      winner: winner ?? null,
      contenders: contenders.map((each) => ({
        id: each.eventId,
        place: placeInWords(each),
        fate: fateInWords(each.fate, short),
      })),
    })),
  };
}
