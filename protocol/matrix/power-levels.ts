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

/** The levels that the content of a power levels event puts in force. Read as they are asked for: most never are. */
export class PowerLevels {
  readonly #content: JsonObject;

  constructor(content: JsonObject) {
    this.#content = content;
  }

  get stateDefault(): number {
    return this.#named('state_default', 50);
  }
  get eventsDefault(): number {
    return this.#named('events_default', 0);
  }
  get ban(): number {
    return this.#named('ban', 50);
  }
  get kick(): number {
    return this.#named('kick', 50);
  }
  get invite(): number {
    return this.#named('invite', 0);
  }
  get redact(): number {
    return this.#named('redact', 50);
  }

  /** A user's level. */
  ofUser(user: string): number {
    return this.#entry('users', user) ?? this.#named('users_default', 0);
  }

  /** The level that the list of event types asks for; undefined for a type that is not listed. */
  ofEventType(type: string): number | undefined {
    return this.#entry('events', type);
  }

  #named(name: string, fallback: number): number {
    return readLevel(this.#content[name]) ?? fallback;
  }

  #entry(map: 'users' | 'events', key: string): number | undefined {
    const levels = this.#content[map];
    return isJsonObject(levels) && Object.hasOwn(levels, key) ? readLevel(levels[key]) : undefined;
  }
}

/** Levels of a room without a power levels event. */
const defaults = new PowerLevels({});

/** The levels of an `m.room.power_levels` event, or those of a room without one. */
export function powerLevelsOf(event: MatrixEvent | undefined): PowerLevels {
  return event === undefined ? defaults : new PowerLevels(event.content);
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
  return levels.ofUser(user);
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
  return levels.ofEventType(type) ?? (isState ? levels.stateDefault : levels.eventsDefault);
}
