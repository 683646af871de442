// Who may do what: levels as they are in force, with the defaults of the specification.
// https://spec.matrix.org/v1.16/client-server-api/#mroompower_levels
import { isJsonObject, type JsonObject, type JsonValue } from './canonical-json.ts';
import { createKey, powerLevelsKey, type AuthState } from './auth-state.ts';
import type { MatrixEvent } from './event.ts';
import type { RoomVersionRules } from './room-version.ts';

/** Above every level that can be written down: creators from version 12. */
export const infinitePower = Number.POSITIVE_INFINITY;

/** A level as room versions before 10 allow it (integers in strings, surrounding blanks); undefined when it is none. */
export function readLevel(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
  return undefined;
}

/** One power levels event, parsed once. */
export interface PowerLevels {
  readonly users: ReadonlyMap<string, number>;
  readonly usersDefault: number;
  readonly events: ReadonlyMap<string, number>;
  readonly eventsDefault: number;
  readonly stateDefault: number;
  readonly ban: number;
  readonly kick: number;
  readonly invite: number;
  readonly redact: number;
}

const noLevels: ReadonlyMap<string, number> = new Map();

/** Levels of a room without a power levels event. */
const defaults: PowerLevels = {
  users: noLevels,
  usersDefault: 0,
  events: noLevels,
  eventsDefault: 0,
  stateDefault: 50,
  ban: 50,
  kick: 50,
  invite: 0,
  redact: 50,
};

function levelMap(value: JsonValue | undefined): ReadonlyMap<string, number> {
  if (!isJsonObject(value)) return noLevels;
  const levels = new Map<string, number>();
  for (const [key, entry] of Object.entries(value)) {
    const level = readLevel(entry);
    if (level !== undefined) levels.set(key, level);
  }
  return levels;
}

// A function of the event's bytes alone; events are shared by all servers of a run and die with it.
const parsed = new WeakMap<JsonObject, PowerLevels>();

/** The levels of an `m.room.power_levels` event, or those of a room without one. */
export function powerLevelsOf(event: MatrixEvent | undefined): PowerLevels {
  if (event === undefined) return defaults;
  const known = parsed.get(event.content);
  if (known !== undefined) return known;
  const { content } = event;
  const named = (name: string, fallback: number): number => readLevel(content[name]) ?? fallback;
  const levels: PowerLevels = {
    users: levelMap(content['users']),
    usersDefault: named('users_default', defaults.usersDefault),
    events: levelMap(content['events']),
    eventsDefault: named('events_default', defaults.eventsDefault),
    stateDefault: named('state_default', defaults.stateDefault),
    ban: named('ban', defaults.ban),
    kick: named('kick', defaults.kick),
    invite: named('invite', defaults.invite),
    redact: named('redact', defaults.redact),
  };
  parsed.set(content, levels);
  return levels;
}

/** Users whom the create event of a room from version 12 names beside its sender. */
function additionalCreators(create: MatrixEvent): readonly JsonValue[] {
  const additional = create.content['additional_creators'];
  return Array.isArray(additional) ? (additional as readonly JsonValue[]) : [];
}

/** The one creator of the versions that have one: the sender of the create event, before version 11 `creator`. */
export function creatorOf(create: MatrixEvent, rules: RoomVersionRules): JsonValue | undefined {
  return rules.creatorIsSender ? create.sender : create.content['creator'];
}

/** Whether the room is this user's: from version 12 there may be several creators. */
export function isCreator(user: string, create: MatrixEvent, rules: RoomVersionRules): boolean {
  if (creatorOf(create, rules) === user) return true;
  return rules.creatorsHaveInfinitePower && additionalCreators(create).includes(user);
}

/** A user's level by a room's power levels. */
export function levelOfUser(user: string, levels: PowerLevels): number {
  return levels.users.get(user) ?? levels.usersDefault;
}

/** A user's level under these events. */
export function userPowerLevel(user: string, state: AuthState, rules: RoomVersionRules): number {
  const event = state(powerLevelsKey);
  if (event !== undefined && !rules.creatorsHaveInfinitePower) return levelOfUser(user, powerLevelsOf(event));
  const create = state(createKey);
  const byCreator = create !== undefined && isCreator(user, create, rules);
  if (byCreator && rules.creatorsHaveInfinitePower) return infinitePower;
  if (event !== undefined) return levelOfUser(user, powerLevelsOf(event));
  return byCreator ? 100 : 0;
}

/** The level needed to send an event of this type. */
export function requiredPowerLevel(type: string, isState: boolean, levels: PowerLevels): number {
  return levels.events.get(type) ?? (isState ? levels.stateDefault : levels.eventsDefault);
}
