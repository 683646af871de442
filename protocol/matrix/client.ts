// A device with a Matrix client on it.
import { assertNever } from '../assert.ts';
import type { Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import type { ConversationId, PersonId } from '../message.ts';
import { after, seconds, type Clock, type Instant } from '../time.ts';
import { ClientAdministration, type AdministrationConfig } from './client-administration.ts';
import { ClientOutbox } from './client-outbox.ts';
import type { ClientEvent } from './client-messages.ts';
import type { ClientProfile } from './client-profiles.ts';
import { ClientSync, type SyncConfig } from './client-sync.ts';
import type { RoomId, UserId } from './ids.ts';
import { InboundKeys } from './inbound-keys.ts';
import { OlmSessions } from './olm-sessions.ts';
import { OutboundSessions, type Encryption } from './outbound-sessions.ts';

/** How a client is set up. */
export interface ClientConfig extends Omit<SyncConfig, 'profile' | 'onEvent' | 'keys'>, AdministrationConfig {
  readonly person: PersonId;
  readonly profile: ClientProfile;
  readonly encryption: Encryption;
  /** The room in which a conversation takes place. */
  roomOf(conversation: ConversationId): RoomId | undefined;
}

/**
 * How long a phone's system lets an application finish what it does after it was closed. Assumed: iOS grants about 30 s
 * (https://developer.apple.com/documentation/uikit/extending-your-app-s-background-execution-time), Android 5 s to minutes.
 */
const backgroundGrace = seconds(30);

class MatrixClient implements Core {
  readonly #config: ClientConfig;
  readonly #outbox: ClientOutbox;
  readonly #sync: ClientSync;
  readonly #administration: ClientAdministration;
  readonly #restarted: boolean;
  /** Sending goes on until then without the application being open. */
  #runsUntil = 0 as Instant;

  constructor(config: ClientConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#restarted = stored !== undefined;
    const olm = new OlmSessions((device) => config.encryption.isStranger(device), stored);
    const sessions = new OutboundSessions(config, config.encryption, olm, stored);
    this.#outbox = new ClientOutbox(config, sessions, stored);
    const administration = new ClientAdministration(config);
    this.#administration = administration;
    const onEvent: SyncConfig['onEvent'] = (roomId, event, out) => {
      administration.saw(roomId, event);
      noteMember(sessions, roomId, event, out);
    };
    const isWarmIn = (roomId: RoomId): boolean =>
      config.encryption.devicesIn(roomId).some(({ userId }) => userId === config.userId);
    const keys = new InboundKeys(isWarmIn, olm, stored);
    this.#sync = new ClientSync(
      { ...config, profile: config.profile.sync, onEvent, keys },
      stored,
      (message, out) => out.observe({ kind: 'delivered', message, person: config.person }),
    );
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (this.#restarted) this.#outbox.restarted(clock, out);
        return;
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        if (!this.#sync.timer(input.timer, out))
          this.#outbox.timer(clock, input.timer, this.#isRunning(clock), out);
        return;
      case 'response':
        if (this.#administration.answered(input.tag, input.result, out)) return;
        if (!this.#sync.answered(clock, input.tag, input.result, out))
          this.#outbox.answered(clock, input.tag, input.result, this.#isRunning(clock), out);
        return;
      case 'network':
        if (!input.up) return;
        this.#sync.networkUp(out);
        if (this.#isRunning(clock)) this.#outbox.resume(clock, true, out);
        return;
      case 'push':
        return this.#sync.woken(out);
      case 'request':
        return out.refuse(input.id, 404);
      case 'message':
      case 'link-up':
      case 'link-down':
      case 'operator':
        return;
      default:
        return assertNever(input);
    }
  }

  inspect(): unknown {
    return {
      profile: this.#config.profile.name,
      outbox: this.#outbox.inspect(),
      sync: this.#sync.inspect(),
    };
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send': {
        const roomId = this.#config.roomOf(action.conversation);
        if (roomId === undefined) return;
        const { message, text } = action;
        this.#runsUntil = after(clock.now, backgroundGrace);
        return this.#outbox.send(clock, { message, roomId, text }, true, out);
      }
      case 'resend':
        this.#runsUntil = after(clock.now, backgroundGrace);
        return this.#outbox.resend(clock, action.message, true, out);
      case 'administer':
        this.#runsUntil = after(clock.now, backgroundGrace);
        return this.#administration.change(action.conversation, action.change, out);
      case 'undertake':
        return;
      case 'open-app':
        this.#sync.opened(out);
        return this.#outbox.resume(clock, true, out);
      case 'close-app':
        this.#runsUntil = after(clock.now, backgroundGrace);
        return this.#sync.closed(out);
      default:
        return assertNever(action);
    }
  }

  #isRunning(clock: Clock): boolean {
    return this.#sync.isForeground || clock.now < this.#runsUntil;
  }
}

/** Who comes gets keys from now on, who goes gets none any more. */
function noteMember(sessions: OutboundSessions, roomId: RoomId, event: ClientEvent, out: Effects): void {
  const { type, stateKey, content } = event;
  if (type !== 'm.room.member') return;
  const { membership } = content;
  if (membership === 'join') sessions.came(roomId, stateKey as UserId, out);
  if (membership === 'leave' || membership === 'ban') sessions.left(roomId, stateKey as UserId, out);
}

/** A client with a session: logged in, its rooms known, synced up to `since`. */
export function createClient(config: ClientConfig): CoreFactory {
  return (stored) => new MatrixClient(config, stored);
}
