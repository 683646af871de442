// The pictures of a scenario case: who said what to whom and when, and the graph of its Matrix room where there is one.
import { homeserverView } from '../../protocol/matrix/homeserver.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import type { HostedRoom } from '../../protocol/matrix/hosted-room.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { innerCores } from '../../protocol/pinecone/p2p-node.ts';
import type { ScenarioCase } from '../../scenarios/cases/scenario-case.ts';
import { planOf } from '../../scenarios/search/systems/watched-run.ts';
import { drawRoom } from '../room-drawing/draw-room.ts';
import { describedEvent } from '../room-drawing/described-event.ts';
import type { DrawnEvent } from '../room-drawing/drawn-room.ts';
import { aboutSlice } from '../spacetime/about-slice.ts';
import { diagram } from '../spacetime/diagram.ts';
import { mostArrows } from '../spacetime/draw-spacetime.ts';
import { takeSlice, type Slice } from '../spacetime/slice.ts';

/** Seconds before an instant that are drawn where the whole run is too much: as many as can be read. */
const stretches = [120, 30, 10, 3, 1];

/**
 * The space-time diagram of a case: of the whole run, or of one message, or of the time before an instant, where that is too
 * much; undefined where all of it is.
 */
export function spacetimeOf(
  { compiled, section }: ScenarioCase,
  { message, at }: { readonly message: number | undefined; readonly at: number | undefined },
): string | undefined {
  const { seed } = section;
  const { system } = planOf(compiled, seed);
  const { horizon } = compiled.windows;
  interface Part {
    readonly about?: number;
    readonly from?: number;
    readonly until?: number;
  }
  const take = ({ about, from = 0, until = horizon }: Part): Slice =>
    takeSlice({
      compiled,
      seed,
      system,
      variant: 'run',
      from,
      until,
      message: about,
      most: mostArrows,
    });
  const parts: readonly Part[] = [
    {},
    ...(message === undefined ? [] : [{ about: message }]),
    ...(at === undefined
      ? []
      : stretches.map((long) => ({ from: Math.max(0, at - long * 1_000_000), until: at }))),
  ];
  for (const part of parts) {
    try {
      const slice = take(part);
      return diagram(slice, aboutSlice(slice, compiled));
    } catch (error) {
      // Too much to be read, or nothing to be seen: then the next narrower one.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

/** The graph of the case's room as the server with the most of it sees it at the end; undefined where there is no room. */
export function roomGraphOf(
  { compiled, section }: ScenarioCase,
  words: readonly string[],
): string | undefined {
  const simulation = createSimulation(planOf(compiled, section.seed), { record: () => undefined });
  simulation.finish();
  const rooms = [...simulation.cores()].flatMap(([node, cores]) =>
    cores
      .flatMap((core) => [core, ...innerCores(core)])
      .flatMap((core) => [...(homeserverView(core)?.rooms() ?? [])])
      .map((room) => ({ node, room, events: [...room.graph()] })),
  );
  const told = rooms.filter(({ room }) => words.some((each) => each.includes(room.roomId)));
  const [best] = (told.length === 0 ? rooms : told).sort(
    (left, right) => right.events.length - left.events.length,
  );
  if (best === undefined) return undefined;
  const { node, room, events } = best;
  const state = new Set([...room.currentState().entries()].map(([, id]) => id));
  const ends = new Set(room.forwardExtremities().map(({ event }) => event.eventId));
  return drawRoom({
    title: `${room.roomId} at ${node}`,
    subtitle: `room version ${room.rules.id}, state resolution ${algorithmName(room.rules)}; ${events.length} events`,
    events: events.map((event): DrawnEvent => ({
      ...describedEvent(event),
      ...verdictOf(room, event.eventId),
      isInState: state.has(event.eventId),
      isForwardExtremity: ends.has(event.eventId),
    })),
  });
}

function verdictOf(room: HostedRoom, id: EventId): Pick<DrawnEvent, 'verdict' | 'reason'> {
  const verdict = room.verdictOf(id) ?? 'unknown';
  return {
    verdict,
    reason: verdict === 'rejected' || verdict === 'soft-failed' ? room.ruleAgainst(id) : undefined,
  };
}
