// One chat's way into its Matrix room: a short queue in memory, one event at a time, a minute of attempts, then nothing.
// Behaviour of bridgev2/portal.go: an event that the homeserver does not take is logged and dropped.
import type { Address, Effects, RequestResult } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { SendEvent } from '../matrix/client-messages.ts';
import type { RoomId, UserId } from '../matrix/ids.ts';
import type { UserMessageId } from '../message.ts';
import { after, microseconds, type Clock } from '../time.ts';
import { bridge } from './constants.ts';

/** Device under which ghosts speak. */
export const ghostDevice = 'BRIDGE';

/** Something that a contact said. */
export interface RemoteEvent {
  readonly message: UserMessageId;
  /** The Matrix user that stands for the contact. */
  readonly ghost: UserId;
  readonly text: string;
  /** Told how it ended. */
  readonly ended: (clock: Clock, stored: boolean, out: Effects) => void;
}

/** How portals reach the homeserver. */
export interface PortalConfig {
  readonly name: string;
  readonly roomId: RoomId;
  readonly homeserver: Address;
}

export class Portal {
  readonly #config: PortalConfig;
  /** The first is being handled. */
  readonly #events: RemoteEvent[] = [];
  #attempts = 0;
  #cause: CauseToken = noCause;

  constructor(config: PortalConfig) {
    this.#config = config;
  }

  /** Events that wait behind the one being handled. */
  get waiting(): number {
    return Math.max(0, this.#events.length - 1);
  }

  add(event: RemoteEvent, out: Effects): void {
    this.#events.push(event);
    if (this.#events.length === 1) this.#attempt(out);
    else out.observe({ kind: 'hold', messages: [event.message], reason: 'queued', cause: this.#cause });
  }

  /** The wait after a failure is over. */
  retry(out: Effects): void {
    this.#attempt(out);
  }

  answered(clock: Clock, result: RequestResult, out: Effects): void {
    const [event] = this.#events;
    if (event === undefined) return;
    if (result.ok) return this.#end(clock, event, true, out);
    const { cause } = result.failure;
    this.#cause = cause;
    if (this.#attempts < bridge.attempts) {
      out.observe({ kind: 'hold', messages: [event.message], reason: 'backoff', cause });
      const behind = this.#events.slice(1).map(({ message }) => message);
      if (behind.length > 0) out.observe({ kind: 'hold', messages: behind, reason: 'queued', cause });
      const wait = microseconds(bridge.firstRetry * 2 ** (this.#attempts - 1));
      return out.setTimer(this.#config.name, after(clock.now, wait));
    }
    out.observe({ kind: 'situation', name: 'bridge.event-dropped' });
    out.observe({ kind: 'hold', messages: [event.message], reason: 'dropped', cause });
    this.#end(clock, event, false, out);
  }

  #attempt(out: Effects): void {
    const [event] = this.#events;
    if (event === undefined) return;
    this.#attempts += 1;
    const { name, roomId, homeserver } = this.#config;
    const request: SendEvent = {
      kind: 'matrix.send-event',
      userId: event.ghost,
      deviceId: ghostDevice,
      roomId,
      eventType: 'm.room.message',
      txnId: `remote-${event.message}`,
      content: { body: event.text, msgtype: 'm.text' },
      carries: [event.message],
    };
    if (this.#attempts === 1)
      out.observe({ kind: 'hold', messages: [event.message], reason: 'awaiting-answer', cause: noCause });
    out.request(homeserver, name, request, { timeout: bridge.requestTimeout });
  }

  #end(clock: Clock, event: RemoteEvent, stored: boolean, out: Effects): void {
    this.#events.shift();
    this.#attempts = 0;
    if (stored) this.#cause = noCause;
    event.ended(clock, stored, out);
    this.#attempt(out);
  }
}
