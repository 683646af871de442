// What Matrix's people do beyond writing: groups that others may enter, and what their clients need to know for it.
import { present } from '../../protocol/assert.ts';
import type { ClientTasksConfig } from '../../protocol/matrix/client-tasks.ts';
import type { WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { makeWarmRoom } from '../../protocol/matrix/warm-room.ts';
import type { PersonId } from '../../protocol/message.ts';
import { accountsOf, betweenRoomsMs, roomAgeMs, type MatrixDirectory } from './matrix-rooms.ts';
import type { Deployment } from './system.ts';

/** The group of each person whose group somebody sets out to enter: its host is alone in it, with all accounts. */
export function makeGroups(
  { workload, world }: Deployment,
  directory: MatrixDirectory,
): ReadonlyMap<PersonId, WarmRoom> {
  const groups = new Map<PersonId, WarmRoom>();
  for (const { task } of workload.tasks?.scheduled ?? []) {
    if (task.kind !== 'join-group' || groups.has(task.host)) continue;
    const group = makeWarmRoom({
      rules: present(specifiedRoomVersions.get('11'), 'room version 11'),
      localId: `group${task.host}`,
      members: accountsOf(directory, task.host),
      // Those who set out to enter it have been asked: a room that is open to them spares the run the asking.
      joinRule: 'public',
      membersAreEqual: false,
      createdAtMs: world.epochWallMs - roomAgeMs + task.host * betweenRoomsMs,
      keyOf: (server) => present(directory.keys.get(server), `key of ${server}`),
    });
    groups.set(task.host, group);
  }
  return groups;
}

/** What each client knows; undefined where nobody sets out to do anything. */
export function planTasks(
  deployment: Deployment,
  directory: Pick<MatrixDirectory, 'userOf'>,
  groups: ReadonlyMap<PersonId, WarmRoom>,
  keyBackupShare: number,
  usesDirectory = false,
): ((person: PersonId, device: string) => ClientTasksConfig) | undefined {
  if ((deployment.workload.tasks?.scheduled ?? []).length === 0) return undefined;
  return (person, device) => ({
    random: deployment.random(`tasks/${device}/${person}`),
    userOf: (someone) => directory.userOf(someone),
    groupOf: (host) => groups.get(host)?.roomId,
    usesDirectory,
    backsUpKeys: deployment.exogenous('matrix-key-backup', person) < keyBackupShare,
  });
}
