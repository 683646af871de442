// The Matrix rooms of a stored run at an instant: which servers hold which, whether their states agree, and one server's
// copy as a file, which is then judged like any other. The run is simulated again up to there.
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { homeserverView } from '../../protocol/matrix/homeserver.ts';
import type { HostedRoom } from '../../protocol/matrix/hosted-room.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { compareCodePoints } from '../../protocol/order.ts';
import { lineOf, roomAsLines } from '../../scenarios/export-room.ts';
import { simulatedUntil } from '../inspection/inspect-node.ts';
import { NoAnswer } from './no-answer.ts';
import { orNoAnswer, subjectOf } from './run-subject.ts';

/** Which rooms, and whose copy of which one. */
export interface RunRoomsQuestion {
  readonly system: string;
  /** Seconds since the epoch. */
  readonly at: number;
  /** Left out: the first of the rooms. */
  readonly roomId?: string | undefined;
  /** Node of the server; left out: the first that holds the room. */
  readonly server?: string | undefined;
}

/** One server's copy of a room. */
export interface RoomCopy {
  readonly server: string;
  readonly events: number;
  /** Copies with equal numbers have equal states; 0 is the state that most servers have. */
  readonly state: number;
  /** The same for their forward extremities. */
  readonly front: number;
}

/** A room of the run. */
export interface RunRoom {
  readonly roomId: string;
  readonly copies: readonly RoomCopy[];
}

/** A server's copy as files that can be judged. */
export interface RoomCopyFile {
  readonly roomId: string;
  readonly server: string;
  /** As `netsplit resolve` reads it, in the order in which the server took the events in. */
  readonly text: string;
  /** States that others told it where events came whose predecessors were missing; null when there were none. */
  readonly states: string | null;
  /** SHA-256 of the state that the server has. */
  readonly sha256: string;
}

/** What the page shows of a run's rooms. */
export interface RunRooms {
  readonly title: string;
  readonly system: string;
  readonly at: number;
  readonly epoch: string;
  readonly horizon: number;
  /** Those on which servers disagree first, then those with most events. At most {@link mostRooms}, and the chosen one. */
  readonly rooms: readonly RunRoom[];
  /** Rooms that are not listed. */
  readonly unlisted: number;
  /** Null where the system has no rooms. */
  readonly chosen: RoomCopyFile | null;
}

/** Rooms that are listed. */
const mostRooms = 400;

interface Holding {
  readonly server: string;
  readonly room: HostedRoom;
}

/** @throws StoreError, NoAnswer */
export function runRooms(folder: string, question: RunRoomsQuestion): Promise<RunRooms> {
  return orNoAnswer(async () => {
    const subject = await subjectOf(folder, question.system);
    const { compiled } = subject;
    const at = Math.round(question.at * 1_000_000);
    const { simulation } = simulatedUntil({ ...subject, variant: 'run', at });
    const holdings = new Map<string, Holding[]>();
    for (const [server, cores] of simulation.cores())
      for (const core of cores)
        for (const room of homeserverView(core)?.rooms() ?? []) {
          const held = holdings.get(room.roomId);
          if (held === undefined) holdings.set(room.roomId, [{ server, room }]);
          else held.push({ server, room });
        }
    const all = [...holdings].map(([roomId, held]): RunRoom => ({ roomId, copies: copiesOf(held) }));
    all.sort(
      (left, right) =>
        disagreement(right) - disagreement(left) ||
        size(right) - size(left) ||
        compareCodePoints(left.roomId, right.roomId),
    );
    const chosen = chosenOf(holdings, all, question);
    const listed = all.filter(({ roomId }, index) => index < mostRooms || roomId === chosen?.room.roomId);
    return {
      title: subject.title,
      system: question.system,
      at: question.at,
      epoch: new Date(compiled.world.epochWallMs).toISOString(),
      horizon: compiled.windows.horizon / 1_000_000,
      rooms: listed,
      unlisted: all.length - listed.length,
      chosen: chosen === undefined ? null : copyFile(chosen),
    };
  });
}

function chosenOf(
  holdings: ReadonlyMap<string, readonly Holding[]>,
  [first]: readonly RunRoom[],
  { system, roomId = first?.roomId, server }: RunRoomsQuestion,
): Holding | undefined {
  if (roomId === undefined) return undefined;
  const held = holdings.get(roomId);
  if (held === undefined) throw new NoAnswer(`${system} has no room "${roomId}" at this instant`);
  if (server === undefined) return held[0];
  const holding = held.find((each) => each.server === server);
  if (holding === undefined)
    throw new NoAnswer(
      `${server} does not hold ${roomId} at this instant, or is down; those that hold it: ${held
        .slice(0, 5)
        .map((each) => each.server)
        .join(', ')}${held.length > 5 ? ', …' : ''}`,
    );
  return holding;
}

const disagreement = ({ copies }: RunRoom): number =>
  Math.max(...copies.map(({ state }) => state)) * 1_000 + Math.max(...copies.map(({ front }) => front));
const size = ({ copies }: RunRoom): number => Math.max(...copies.map(({ events }) => events));

function copiesOf(held: readonly Holding[]): readonly RoomCopy[] {
  const states = numbersOf(held.map(({ room }) => room.aspects().state));
  const fronts = numbersOf(held.map(({ room }) => room.aspects().extremities));
  return held.map(({ server, room }, index) => ({
    server,
    events: [...room.graph()].length,
    state: states[index] ?? 0,
    front: fronts[index] ?? 0,
  }));
}

/** Equal digests get equal numbers, the most frequent the lowest; among equals the first. */
function numbersOf(digests: readonly string[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const digest of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const order = [...counts].sort(([, left], [, right]) => right - left).map(([digest]) => digest);
  return digests.map((digest) => order.indexOf(digest));
}

function copyFile({ server, room }: Holding): RoomCopyFile {
  const { roomId, rules } = room;
  return {
    roomId,
    server,
    text: roomAsLines({ events: [...room.graph()], rules, roomId }),
    states: statesTold(room),
    sha256: room.stateSha256(),
  };
}

/** The states before events whose predecessors are still missing, with the events that stand outside the graph. */
function statesTold(room: HostedRoom): string | null {
  const states: Record<string, readonly EventId[]> = {};
  const beside = new Map<EventId, JsonObject>();
  for (const event of room.toldByOthers()) {
    const ids = room.stateIdsBefore(event.eventId);
    if (ids === undefined || room.missingPredecessors(event).length === 0) continue;
    states[event.eventId] = ids;
    for (const id of [...ids, ...room.authChainIds(ids)]) {
      const found = room.has(id) ? undefined : room.find(id);
      if (found !== undefined) beside.set(id, lineOf(found.event));
    }
  }
  if (Object.keys(states).length === 0) return null;
  return JSON.stringify({ ...states, events: [...beside.values()] });
}
