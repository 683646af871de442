// State resolution of small rooms written as tables: events by name, states as lists of names.
import { present } from '../../protocol/assert.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { resolveStateSets } from '../../protocol/matrix/resolve-state-sets.ts';
import { StateMap } from '../../protocol/matrix/state-map.ts';
import { resolveState, type ResolutionContext } from '../../protocol/matrix/state-resolution.ts';
import {
  explainResolution,
  type ExplainedResolution,
} from '../../protocol/matrix/state-resolution/explain.ts';
import { rulesOf } from './auth-cases.ts';

/** A sketched room and what is known of it. */
export interface SketchedRoom {
  readonly version: string;
  readonly events: ReadonlyMap<string, MatrixEvent>;
  /** Names of events that were rejected when they were received. */
  readonly rejected?: readonly string[];
}

function contextOf({ version, events, rejected = [] }: SketchedRoom): ResolutionContext {
  const byId = new Map([...events.values()].map((event) => [event.eventId, event]));
  const refused = new Set(rejected.map((name) => present(events.get(name), name).eventId));
  return { rules: rulesOf(version), find: (id) => byId.get(id), isRejected: (id) => refused.has(id) };
}

function statesOf({ events }: SketchedRoom, sets: readonly (readonly string[])[]): readonly StateMap[] {
  return sets.map((names) =>
    StateMap.of(
      names.map((name) => {
        const { stateMapKey, eventId } = present(events.get(name), name);
        return [present(stateMapKey, `the key of ${name}`), eventId];
      }),
    ),
  );
}

/** The names of the events of the resolved state, sorted: resolved in two ways, which must agree. */
export function resolvedNames(room: SketchedRoom, sets: readonly (readonly string[])[]): readonly string[] {
  const resolved = resolveState(statesOf(room, sets), contextOf(room));
  if (room.rejected === undefined) {
    const again = resolveStateSets({
      rules: rulesOf(room.version),
      events: [...room.events.values()],
      stateSets: sets.map((names) => names.map((name) => present(room.events.get(name), name).eventId)),
    });
    if (!again.ok || !again.value.equals(resolved)) throw new Error('two ways to resolve disagree');
  }
  const ids = new Set([...resolved.entries()].map(([, id]) => id));
  return [...room.events].flatMap(([name, { eventId }]) => (ids.has(eventId) ? [name] : [])).sort();
}

/** The same, explained. */
export function explained(room: SketchedRoom, sets: readonly (readonly string[])[]): ExplainedResolution {
  return explainResolution(statesOf(room, sets), contextOf(room));
}
