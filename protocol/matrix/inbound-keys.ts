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
  readonly session: string;
  readonly index: number;
}

const keyPrefix = 'room-key/';
const waitingPrefix = 'undecryptable/';

export class InboundKeys {
  readonly #isWarmIn: (roomId: RoomId) => boolean;
  /** The message from which on each session can be read. */
  readonly #known = new Map<string, number>();
  readonly #waiting = new Map<UserMessageId, Undecryptable>();
  readonly #warmRooms = new Map<RoomId, boolean>();

  readonly #olm: OlmSessions;

  /** `isWarmIn`: whether this device was in the room when the run began, and has every session from before it. */
  constructor(isWarmIn: (roomId: RoomId) => boolean, olm: OlmSessions, stored: StoredState | undefined) {
    this.#olm = olm;
    this.#isWarmIn = isWarmIn;
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
    const session = `${roomId}/${place.session}`;
    if (this.#isWarm(roomId, place.session) || this.#opens(session, place.index)) return true;
    if (this.#waiting.has(message)) return false;
    const waiting: Undecryptable = { session, index: place.index };
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
    this.#known.set(session, key.index);
    out.persist(keyPrefix + session, key.index);
    const readable: UserMessageId[] = [];
    for (const [message, waiting] of this.#waiting) {
      if (waiting.session !== session || waiting.index < key.index) continue;
      this.#waiting.delete(message);
      out.persist(`${waitingPrefix}${message}`, undefined);
      readable.push(message);
    }
    return readable;
  }

  #isWarm(roomId: RoomId, session: string): boolean {
    if (!session.startsWith('0.')) return false;
    let isWarm = this.#warmRooms.get(roomId);
    if (isWarm === undefined) this.#warmRooms.set(roomId, (isWarm = this.#isWarmIn(roomId)));
    return isWarm;
  }

  #opens(session: string, index: number): boolean {
    const from = this.#known.get(session);
    return from !== undefined && from <= index;
  }
}
