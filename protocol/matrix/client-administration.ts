// A client whose user looks after a room: topic, join rule, bans, moderators. What is refused or does not get through is
// shown to its user, who lets it be; clients do not repeat such requests by themselves.
import type { AdministrativeChange } from '../administration.ts';
import type { Address, Effects, RequestResult, Tag } from '../core.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import { clientPatience } from './assumed-patience.ts';
import { isJsonObject, type JsonObject } from './canonical-json.ts';
import type { ChangeMembership, ClientEvent, SendEvent, SendState } from './client-messages.ts';
import type { ClientSession } from './client-session.ts';
import { serverNameOf, type RoomId, type UserId } from './ids.ts';

/** What a client knows of a room that its user may look after. */
export interface AdministeredRoom {
  readonly roomId: RoomId;
  readonly guests: readonly UserId[];
  /** Content of `m.room.power_levels` when the run begins. */
  readonly powerLevels: JsonObject;
}

/** What a client has to know for its user to look after rooms. */
export interface Administration {
  /** Undefined where nobody looks after the conversation. */
  roomOf(conversation: ConversationId): AdministeredRoom | undefined;
  /** Every account of a person: who is made a moderator is one with all of them. */
  readonly accountsOf: (person: PersonId) => readonly UserId[];
}

/** How a client administers. */
export interface AdministrationConfig {
  readonly session: ClientSession;
  readonly homeserver: Address;
  /** Left out: the user looks after nothing. */
  readonly administration?: Administration;
}

const prefix = 'administer/';
const guestPrefix = 'guest/';
/** The device from which a guest writes. */
export const guestDevice = 'GUEST';
const timeout = clientPatience.request;
/** Power level of a moderator: "Suggested default levels", https://spec.matrix.org/v1.16/client-server-api/#mroompower_levels */
const moderator = 50;

/** Asks the homeserver for changes, one request each. */
export class ClientAdministration {
  readonly #config: AdministrationConfig;
  /** Power levels as they were last seen, by room. */
  readonly #powerLevels = new Map<RoomId, JsonObject>();
  /** What guests are saying, by the tag of the request. */
  readonly #speaking = new Map<Tag, SendEvent>();
  #requests = 0;

  constructor(config: AdministrationConfig) {
    this.#config = config;
  }

  change(conversation: ConversationId, change: AdministrativeChange, out: Effects): void {
    const { administration } = this.#config;
    const room = administration?.roomOf(conversation);
    if (administration === undefined || room === undefined) return;
    if (change.kind === 'guest-speaks') {
      const guest = room.guests[change.guest];
      if (guest !== undefined) this.#speak(room, guest, change.text, out);
      return;
    }
    const request = this.#requestFor(room, administration, change);
    if (request !== undefined)
      out.request(this.#config.homeserver, `${prefix}${this.#requests++}`, request, { timeout });
  }

  /** A guest says something; who finds the door closed tries to come back in first, once. */
  #speak(room: AdministeredRoom, guest: UserId, text: string, out: Effects): void {
    const tag = `${guestPrefix}${this.#requests++}`;
    const event: SendEvent = {
      kind: 'matrix.send-event',
      userId: guest,
      deviceId: guestDevice,
      roomId: room.roomId,
      // No message of anybody who counts: what clients show as a sticker.
      eventType: 'm.sticker',
      txnId: tag,
      content: { body: text, url: 'mxc://example.org/sticker' },
      carries: carriesNothing,
    };
    this.#speaking.set(tag, event);
    out.request(this.#config.homeserver, tag, event, { timeout });
  }

  #guestAnswered(tag: Tag, result: RequestResult, out: Effects): void {
    const event = this.#speaking.get(tag);
    this.#speaking.delete(tag);
    const isRefused = !result.ok && result.failure.kind === 'status';
    const did = event === undefined ? 'returned' : 'spoke';
    out.observe({
      kind: 'situation',
      name: `matrix.guest.${result.ok ? did : isRefused ? 'refused' : 'failed'}`,
    });
    if (event === undefined || !isRefused) return;
    const { userId, deviceId, roomId } = event;
    const servers = [serverNameOf(this.#config.session.userId)].filter((server) => server !== undefined);
    const join: ChangeMembership = {
      kind: 'matrix.change-membership',
      userId,
      deviceId,
      roomId,
      membership: 'join',
      target: userId,
      servers,
      carries: carriesNothing,
    };
    out.request(this.#config.homeserver, `${guestPrefix}${this.#requests++}`, join, { timeout });
  }

  /** An event of a room was read. */
  saw(roomId: RoomId, { type, stateKey, content }: ClientEvent): void {
    if (type === 'm.room.power_levels' && stateKey === '') this.#powerLevels.set(roomId, content);
  }

  /** True when the answer was to one of its requests. */
  answered(tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag.startsWith(guestPrefix)) {
      this.#guestAnswered(tag, result, out);
      return true;
    }
    if (!tag.startsWith(prefix)) return false;
    const isRefused = !result.ok && result.failure.kind === 'status';
    const end = result.ok ? 'done' : isRefused ? 'refused' : 'failed';
    out.observe({ kind: 'situation', name: `matrix.administration.${end}` });
    return true;
  }

  #requestFor(
    room: AdministeredRoom,
    { accountsOf }: Administration,
    change: Exclude<AdministrativeChange, { kind: 'guest-speaks' }>,
  ): SendState | ChangeMembership | undefined {
    switch (change.kind) {
      case 'topic':
        return this.#state(room, 'm.room.topic', '', { topic: change.text });
      case 'entry':
        return this.#state(room, 'm.room.join_rules', '', { join_rule: change.rule });
      case 'guest': {
        const guest = room.guests[change.guest];
        if (guest === undefined) return undefined;
        if (change.fate === 'invite') return this.#invitation(room, guest);
        const membership = change.fate === 'ban' ? 'ban' : 'leave';
        return this.#state(room, 'm.room.member', guest, { membership });
      }
      case 'moderator': {
        const powerLevels = this.#powerLevels.get(room.roomId) ?? room.powerLevels;
        const { users } = powerLevels;
        const levels = isJsonObject(users) ? users : {};
        const accounts = accountsOf(change.person);
        const others = Object.entries(levels).filter(([user]) => !accounts.includes(user as UserId));
        const given = change.is ? accounts.map((user) => [user, moderator] as const) : [];
        const changed = Object.fromEntries([...others, ...given]);
        return this.#state(room, 'm.room.power_levels', '', { ...powerLevels, users: changed });
      }
    }
  }

  #state({ roomId }: AdministeredRoom, eventType: string, stateKey: string, content: JsonObject): SendState {
    const { userId, deviceId } = this.#config.session;
    const kind = 'matrix.send-state';
    return { kind, userId, deviceId, roomId, eventType, stateKey, content, carries: carriesNothing };
  }

  #invitation({ roomId }: AdministeredRoom, target: UserId): ChangeMembership {
    const { userId, deviceId } = this.#config.session;
    return {
      kind: 'matrix.change-membership',
      userId,
      deviceId,
      roomId,
      membership: 'invite',
      target,
      servers: [],
      carries: carriesNothing,
    };
  }
}
