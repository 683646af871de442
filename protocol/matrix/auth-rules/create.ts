// Rule 1: the create event. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules
import { accept, reject, type Outcome } from '../../outcome.ts';
import type { JsonValue } from '../canonical-json.ts';
import type { MatrixEvent } from '../event.ts';
import { isUserId } from '../event-format.ts';
import { serverNameOf } from '../ids.ts';
import { specifiedRoomVersions } from '../room-version.ts';

/** Rules of the create event, which need nothing but itself. */
export function checkCreate(event: MatrixEvent): Outcome<MatrixEvent> {
  const { rules, content, pdu } = event;
  if (event.prevEvents.length > 0) return reject('create.prev-events', 'the create event has predecessors'); // 1.1
  if (rules.roomIdIsCreateEvent) {
    if (pdu['room_id'] !== undefined) return reject('create.room-id', 'the create event names a room'); // v12, 1.2
  } else if (serverNameOf(event.roomId) !== serverNameOf(event.sender)) {
    return reject('create.other-server', 'room id and sender are of different servers'); // 1.2
  }
  const version = Object.hasOwn(content, 'room_version') ? content['room_version'] : '1';
  if (
    typeof version !== 'string' ||
    (version !== rules.id && specifiedRoomVersions.get(version) === undefined)
  ) {
    return reject('create.room-version', 'unknown room version'); // 1.3
  }
  if (!rules.creatorIsSender && content['creator'] === undefined)
    return reject('create.no-creator', 'no creator'); // 1.4, to v10
  if (rules.creatorsHaveInfinitePower && content['additional_creators'] !== undefined) {
    const additional = content['additional_creators'];
    const valid =
      Array.isArray(additional) &&
      (additional as readonly JsonValue[]).every((user) => typeof user === 'string' && isUserId(user));
    if (!valid) return reject('create.additional-creators', 'additional_creators is not a list of user ids'); // v12, 1.4
  }
  return accept(event);
}
