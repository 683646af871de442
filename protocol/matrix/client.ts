// A device with a Matrix client on it.
import { assertNever } from '../assert.ts';
import type { Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import type { DeviceState } from '../mobile-connection.ts';
import { after, type Clock, type Instant } from '../time.ts';
import { clientPatience } from './assumed-patience.ts';
import { ClientAdministration, type AdministrationConfig } from './client-administration.ts';
import { ClientOutbox } from './client-outbox.ts';
import { ClientKeys } from './client-keys.ts';
import type { ClientEvent, Presence } from './client-messages.ts';
import type { ClientProfile } from './client-profiles.ts';
import { sessionFrom, type ClientSession } from './client-session.ts';
import { ClientSync, type SyncConfig } from './client-sync.ts';
import { ClientTasks, type ClientTasksConfig } from './client-tasks.ts';
import { ClientTyping } from './client-typing.ts';
import type { RoomId, UserId } from './ids.ts';
import type { SetPresence } from './device-messages.ts';
import type { Encryption, OutboundSessions } from './outbound-sessions.ts';

/** How a client is set up. */
export interface ClientConfig
  extends
    Omit<SyncConfig, 'session' | 'profile' | 'onEvent' | 'onAnswer' | 'onRoom' | 'keys'>,
    Omit<AdministrationConfig, 'session'> {
  readonly person: PersonId;
  readonly userId: UserId;
  /** The device as which it is logged in when the run begins. */
  readonly deviceId: string;
  readonly profile: ClientProfile;
  /** What its user does beyond writing; nothing when left out. */
  readonly tasks?: ClientTasksConfig;
  /** Notices of who is writing are sent and looked at; nothing of it when left out. */
  readonly usesTyping?: boolean;
  /** Says whether its user is there, by the application being open; says nothing when left out. */
  readonly tellsPresence?: boolean;
  readonly encryption: Encryption;
  /** The room in which a conversation takes place. */
  roomOf(conversation: ConversationId): RoomId | undefined;
}

const presenceTag = 'presence';

class MatrixClient implements Core, DeviceState {
  readonly #config: ClientConfig;
  readonly #outbox: ClientOutbox;
  readonly #sync: ClientSync;
  readonly #administration: ClientAdministration;
  readonly #session: ClientSession;
  readonly #keys: ClientKeys;
  readonly #tasks: ClientTasks | undefined;
  readonly #typing: ClientTyping | undefined;
  readonly #restarted: boolean;
  #networkIsUp = true;
  #networkCause: CauseToken = noCause;
  /** Sending goes on until then without the application being open. */
  #runsUntil = 0 as Instant;

  constructor(config: ClientConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#restarted = stored !== undefined;
    this.#session = sessionFrom(config, stored);
    const session = this.#session;
    this.#keys = new ClientKeys({ ...config, session }, stored);
    const { outbound, inbound } = this.#keys;
    this.#outbox = new ClientOutbox({ ...config, session }, outbound, stored);
    const typing =
      config.usesTyping === true
        ? new ClientTyping({ ...config, session, profile: config.profile.typing })
        : undefined;
    this.#typing = typing;
    const administration = new ClientAdministration({ ...config, session });
    this.#administration = administration;
    this.#sync = new ClientSync(
      {
        ...config,
        session,
        profile: config.profile.sync,
        keys: inbound,
        onEvent: (roomId, event, out) => {
          administration.saw(roomId, event);
          noteMember(outbound, roomId, event, out);
        },
        onAnswer: (clock, answer, out) => this.#keys.synced(clock, answer, out),
        onRoom: (clock, timeline, isSeen, out) => typing?.show(clock, timeline, isSeen, out),
      },
      stored,
      (message, out) => out.observe({ kind: 'delivered', message, person: config.person }),
    );
    this.#tasks =
      config.tasks &&
      new ClientTasks(
        config.tasks,
        {
          session,
          homeserver: config.homeserver,
          device: this,
          roomOf: (conversation) => config.roomOf(conversation),
          onNewDevice: (deviceId, out) => {
            this.#keys.newDevice(deviceId, out);
            this.#sync.startedAnew(out);
          },
          onBackup: (keys, out) => {
            for (const message of inbound.restore(keys, out)) this.#sync.becameReadable(message, out);
          },
        },
        stored,
      );
  }

  // --- The state of the device, for tasks ---

  /** A homeserver on the device itself is there without any. */
  get networkIsUp(): boolean {
    return this.#networkIsUp || this.#config.homeserver.startsWith('local:');
  }

  get networkCause(): CauseToken {
    return this.#networkCause;
  }

  isRunning(clock: Clock): boolean {
    return this.#sync.isForeground || clock.now < this.#runsUntil;
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        if (this.#restarted) this.#outbox.restarted(clock, out);
        return;
      case 'user':
        return this.#act(clock, input.action, out);
      case 'timer':
        if (this.#keys.timer(clock, input.timer, out)) return;
        if (this.#typing?.timer(clock, input.timer, out) === true) return;
        if (!this.#sync.timer(input.timer, out))
          this.#outbox.timer(clock, input.timer, this.isRunning(clock), out);
        return;
      case 'response':
        if (this.#typing?.answered(input.tag) === true) return;
        if (this.#administration.answered(input.tag, input.result, out)) return;
        if (this.#keys.answered(clock, input.tag, input.result, out)) return;
        if (this.#tasks?.answered(clock, input.tag, input.result, out) === true) return;
        if (!this.#sync.answered(clock, input.tag, input.result, out))
          this.#outbox.answered(clock, input.tag, input.result, this.isRunning(clock), out);
        return;
      case 'network':
        this.#networkIsUp = input.up;
        this.#networkCause = input.cause;
        if (!input.up) return;
        this.#sync.networkUp(out);
        if (this.isRunning(clock)) this.#outbox.resume(clock, true, out);
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
      ...this.#tasks?.inspect(),
    };
  }

  #act(clock: Clock, action: UserAction, out: Effects): void {
    switch (action.kind) {
      case 'send': {
        const roomId = this.#config.roomOf(action.conversation);
        if (roomId === undefined) return;
        const { message, text } = action;
        this.#runsUntil = after(clock.now, clientPatience.background);
        this.#outbox.send(clock, { message, roomId, text }, true, out);
        return this.#typing?.sent(roomId, out);
      }
      case 'begin-writing': {
        const roomId = this.#config.roomOf(action.conversation);
        if (roomId !== undefined) this.#typing?.began(clock, roomId, out);
        return;
      }
      case 'resend':
        this.#runsUntil = after(clock.now, clientPatience.background);
        return this.#outbox.resend(clock, action.message, true, out);
      case 'administer':
        this.#runsUntil = after(clock.now, clientPatience.background);
        return this.#administration.change(action.conversation, action.change, out);
      case 'undertake':
        this.#runsUntil = after(clock.now, clientPatience.background);
        return this.#tasks?.undertake(clock, action.id, action.task, out);
      case 'open-app':
        this.#tellPresence('online', out);
        this.#sync.opened(out);
        return this.#outbox.resume(clock, true, out);
      case 'close-app':
        this.#runsUntil = after(clock.now, clientPatience.background);
        this.#tellPresence('offline', out);
        return this.#sync.closed(out);
      default:
        return assertNever(action);
    }
  }

  #tellPresence(presence: Presence, out: Effects): void {
    if (this.#config.tellsPresence !== true) return;
    const { userId, deviceId } = this.#session;
    const request: SetPresence = {
      kind: 'matrix.set-presence',
      userId,
      deviceId,
      presence,
      carries: carriesNothing,
    };
    out.request(this.#config.homeserver, presenceTag, request, { timeout: clientPatience.request });
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
