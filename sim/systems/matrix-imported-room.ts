// The room that a world imports, as homeservers of the run hold it: people take the places of its members.
import { present } from '../../protocol/assert.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { trustedEvent } from '../../protocol/matrix/event-format.ts';
import type { Refusal, WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import type { EventId, RoomId, ServerName, UserId } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { ImportedMember, ImportedRoom } from '../world.ts';
import type { ServerPlan } from './matrix-servers.ts';
import type { Deployment } from './system.ts';

/** The room on its servers. */
export interface SettledRoom {
  readonly imported: ImportedRoom;
  readonly room: WarmRoom;
  /** Servers with members. */
  readonly servers: readonly ServerName[];
  /** Whose places people take. */
  readonly places: ReadonlyMap<PersonId, ImportedMember>;
  /** Members whose places nobody takes. */
  readonly guests: readonly UserId[];
}

/** The room of a world; undefined where it imports none. */
export function settleImportedRoom({ world, workload }: Deployment): SettledRoom | undefined {
  const { room: imported } = world;
  const conversation = workload.conversations.find(({ isImported }) => isImported);
  if (imported === undefined || conversation === undefined) return undefined;
  const { members } = conversation;
  const places = members.map(
    (person, place) => [person, present(imported.members[place], 'a member of the room')] as const,
  );
  const vacant = imported.members.slice(members.length).map(({ user }) => user);
  return {
    imported,
    room: warmRoomOf(imported),
    servers: imported.servers as readonly ServerName[],
    places: new Map(places),
    guests: [...vacant, ...imported.others] as UserId[],
  };
}

function warmRoomOf({ version, id, events }: ImportedRoom): WarmRoom {
  const rules = present(specifiedRoomVersions.get(version), `room version ${version}`);
  const refusals = new Map<EventId, Refusal>();
  const read = events.map(({ id: eventId, pdu, refusal }) => {
    const event = trustedEvent(pdu as JsonObject, eventId as EventId, rules);
    if (refusal !== undefined) refusals.set(eventId as EventId, refusal);
    return present(event.ok ? event.value : undefined, `event ${eventId}`);
  });
  return { roomId: id as RoomId, rules, events: read, refusals };
}

/** Servers with the people in the imported room on those of the members whose places they take. */
export function withMembersAtHome(
  servers: readonly ServerPlan[],
  settled: SettledRoom | undefined,
): readonly ServerPlan[] {
  if (settled === undefined) return servers;
  const { places } = settled;
  return servers.map((server) => {
    const own = [...places].filter(([, member]) => member.server === server.name).map(([person]) => person);
    const others = server.people.filter((person) => !places.has(person));
    return { ...server, people: [...own, ...others].sort((left, right) => left - right) };
  });
}
