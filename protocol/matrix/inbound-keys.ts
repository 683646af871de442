// The keys that one device has of others' sessions, and what it has and cannot read: it shows "unable to decrypt" until the
// key comes.
import type { Effects, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import type { UserMessageId } from '../message.ts';
import type { ClientEvent, ToDeviceEvent } from './client-messages.ts';
import type { RoomId } from './ids.ts';
import { ownerOf, placeOf } from './megolm-envelope.ts';
import { readOlmContent } from './olm-envelope.ts';
import type { OlmSessions } from './olm-sessions.ts';

/** A message that is here and whose key is not. */
interface Undecryptable {
  readonly roomId: RoomId;
  readonly session: string;
  readonly index: number;
}

const keyPrefix = 'room-key/';
const waitingPrefix = 'undecryptable/';
const newDeviceKey = 'is-new-device';

export class InboundKeys {
  readonly #isWarmIn: (roomId: RoomId) => boolean;
  /** The message from which on each session can be read. */
  readonly #known = new Map<string, number>();
  readonly #waiting = new Map<UserMessageId, Undecryptable>();
  readonly #warmRooms = new Map<RoomId, boolean>();
  readonly #olm: OlmSessions;
  /** Sessions from before the run are not there: the device is newer. */
  #isNewDevice: boolean;
  /** Keys that are in no backup yet. */
  readonly #notBackedUp = new Map<string, number>();

  /** `isWarmIn`: whether this device was in the room when the run began, and has every session from before it. */
  constructor(isWarmIn: (roomId: RoomId) => boolean, olm: OlmSessions, stored: StoredState | undefined) {
    this.#olm = olm;
    this.#isWarmIn = isWarmIn;
    this.#isNewDevice = stored?.get(newDeviceKey) === true;
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(keyPrefix)) this.#known.set(key.slice(keyPrefix.length), value as number);
      else if (key.startsWith(waitingPrefix))
        this.#waiting.set(Number(key.slice(waitingPrefix.length)) as UserMessageId, value as Undecryptable);
    }
  }

  /** Messages that are here and cannot be read. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether the event can be read; if it cannot, its message waits for its key. */
  canRead(roomId: RoomId, { content }: ClientEvent, message: UserMessageId, out: Effects): boolean {
    const place = placeOf(content);
    if (place === undefined) return true;
    const { session, index } = place;
    if (this.#isWarm(roomId, session) || this.#opens(`${roomId}/${session}`, index)) return true;
    if (this.#waiting.has(message)) return false;
    const waiting: Undecryptable = { roomId, session, index };
    this.#waiting.set(message, waiting);
    out.persist(`${waitingPrefix}${message}`, waiting);
    out.observe({ kind: 'hold', messages: [message], reason: 'undecryptable', cause: noCause });
    out.observe({ kind: 'situation', name: 'matrix.unable-to-decrypt' });
    return false;
  }

  /** Takes the key that a to-device message brings; what waited for it can be read. */
  take({ type, content }: ToDeviceEvent, out: Effects): readonly UserMessageId[] {
    if (type === 'm.room_key.withheld') out.observe({ kind: 'situation', name: 'matrix.room-key.withheld' });
    const key = readOlmContent(content);
    if (key === undefined) return [];
    const sender = ownerOf(key.session);
    if (sender !== undefined) this.#olm.heardFrom(sender, out);
    const session = `${key.roomId}/${key.session}`;
    if (this.#opens(session, key.index)) return [];
    this.#notBackedUp.set(session, key.index);
    this.#learn(session, key.index, out);
    return this.#nowReadable(out);
  }

  /** Keys that no backup has yet, which has them now. */
  takeNotBackedUp(): ReadonlyMap<string, number> {
    const keys = new Map(this.#notBackedUp);
    this.#notBackedUp.clear();
    return keys;
  }

  /** They did not get there: next time. */
  notBackedUp(keys: ReadonlyMap<string, number>): void {
    for (const [session, index] of keys) this.#notBackedUp.set(session, index);
  }

  /** A new device takes this one's place: it can read nothing of what was said before. */
  forget(out: Effects): void {
    for (const session of this.#known.keys()) out.persist(keyPrefix + session, undefined);
    this.#known.clear();
    this.#isNewDevice = true;
    out.persist(newDeviceKey, true);
  }

  /** Has what was backed up: those keys, and the sessions from before the run. What can be read for it now. */
  restore(keys: ReadonlyMap<string, number>, out: Effects): readonly UserMessageId[] {
    this.#isNewDevice = false;
    out.persist(newDeviceKey, undefined);
    for (const [session, index] of keys) if (!this.#opens(session, index)) this.#learn(session, index, out);
    return this.#nowReadable(out);
  }

  #learn(session: string, index: number, out: Effects): void {
    this.#known.set(session, index);
    out.persist(keyPrefix + session, index);
  }

  #nowReadable(out: Effects): readonly UserMessageId[] {
    const readable: UserMessageId[] = [];
    for (const [message, { roomId, session, index }] of this.#waiting) {
      if (!this.#isWarm(roomId, session) && !this.#opens(`${roomId}/${session}`, index)) continue;
      this.#waiting.delete(message);
      out.persist(`${waitingPrefix}${message}`, undefined);
      readable.push(message);
    }
    return readable;
  }

  #isWarm(roomId: RoomId, session: string): boolean {
    if (this.#isNewDevice || !session.startsWith('0.')) return false;
    let isWarm = this.#warmRooms.get(roomId);
    if (isWarm === undefined) this.#warmRooms.set(roomId, (isWarm = this.#isWarmIn(roomId)));
    return isWarm;
  }

  #opens(session: string, index: number): boolean {
    const from = this.#known.get(session);
    return from !== undefined && from <= index;
  }
}
