// Whose devices have changed, as a client's syncs say, and what they are now, which it asks its server for before it can
// send keys to new ones. RS crates/matrix-sdk-crypto/src/identities/manager.rs; a server that could not be asked is left
// alone for a while (failures_cache.rs).
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { after, minutes, seconds, type Clock, type Duration } from '../time.ts';
import { clientPatience } from './assumed-patience.ts';
import type { ClientSession } from './client-session.ts';
import type { QueryDevices } from './device-messages.ts';
import { FailureCache } from './failure-cache.ts';
import { serverNameOf, type UserId } from './ids.ts';
import { asMatrix } from './messages.ts';
import type { OutboundSessions } from './outbound-sessions.ts';

const dirtyPrefix = 'devices-changed/';
const requestTag = 'devices';
const retryTimer = 'devices';
/** Users in one question. RS crates/matrix-sdk-crypto/src/identities/manager.rs (`MAX_KEY_QUERY_USERS`). */
const usersPerQuery = 250;
const requestTimeout = clientPatience.step;
/** As in failures_cache.rs: from this, twice as long each time, to that. */
const waitFirst = seconds(15);
const waitMost = minutes(15);

export class ClientDeviceLists {
  readonly #session: ClientSession;
  readonly #homeserver: Address;
  readonly #sessions: OutboundSessions;
  readonly #dirty = new Set<UserId>();
  readonly #servers = new FailureCache();
  #asked: readonly UserId[] | undefined;
  #wait = waitFirst;

  constructor(
    session: ClientSession,
    homeserver: Address,
    sessions: OutboundSessions,
    stored: StoredState | undefined,
  ) {
    this.#session = session;
    this.#homeserver = homeserver;
    this.#sessions = sessions;
    for (const key of stored?.keys() ?? [])
      if (key.startsWith(dirtyPrefix)) this.#dirty.add(key.slice(dirtyPrefix.length) as UserId);
  }

  /** A sync says that these users' devices have changed. */
  changed(clock: Clock, users: readonly UserId[], out: Effects): void {
    for (const userId of users) {
      this.#dirty.add(userId);
      out.persist(dirtyPrefix + userId, true);
    }
    this.ask(clock, out);
  }

  /** Asks for what is out of date and worth asking for. */
  ask({ now }: Clock, out: Effects): void {
    if (this.#asked !== undefined) return;
    const users = [...this.#dirty]
      .filter((userId) => this.#servers.mayTry(now, serverNameOf(userId) ?? ''))
      .slice(0, usersPerQuery);
    if (users.length === 0) return;
    this.#asked = users;
    const { userId, deviceId } = this.#session;
    const question: QueryDevices = {
      kind: 'matrix.query-devices',
      userId,
      deviceId,
      users,
      carries: carriesNothing,
    };
    out.request(this.#homeserver, requestTag, question, { timeout: requestTimeout });
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== retryTimer) return false;
    this.ask(clock, out);
    return true;
  }

  /** True when the answer was to its question. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag !== requestTag) return false;
    const asked = this.#asked ?? [];
    this.#asked = undefined;
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.devices') {
      for (const server of answer.failures) this.#servers.failed(clock.now, server, noCause);
      for (const userId of asked) {
        if (answer.failures.some((server) => server === serverNameOf(userId))) continue;
        this.#servers.succeeded(serverNameOf(userId) ?? '');
        this.#dirty.delete(userId);
        out.persist(dirtyPrefix + userId, undefined);
        const deviceIds = answer.devices.get(userId);
        if (deviceIds !== undefined) this.#sessions.devicesAre(userId, deviceIds, out);
      }
    }
    if (this.#dirty.size === 0) {
      this.#wait = waitFirst;
      return true;
    }
    out.setTimer(retryTimer, after(clock.now, this.#wait));
    this.#wait = Math.min(this.#wait * 2, waitMost) as Duration;
    return true;
  }
}
