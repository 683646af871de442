// Room versions as data: code asks for a trait, never for a number. https://spec.matrix.org/v1.16/rooms/
import type { Brand } from '../brand.ts';
import type { AuthRuleHooks, ExperimentalResolution } from './experiment.ts';

export type RoomVersionId = Brand<string, 'RoomVersionId'>;

/** Algorithms of the specification. */
export type SpecifiedResolution = 'v1' | 'v2' | 'v2.1';

/** What one room version does differently from others. */
export interface RoomVersionRules {
  readonly id: RoomVersionId;
  /**
   * What to do where the specification's text and deployed servers differ: as those do, or as the text says. The places
   * are listed in the README of this folder.
   */
  readonly reading: 'deployed' | 'text';
  /** Explicit `event_id` and `[id, hash]` references (1, 2), or the id is the reference hash. */
  readonly eventIdFormat: 'explicit' | 'reference-hash' | 'reference-hash-url-safe';
  /** An algorithm of the specification, or an experiment's own. */
  readonly stateResolution: SpecifiedResolution | ExperimentalResolution;
  /** Numbers are integers within ±(2^53 − 1), checked on receipt. */
  readonly strictCanonicalJson: boolean;
  /** Keys must have been valid at the event's origin_server_ts. */
  readonly enforceKeyValidity: boolean;
  /** `m.room.aliases` has an authorisation rule of its own, and redaction keeps its aliases. */
  readonly specialCaseAliases: boolean;
  /** Redactions are authorised when they are sent (1, 2), not when they are applied. */
  readonly redactionAuthorisedOnReceipt: boolean;
  /** `notifications` in power levels is guarded like `events`. */
  readonly limitNotificationLevels: boolean;
  readonly knocking: boolean;
  readonly restrictedJoins: boolean;
  readonly knockRestrictedJoins: boolean;
  /** Power levels must be JSON integers; before, strings that are integers would do. */
  readonly integerPowerLevels: boolean;
  /** The creator is the sender of the create event; before, `content.creator`. */
  readonly creatorIsSender: boolean;
  /** Creators (sender and `additional_creators`) have more power than any level, and may not be listed. */
  readonly creatorsHaveInfinitePower: boolean;
  /** The room id is the create event's hash; create has no room_id and is never among auth_events. */
  readonly roomIdIsCreateEvent: boolean;
  readonly redaction: RedactionTraits;
  /** Authorisation rules of an experiment, around those of the specification. */
  readonly authRules?: AuthRuleHooks | undefined;
}

/** The same version by the letter of the specification, where deployed servers do otherwise. */
export function followingText(rules: RoomVersionRules): RoomVersionRules {
  return { ...rules, reading: 'text' };
}

/** What to call a version's algorithm. */
export function algorithmName({ stateResolution }: RoomVersionRules): string {
  return typeof stateResolution === 'string' ? stateResolution : stateResolution.name;
}

/** What redaction keeps. https://spec.matrix.org/v1.16/rooms/v11/#redactions */
export interface RedactionTraits {
  /** `origin`, `membership` and `prev_state` at the top level. */
  readonly keepsObsoleteTopLevelKeys: boolean;
  /** All content of the create event; before, `creator` only. */
  readonly keepsCreateContent: boolean;
  readonly keepsAliases: boolean;
  readonly keepsJoinRuleAllow: boolean;
  readonly keepsAuthorisingUser: boolean;
  readonly keepsInviteLevel: boolean;
  readonly keepsRedacts: boolean;
  readonly keepsThirdPartyInviteSigned: boolean;
}

const redactionV1: RedactionTraits = {
  keepsObsoleteTopLevelKeys: true,
  keepsCreateContent: false,
  keepsAliases: true,
  keepsJoinRuleAllow: false,
  keepsAuthorisingUser: false,
  keepsInviteLevel: false,
  keepsRedacts: false,
  keepsThirdPartyInviteSigned: false,
};
const redactionV6: RedactionTraits = { ...redactionV1, keepsAliases: false };
const redactionV8: RedactionTraits = { ...redactionV6, keepsJoinRuleAllow: true };
const redactionV9: RedactionTraits = { ...redactionV8, keepsAuthorisingUser: true };
const redactionV11: RedactionTraits = {
  ...redactionV9,
  keepsObsoleteTopLevelKeys: false,
  keepsCreateContent: true,
  keepsInviteLevel: true,
  keepsRedacts: true,
  keepsThirdPartyInviteSigned: true,
};

const id = (version: string): RoomVersionId => version as RoomVersionId;

const V1: RoomVersionRules = {
  id: id('1'),
  reading: 'deployed',
  eventIdFormat: 'explicit',
  stateResolution: 'v1',
  strictCanonicalJson: false,
  enforceKeyValidity: false,
  specialCaseAliases: true,
  redactionAuthorisedOnReceipt: true,
  limitNotificationLevels: false,
  knocking: false,
  restrictedJoins: false,
  knockRestrictedJoins: false,
  integerPowerLevels: false,
  creatorIsSender: false,
  creatorsHaveInfinitePower: false,
  roomIdIsCreateEvent: false,
  redaction: redactionV1,
};
const V2: RoomVersionRules = { ...V1, id: id('2'), stateResolution: 'v2' };
const V3: RoomVersionRules = {
  ...V2,
  id: id('3'),
  eventIdFormat: 'reference-hash',
  redactionAuthorisedOnReceipt: false,
};
const V4: RoomVersionRules = { ...V3, id: id('4'), eventIdFormat: 'reference-hash-url-safe' };
const V5: RoomVersionRules = { ...V4, id: id('5'), enforceKeyValidity: true };
const V6: RoomVersionRules = {
  ...V5,
  id: id('6'),
  strictCanonicalJson: true,
  specialCaseAliases: false,
  limitNotificationLevels: true,
  redaction: redactionV6,
};
const V7: RoomVersionRules = { ...V6, id: id('7'), knocking: true };
const V8: RoomVersionRules = { ...V7, id: id('8'), restrictedJoins: true, redaction: redactionV8 };
const V9: RoomVersionRules = { ...V8, id: id('9'), redaction: redactionV9 };
const V10: RoomVersionRules = { ...V9, id: id('10'), knockRestrictedJoins: true, integerPowerLevels: true };
const V11: RoomVersionRules = { ...V10, id: id('11'), creatorIsSender: true, redaction: redactionV11 };
const V12: RoomVersionRules = {
  ...V11,
  id: id('12'),
  stateResolution: 'v2.1',
  creatorsHaveInfinitePower: true,
  roomIdIsCreateEvent: true,
};

/** Room versions by id. Immutable: an experiment makes a registry of its own. */
export class RoomVersions {
  readonly #rules: ReadonlyMap<string, RoomVersionRules>;

  /** Throws a RangeError when two have one id. */
  constructor(versions: readonly RoomVersionRules[]) {
    const rules = new Map<string, RoomVersionRules>();
    for (const version of versions) {
      if (rules.has(version.id)) throw new RangeError(`room version ${version.id} exists`);
      rules.set(version.id, version);
    }
    this.#rules = rules;
  }

  /** The rules of a version; undefined when it is not among these. */
  get(version: string): RoomVersionRules | undefined {
    return this.#rules.get(version);
  }

  /** These versions and others. Throws a RangeError when an id is taken. */
  with(more: readonly RoomVersionRules[]): RoomVersions {
    return new RoomVersions([...this.#rules.values(), ...more]);
  }

  /** The same versions by the letter of the specification: see {@link RoomVersionRules.reading}. */
  followingText(): RoomVersions {
    return new RoomVersions([...this.#rules.values()].map(followingText));
  }

  /** Ids of all versions. */
  ids(): readonly string[] {
    return [...this.#rules.keys()];
  }
}

/** The versions of the specification. */
export const specifiedRoomVersions: RoomVersions = new RoomVersions([
  V1,
  V2,
  V3,
  V4,
  V5,
  V6,
  V7,
  V8,
  V9,
  V10,
  V11,
  V12,
]);
