// fast-check arbitraries for other people's properties: whole runs, fault timelines, and the graphs of Matrix rooms.
import fc from 'fast-check';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { swarmRooms, type RoomConstraints } from '../../scenarios/search/rooms/room-arbitraries.ts';
import { RoomWorld } from '../../scenarios/search/rooms/room-world.ts';
import { scenarioOf } from '../../scenarios/search/systems/scenario-of-recipe.ts';
import { swarmRuns, type RunConstraints } from '../../scenarios/search/systems/system-arbitraries.ts';
import { systems } from '../../sim/systems/registry.ts';
import { scenario, type Scenario } from './simulate.ts';

/** An event of a room, as in a case of state resolution: named, neither hashed nor signed. */
export interface DagEvent {
  readonly event_id: string;
  readonly type: string;
  readonly state_key?: string;
  readonly sender: string;
  readonly content: unknown;
  readonly prev_events: readonly string[];
  readonly auth_events: readonly string[];
  readonly depth: number;
  readonly origin_server_ts: number;
}

/** What faults may hit, and when. */
export interface FaultTimelineConstraints {
  /** Selectors as scenarios write them: `id=aws/us-east-1`. */
  readonly targets: readonly string[];
  /** Seconds since the epoch before which all are over. @defaultValue 3600 */
  readonly overBy?: number;
  /** @defaultValue 4 */
  readonly maxFaults?: number;
}

/**
 * Runs of a system as `netsplit search` draws them; `simulate` plays one.
 * @throws RangeError when there is no such system
 */
export function runsOf(system: string, constraints: RunConstraints = {}): fc.Arbitrary<Scenario> {
  const found = systems.get(system);
  if (found === undefined)
    throw new RangeError(`expected a system, one of ${[...systems.keys()].join(', ')}; found "${system}"`);
  return swarmRuns({ usesRadio: found.usesRadio, ...constraints }).map((recipe) =>
    scenario(scenarioOf(recipe, found), recipe.seed),
  );
}

/** The `faults` of a scenario: failures, slow paths and lost packets, each over in time. */
export function faultTimelines({
  targets,
  overBy = 3_600,
  maxFaults = 4,
}: FaultTimelineConstraints): fc.Arbitrary<readonly object[]> {
  const what = fc.oneof(
    fc
      .constantFrom({ manner: 'black-hole' }, { manner: 'refuse' }, { manner: 'crash' })
      .map((how) => ({ kind: 'down', ...how })),
    fc.integer({ min: 10, max: 10_000 }).map((addMs) => ({ kind: 'latency', addMs })),
    fc.integer({ min: 1, max: 10 }).map((tenths) => ({ kind: 'loss', probability: tenths / 10 })),
  );
  const one = fc
    .record({
      what,
      target: fc.constantFrom(...targets),
      start: fc.nat(overBy - 2),
      length: fc.integer({ min: 1, max: overBy }),
    })
    .map(({ what: kind, target, start, length }) => ({
      title: `${kind.kind} of ${target}`,
      target,
      ...kind,
      start: `${start}s`,
      end: `${Math.min(overBy, start + length)}s`,
      source: 'drawn',
      mayBeIdle: 'drawn',
    }));
  return fc
    .array(one, { maxLength: maxFaults })
    .map((faults) => faults.map((fault, index) => ({ id: `fault-${index + 1}`, ...fault })));
}

/**
 * Graphs of rooms, causes first, as a few servers make them who do not hear all from each other.
 * @throws RangeError when there is no such room version
 */
export function roomDags(
  roomVersion: string,
  constraints: RoomConstraints = {},
): fc.Arbitrary<readonly DagEvent[]> {
  const rules = specifiedRoomVersions.get(roomVersion);
  if (rules === undefined)
    throw new RangeError(`expected a room version from 1 to 12, found "${roomVersion}"`);
  return swarmRooms(constraints).map((recipe) => {
    const world = new RoomWorld(recipe, rules);
    world.play();
    return world.events.map((event): DagEvent => ({
      event_id: event.eventId,
      type: event.type,
      ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
      sender: event.sender,
      content: event.content,
      prev_events: event.prevEvents,
      auth_events: event.authEvents,
      depth: event.depth,
      origin_server_ts: event.originServerTs,
    }));
  });
}
