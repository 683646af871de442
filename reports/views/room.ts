// A Matrix room for the page: its graph laid out, the verdict on every event, the state at any event, and why a
// resolution ended as it did, under one or two algorithms.
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { judgeEvents, type EventJudgement, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { algorithmName, type SpecifiedResolution } from '../../protocol/matrix/room-version.ts';
import { explainResolution } from '../../protocol/matrix/state-resolution/explain.ts';
import { readRoomFile } from '../../scenarios/room-file.ts';
import { fateInWords, keyInWords, originInWords, placeInWords } from '../explanation-words.ts';
import type { DrawnEvent } from '../room-drawing/drawn-room.ts';
import { layOut } from '../room-drawing/lanes.ts';
import { markKindOf, type MarkKind } from '../room-drawing/marks.ts';
import { NoAnswer } from './no-answer.ts';

/** What is asked of a room. */
export interface RoomQuestion {
  /** The file, as `netsplit resolve` reads it. */
  readonly text: string;
  readonly name: string;
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
  readonly sha256: string;
  /** How many states met there; one needs no resolution. */
  readonly met: number;
  readonly unconflicted: number;
  readonly keys: readonly ResolvedKey[];
}

/** What the page shows of a room. */
export interface RoomView {
  readonly name: string;
  readonly roomId: string;
  readonly roomVersion: string;
  readonly at: string | null;
  readonly under: readonly RoomUnder[];
}

/** More events than this make no picture; the command line resolves them. */
const mostEvents = 20_000;

/** @throws ScenarioError, NoAnswer when the text is not a whole room */
export function judgedRoom({ text, name, at, algorithms }: RoomQuestion): RoomView {
  const chosen = algorithms.length === 0 ? [undefined] : algorithms;
  let roomId = '';
  let roomVersion = '';
  const under = chosen.map((algorithm) => {
    const read = readRoomFile(text, name, { algorithm });
    if (read.stateSets !== undefined)
      throw new NoAnswer(`${name}: holds states to resolve, not a room: \`netsplit resolve\` takes it`);
    const [missing] = read.missing;
    if (missing !== undefined)
      throw new NoAnswer(
        `${name}: ${missing.citedBy} cites ${missing.eventId}, which the file does not hold: of part of a room \`netsplit resolve\` tells what is certain`,
      );
    if (read.events.length > mostEvents)
      throw new NoAnswer(`${name}: expected at most ${mostEvents} events, found ${read.events.length}`);
    const { servers, keys } = read;
    const known = servers === undefined || keys === undefined ? undefined : servers;
    const judged = judgeEvents({
      ...read,
      ...(known === undefined ? {} : { knowsKeysOf: (server) => Object.hasOwn(known, server) }),
    });
    if (!judged.ok) throw new NoAnswer(`${name}: ${judged.detail}`);
    ({ roomId } = read);
    roomVersion = read.rules.id;
    return roomUnder(judged.value, algorithmName(read.rules), at);
  });
  return { name, roomId, roomVersion, at: at ?? null, under };
}

function roomUnder(judged: RoomJudgement, algorithm: string, at: string | undefined): RoomUnder {
  const place = at === undefined ? undefined : judged.events.find(({ event }) => event.eventId === at);
  if (at !== undefined && place === undefined) throw new NoAnswer(`the room has no event "${at}"`);
  const state = place?.stateAfter ?? judged.resolvedState;
  const ends = place?.event.prevEvents ?? judged.forwardExtremities;
  const inState = new Set([...state.entries()].map(([, id]) => id));
  const drawn = judged.events.map((each) => drawnEvent(each, inState, judged.forwardExtremities));
  const { events, edges, lanes } = layOut(drawn);
  return {
    algorithm,
    events: events.map(({ event, row, lane, depth }) => ({
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
    })),
    edges: edges.map(({ older, newer, lane }) => [older.row, newer.row, lane]),
    lanes,
    state: state.sorted(),
    sha256: state.sha256(),
    ...explained(judged, ends),
  };
}

function drawnEvent(
  { event, accepted, softFailed, rule, ruleNumber, reason }: EventJudgement,
  inState: ReadonlySet<EventId>,
  ends: readonly EventId[],
): DrawnEvent {
  const number = ruleNumber === undefined ? '' : `rule ${ruleNumber}, `;
  return {
    ...describe(event),
    verdict: softFailed ? 'soft-failed' : accepted ? 'accepted' : 'rejected',
    reason: rule === undefined ? undefined : `${number}${rule} (${reason ?? ''})`,
    isForwardExtremity: ends.includes(event.eventId),
    isInState: inState.has(event.eventId),
  };
}

function describe({
  eventId,
  prevEvents,
  type,
  stateKey,
  sender,
  content,
}: MatrixEvent): Omit<DrawnEvent, 'verdict' | 'reason' | 'isInState' | 'isForwardExtremity'> {
  const { membership } = content;
  const told = type === 'm.room.member' && typeof membership === 'string' ? membership : undefined;
  return { eventId, prevEvents, type, stateKey, sender, membership: told };
}

function explained(
  { room }: RoomJudgement,
  ends: readonly EventId[],
): Pick<RoomUnder, 'met' | 'unconflicted' | 'keys'> {
  const states = ends.flatMap((id) => room.stateAfter(id) ?? []);
  const found = explainResolution(states, {
    rules: room.rules,
    find: (id) => room.get(id),
    isRejected: (id) => room.verdict(id)?.kind === 'rejected',
  });
  const short = (id: EventId): string => id.slice(0, 10);
  return {
    met: found.states.length,
    unconflicted: found.unconflictedKeys,
    keys: found.keys.map(({ key, origin, winner, contenders }) => ({
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
