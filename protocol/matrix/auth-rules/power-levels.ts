// Rule 10 (v6 to v11: 9): changes of power levels. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules
import { accept, reject, type Outcome } from '../../outcome.ts';
import { createKey, powerLevelsKey, type AuthState } from '../auth-state.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json.ts';
import type { MatrixEvent } from '../event.ts';
import { isUserId } from '../event-format.ts';
import { isCreator, readLevel } from '../power-levels.ts';
import type { RoomVersionRules } from '../room-version.ts';

const namedLevels = ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'];

/** Rules of `m.room.power_levels`; that the sender, who has the level `own`, may send it has been asked before. */
export function checkPowerLevels(event: MatrixEvent, state: AuthState, own: number): Outcome<MatrixEvent> {
  const { rules, content, sender, stateKey } = event;
  const shape = checkShape(content, rules);
  if (shape !== undefined) return shape;
  const create = state(createKey);
  if (rules.creatorsHaveInfinitePower && create !== undefined) {
    const users = isJsonObject(content['users']) ? Object.keys(content['users']) : [];
    const listed = users.find((user) => isCreator(user, create, rules));
    if (listed !== undefined)
      return reject('power-levels.creator-listed', `${listed} is a creator and needs no level`); // v12, 10.4
  }
  // Levels with a state key of their own are in force nowhere: deployed servers find nothing to compare them with. The
  // text asks for a previous event of the type.
  const previous = stateKey === '' || rules.reading === 'text' ? state(powerLevelsKey) : undefined;
  if (previous === undefined) return accept(event);
  const before = previous.content;
  return (
    checkNamedLevels(before, content, own) ??
    checkMap('events', before, content, own) ??
    (rules.limitNotificationLevels ? checkMap('notifications', before, content, own) : undefined) ??
    checkUsers(before, content, own, sender) ??
    accept(event)
  );
}

/** Values must be levels: JSON integers from version 10, before also strings that are integers. */
function checkShape(content: JsonObject, rules: RoomVersionRules): Outcome<never> | undefined {
  const { users } = content;
  if (rules.integerPowerLevels) {
    for (const name of namedLevels) {
      if (Object.hasOwn(content, name) && !isInteger(content[name]))
        return reject('power-levels.level-not-integer', `${name} is not an integer`);
    }
    for (const name of ['events', 'notifications']) {
      if (Object.hasOwn(content, name) && !isMapOf(content[name], isInteger))
        return reject('power-levels.map-not-integer', `${name} holds something that is not an integer`);
    }
  }
  if (users === undefined) return undefined;
  const isLevel = (value: JsonValue | undefined): boolean =>
    rules.integerPowerLevels ? isInteger(value) : readLevel(value) !== undefined;
  if (!isMapOf(users, isLevel) || !Object.keys(users as JsonObject).every(isUserId))
    return reject('power-levels.users', 'users is not an object of levels by user id');
  return undefined;
}

function isInteger(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isMapOf(value: JsonValue | undefined, isLevel: (value: JsonValue | undefined) => boolean): boolean {
  return isJsonObject(value) && Object.values(value).every(isLevel);
}

interface LevelChange {
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Every one of these levels that was added, changed or removed. */
function changes(names: readonly string[], before: JsonObject, after: JsonObject): readonly LevelChange[] {
  const changed: LevelChange[] = [];
  for (const name of names) {
    const old = ownLevel(before, name);
    const wanted = ownLevel(after, name);
    if (old !== wanted) changed.push({ name, before: old, after: wanted });
  }
  return changed;
}

function ownLevel(levels: JsonObject, name: string): number | undefined {
  return Object.hasOwn(levels, name) ? readLevel(levels[name]) : undefined;
}

function changesOfMap(name: string, before: JsonObject, after: JsonObject): readonly LevelChange[] {
  const left = isJsonObject(before[name]) ? before[name] : {};
  const right = isJsonObject(after[name]) ? after[name] : {};
  const added = Object.keys(right).filter((key) => !Object.hasOwn(left, key));
  return changes([...Object.keys(left), ...added], left, right);
}

/** Named levels: neither the old nor the new value may be above the sender's. */
function checkNamedLevels(before: JsonObject, after: JsonObject, own: number): Outcome<never> | undefined {
  for (const { name, before: old, after: wanted } of changes(namedLevels, before, after)) {
    if (old !== undefined && old > own)
      return reject('power-levels.level-above-own', `${name} is at ${old}, above the sender`);
    if (wanted !== undefined && wanted > own)
      return reject('power-levels.level-raised-above-own', `${name} would be at ${wanted}, above the sender`);
  }
  return undefined;
}

/** `events`, and `notifications` from version 6: the same for each entry. */
function checkMap(
  map: string,
  before: JsonObject,
  after: JsonObject,
  own: number,
): Outcome<never> | undefined {
  for (const { name, before: old, after: wanted } of changesOfMap(map, before, after)) {
    if (old !== undefined && old > own)
      return reject('power-levels.map-above-own', `${name} is at ${old}, above the sender`);
    if (wanted !== undefined && wanted > own)
      return reject('power-levels.map-raised-above-own', `${name} would be at ${wanted}, above the sender`);
  }
  return undefined;
}

/** `users`: others may be changed only from below the sender's level, and nobody be raised above it. */
function checkUsers(
  before: JsonObject,
  after: JsonObject,
  own: number,
  sender: string,
): Outcome<never> | undefined {
  for (const { name, before: old, after: wanted } of changesOfMap('users', before, after)) {
    if (old !== undefined && (name === sender ? old > own : old >= own))
      return reject('power-levels.user-not-below-own', `${name} is at ${old}, not below the sender`);
    if (wanted !== undefined && wanted > own)
      return reject('power-levels.user-raised-above-own', `${name} would be at ${wanted}, above the sender`);
  }
  return undefined;
}
