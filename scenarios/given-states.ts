// A file of states and a slice of a room, put together: which state holds where, and what is known of its events.
import { compareCodePoints } from '../protocol/order.ts';
import { stateMapKey } from '../protocol/matrix/auth-state.ts';
import type { MatrixEvent } from '../protocol/matrix/event.ts';
import type { EventId } from '../protocol/matrix/ids.ts';
import type { RoomVersions } from '../protocol/matrix/room-version.ts';
import { unplacedEntry } from '../protocol/matrix/slice/gaps.ts';
import { KnownState } from '../protocol/matrix/slice/known-state.ts';
import type { GivenStates } from '../protocol/matrix/slice/slice-graph.ts';
import { StateMap } from '../protocol/matrix/state-map.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { eventsOf } from './room-file-events.ts';
import type { RoomEntry } from './room-file-entries.ts';
import { versionOf, type RoomFile } from './room-file.ts';
import type { GivenEntry, GivenStateList, RoomStateFile } from './room-state-file.ts';
import { didYouMean, ScenarioError, type TextPosition } from './scenario-error.ts';

/** States where the slice needs them, and events that are no part of the slice. */
export interface StatesOfSlice {
  readonly given: GivenStates;
  readonly outliers: readonly MatrixEvent[];
}

/** No state is given anywhere. */
export const noStates: StatesOfSlice = { given: { before: new Map(), after: new Map() }, outliers: [] };

/** The room version that a create event among the states tells; undefined when there is none. */
export function versionInStates({ only, byEvent, events }: RoomStateFile): string | undefined {
  const lists = [...byEvent.values(), ...(only === undefined ? [] : [only])];
  const bodies = [...events, ...lists.flatMap(({ entries }) => entries.flatMap(({ body }) => body ?? []))];
  const create = bodies.find(({ pdu }) => pdu['type'] === 'm.room.create');
  return create === undefined ? undefined : versionOf(create);
}

/** Events of the room with a predecessor that the file does not hold. */
export function edgesOf({ events }: Pick<RoomFile, 'events'>): readonly MatrixEvent[] {
  const held = new Set(events.map(({ eventId }) => eventId));
  return events.filter(({ prevEvents }) => prevEvents.some((id) => !held.has(id)));
}

/**
 * Puts the states of a file where they hold in the room. A state by itself is the one before the first event whose
 * predecessors are missing, and before others with the same predecessors; what other such events need is not guessed.
 * @throws ScenarioError when a state is not one of this room, or belongs to no place in it
 */
export function statesOfSlice(
  states: RoomStateFile,
  room: RoomFile,
  file: string,
  versions?: RoomVersions,
): StatesOfSlice {
  const reader = new StatesReader(room, file, versions);
  for (const entry of states.events) reader.event(entry);
  const before = new Map<EventId, KnownState>();
  const after = new Map<EventId, KnownState>();
  const edges = edgesOf(room);
  const held = new Set(room.events.map(({ eventId }) => eventId));
  const missing = new Set(edges.flatMap(({ prevEvents }) => prevEvents.filter((id) => !held.has(id))));
  // All bodies first: one list may name by id what another holds in full.
  const lists = [
    ...states.byEvent,
    ...(states.only === undefined ? [] : [[undefined, states.only] as const]),
  ];
  for (const [, { entries }] of lists) for (const entry of entries) reader.idOf(entry);
  for (const [place, list] of lists) {
    const state = reader.state(list);
    if (place === undefined) {
      if (edges.length === 0) throw reader.noEdge(list.position);
      for (const { eventId } of firstEdges(edges)) before.set(eventId, state);
    } else if (place === '*') continue;
    else if (held.has(place as EventId)) before.set(place as EventId, state);
    else if (missing.has(place as EventId)) after.set(place as EventId, state);
    else throw reader.noPlace(place, list.position, [...held, ...missing]);
  }
  const everywhere = states.byEvent.get('*');
  if (everywhere !== undefined) {
    const state = reader.state(everywhere);
    for (const { eventId } of edges) if (!before.has(eventId)) before.set(eventId, state);
  }
  return { given: { before, after }, outliers: reader.outliers };
}

/** The first event with missing predecessors, and those that have the same. */
function firstEdges(edges: readonly MatrixEvent[]): readonly MatrixEvent[] {
  const predecessors = ({ prevEvents }: MatrixEvent): string =>
    [...prevEvents].sort(compareCodePoints).join(' ');
  const [first] = edges;
  return first === undefined ? [] : edges.filter((edge) => predecessors(edge) === predecessors(first));
}

class StatesReader {
  readonly #room: RoomFile;
  readonly #file: string;
  readonly #versions: RoomVersions | undefined;
  readonly #held: ReadonlyMap<EventId, MatrixEvent>;
  readonly #outliers = new Map<EventId, MatrixEvent>();

  constructor(room: RoomFile, file: string, versions: RoomVersions | undefined) {
    this.#room = room;
    this.#file = file;
    this.#versions = versions;
    this.#held = new Map(room.events.map((event) => [event.eventId, event]));
  }

  get outliers(): readonly MatrixEvent[] {
    return [...this.#outliers.values()].filter(({ eventId }) => !this.#held.has(eventId));
  }

  /** An event with its body, known from here on. */
  event(entry: RoomEntry): MatrixEvent | undefined {
    const { rules, areSketches, roomId } = this.#room;
    const reading = { file: this.#file, rules, versions: this.#versions, areSketches, roomId };
    const [placed] = eventsOf([entry], reading).values();
    if (placed === undefined) return undefined;
    const { event, position } = placed;
    if (event.roomId !== roomId)
      throw this.#complain(position, `expected an event of ${roomId}, found one of ${event.roomId}`);
    this.#outliers.set(event.eventId, event);
    return event;
  }

  idOf({ eventId, body }: GivenEntry): EventId | undefined {
    return body === undefined ? (eventId as EventId) : this.event(body)?.eventId;
  }

  /** The entries as a state. Events of which nobody knows where in a state they stand leave it open what else is in it. */
  state({ entries, position }: GivenStateList): KnownState {
    const state = new Map<string, EventId>();
    let unplaced: EventId | undefined;
    for (const entry of entries) {
      const id = this.idOf(entry);
      if (id === undefined) continue;
      const event = this.#held.get(id) ?? this.#outliers.get(id);
      const place = entry.place === undefined ? undefined : stateMapKey(...entry.place);
      if (event !== undefined && event.stateMapKey === undefined)
        throw this.#complain(entry.position, `expected state events, found ${id}, which is none`);
      if (event !== undefined && place !== undefined && event.stateMapKey !== place)
        throw this.#complain(entry.position, `${id} is ${event.type} ${JSON.stringify(event.stateKey)}`);
      const key = event?.stateMapKey ?? place;
      if (key === undefined) unplaced ??= id;
      else if ((state.get(key) ?? id) !== id)
        throw this.#complain(
          entry.position,
          `two events for one key of a state: ${state.get(key) ?? ''} and ${id}`,
        );
      else state.set(key, id);
    }
    if (entries.length === 0) throw this.#complain(position, 'expected state events, found none');
    const map = StateMap.of(state);
    return unplaced === undefined
      ? KnownState.complete(map)
      : KnownState.partial(map, 'rest', unplacedEntry(unplaced));
  }

  noEdge(position: TextPosition): ScenarioError {
    return this.#complain(
      position,
      'no event of the room has a missing predecessor: its states follow from its events',
    );
  }

  noPlace(place: string, position: TextPosition, ids: readonly string[]): ScenarioError {
    const hint = didYouMean(nearest(place, ids));
    return this.#complain(
      position,
      `${place} is neither an event of the room nor a missing predecessor of one${hint}`,
    );
  }

  #complain(position: TextPosition, message: string): ScenarioError {
    return new ScenarioError(this.#file, [{ path: '', position, message }]);
  }
}
