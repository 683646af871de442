// Rule 10 (v6 to v11: 9): changes of power levels. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules
import { accept, reject, type Outcome } from '../../outcome.ts';
import type { AuthState } from '../auth-state.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json.ts';
import type { MatrixEvent } from '../event.ts';
import { isUserId } from '../event-format.ts';
import { creatorsOf, readLevel, userPowerLevel } from '../power-levels.ts';
import type { RoomVersionRules } from '../room-version.ts';

const namedLevels = ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'];

/** Rules of `m.room.power_levels`; that the sender may send it at all has been asked before. */
export function checkPowerLevels(event: MatrixEvent, state: AuthState): Outcome<MatrixEvent> {
  const { rules, content, sender } = event;
  const shape = checkShape(event, rules);
  if (!shape.ok) return shape;
  const create = state('m.room.create', '');
  if (rules.creatorsHaveInfinitePower && create !== undefined) {
    const users = isJsonObject(content['users']) ? content['users'] : {};
    const listed = creatorsOf(create, rules).find((creator) => Object.hasOwn(users, creator));
    if (listed !== undefined)
      return reject('power-levels.creator-listed', `${listed} is a creator and needs no level`); // v12, 10.4
  }
  const previous = state('m.room.power_levels', '');
  if (previous === undefined) return accept(event);
  const own = userPowerLevel(sender, state, rules);
  for (const change of changedLevels(previous.content, content, rules)) {
    const { before, after, where, name } = change;
    if (where === 'users' && name !== sender && before === own) {
      return reject('power-levels.equal-user', `${name} has the sender's own level`);
    }
    if (before !== undefined && before > own)
      return reject('power-levels.above-own', `${name} is at ${before}, above the sender`);
    if (after !== undefined && after > own)
      return reject('power-levels.raises-above-own', `${name} would be at ${after}, above the sender`);
  }
  return accept(event);
}

/** Values must be levels: JSON integers from version 10, before also strings that are integers. */
function checkShape(event: MatrixEvent, rules: RoomVersionRules): Outcome<MatrixEvent> {
  const { content } = event;
  const users = content['users'];
  if (users !== undefined && !isJsonObject(users))
    return reject('power-levels.users', 'users is not an object');
  for (const [user, level] of Object.entries(users ?? {})) {
    if (!isUserId(user)) return reject('power-levels.users', `${user} is not a user id`);
    if (readLevel(level) === undefined)
      return reject('power-levels.users', `the level of ${user} is not an integer`);
  }
  if (!rules.integerPowerLevels) return accept(event);
  for (const name of namedLevels) {
    if (Object.hasOwn(content, name) && !isInteger(content[name]))
      return reject('power-levels.not-integer', `${name} is not an integer`);
  }
  for (const name of ['events', 'notifications', 'users']) {
    const levels = content[name];
    if (levels === undefined) continue;
    if (!isJsonObject(levels) || !Object.values(levels).every(isInteger))
      return reject('power-levels.not-integer', `${name} holds something that is not an integer`);
  }
  return accept(event);
}

function isInteger(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

interface LevelChange {
  readonly where: string;
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Every level that was added, changed or removed. */
function changedLevels(
  before: JsonObject,
  after: JsonObject,
  rules: RoomVersionRules,
): readonly LevelChange[] {
  const maps = rules.limitNotificationLevels ? ['users', 'events', 'notifications'] : ['users', 'events'];
  const places = [
    ...namedLevels.map((name) => ({ where: '', name, left: before, right: after })),
    ...maps.flatMap((where) => {
      const left = isJsonObject(before[where]) ? before[where] : {};
      const right = isJsonObject(after[where]) ? after[where] : {};
      return [...new Set([...Object.keys(left), ...Object.keys(right)])].map((name) => ({
        where,
        name,
        left,
        right,
      }));
    }),
  ];
  return places
    .map(({ where, name, left, right }) => ({
      where,
      name,
      before: readLevel(left[name]),
      after: readLevel(right[name]),
    }))
    .filter((change) => change.before !== change.after);
}
