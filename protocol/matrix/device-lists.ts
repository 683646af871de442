// Which devices people have. A server tells every server that shares a room with one of its users of each change, in a
// chain: each update names the one before it. Whoever misses a link fetches the whole list, and until it has it does not
// know of new devices, to which nobody there sends keys meanwhile.
// https://spec.matrix.org/v1.16/server-server-api/#device-management
// Behaviour of Synapse: synapse/handlers/device.py (`DeviceListUpdater`, `DeviceListWorkerUpdater`).
import { present } from '../assert.ts';
import type { Address, Effects, RequestId, RequestResult, StoredState, Tag } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { compareCodePoints } from '../order.ts';
import { epoch, inMilliseconds, type Clock, type Instant } from '../time.ts';
import { deviceKeys } from './device-keys.ts';
import type { Devices, GetUserDevices, QueryDevices, UserDevices } from './device-messages.ts';
import { synapse } from './federation/constants.ts';
import type { Edu } from './federation/messages.ts';
import { patience } from './federation/patience.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import { serverNameOf, type ServerName, type UserId } from './ids.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';
import { asMatrix } from './messages.ts';

export const deviceListEdu = 'm.device_list_update';

/** What has changed about a device: it has logged in, given its keys, or gone. */
export type DeviceChange = 'new' | 'keys' | 'gone';

/** The list of a user of another server, up to a place in that server's stream. */
interface RemoteList {
  readonly streamId: number;
  readonly deviceIds: readonly string[];
}

/** A client's question that waits for other servers. */
interface WaitingQuery {
  readonly request: RequestId;
  readonly users: readonly UserId[];
  readonly failures: Set<ServerName>;
}

const streamKey = 'device-list-stream';
const sentPrefix = 'device-list-sent/';
const remotePrefix = 'device-list/';
const stalePrefix = 'device-list-stale/';
const changePrefix = 'device-list-change/';
const tagPrefix = 'user-devices/';
const resyncTimer = 'device-lists/resync';

export class DeviceLists {
  readonly #context: HomeserverContext;
  readonly #users: LocalUsers;
  readonly #onChanged: (users: Iterable<UserId>, out: Effects) => void;
  #startedAt = epoch;
  /** This server's own stream: the number of the last change of any of its users' devices. */
  #stream = 0;
  /** By destination and user: the change that it was last sent. */
  readonly #sent = new Map<string, number>();
  /** When own changes were made; of this life of the server only. */
  readonly #madeAt = new Map<number, number>();
  /** Lists that have changed since the run began. */
  readonly #remote = new Map<UserId, RemoteList>();
  /** Numbers of updates that came lately, by user: one that comes twice breaks no chain. */
  readonly #seen = new Map<UserId, Set<number>>();
  /** Users whose list is known to be out of date. */
  readonly #stale = new Set<UserId>();
  readonly #fetching = new Set<UserId>();
  /** Whose lists changed, in order, for clients. */
  readonly #changes: UserId[] = [];
  #queries: WaitingQuery[] = [];

  /** `onChanged`: whose clients may have something to hear. */
  constructor(
    context: HomeserverContext,
    users: LocalUsers,
    stored: StoredState | undefined,
    onChanged: (users: Iterable<UserId>, out: Effects) => void,
  ) {
    this.#context = context;
    this.#users = users;
    this.#onChanged = onChanged;
    for (const [key, value] of stored ?? []) {
      if (key === streamKey) this.#stream = value as number;
      else if (key.startsWith(sentPrefix)) this.#sent.set(key.slice(sentPrefix.length), value as number);
      else if (key.startsWith(stalePrefix)) this.#stale.add(key.slice(stalePrefix.length) as UserId);
      else if (key.startsWith(changePrefix))
        this.#changes[Number(key.slice(changePrefix.length))] = value as UserId;
      else if (key.startsWith(remotePrefix))
        this.#remote.set(key.slice(remotePrefix.length) as UserId, value as RemoteList);
    }
  }

  /** After a restart lists that were out of date still are. */
  start(clock: Clock, out: Effects): void {
    this.#startedAt = clock.now;
    this.#armResync(clock, out);
  }

  // --- Own users ---

  /** A device of a local user has changed: every server in a room with the user is told, and so are clients here. */
  changed(clock: Clock, userId: UserId, deviceId: string, change: DeviceChange, out: Effects): void {
    this.#stream += 1;
    out.persist(streamKey, this.#stream);
    this.#madeAt.set(this.#stream, clock.wall);
    const isOld = ({ eduType, content }: Edu): boolean =>
      eduType === deviceListEdu &&
      content['user_id'] === userId &&
      clock.wall - (this.#madeAt.get(content['stream_id'] as number) ?? clock.wall) >
        inMilliseconds(synapse.deviceUpdateAge);
    for (const server of this.#serversWith(userId)) {
      const sentKey = `${server}/${userId}`;
      const edu: Edu = {
        eduType: deviceListEdu,
        content: {
          device_id: deviceId,
          prev_id: [this.#sent.get(sentKey) ?? 0],
          stream_id: this.#stream,
          user_id: userId,
          ...(change === 'gone' ? { deleted: true } : {}),
          ...(change === 'keys' ? { keys: deviceKeys(userId, deviceId) } : {}),
        },
      };
      this.#sent.set(sentKey, this.#stream);
      out.persist(sentPrefix + sentKey, this.#stream);
      this.#context.sender.sendDurableEdu(clock, edu, server, out, isOld);
    }
    if (change !== 'new') this.#tellClients(userId, out);
  }

  /** Another server wants the list of one of this server's users. */
  serve(request: RequestId, { userId }: GetUserDevices, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    if (!this.#users.has(userId)) return out.refuse(request, 404);
    const answer: UserDevices = {
      kind: 'matrix.user-devices',
      userId,
      streamId: this.#stream,
      deviceIds: this.#users.keyedDevicesOf(userId),
      carries: carriesNothing,
    };
    out.respond(request, answer);
  }

  // --- Users of other servers ---

  /** Another server says that a device of one of its users has changed. */
  receive(clock: Clock, origin: ServerName, { content }: Edu, out: Effects): void {
    const { user_id: user, device_id: deviceId, stream_id: streamId, prev_id: previous = [] } = content;
    const isSound =
      typeof user === 'string' &&
      serverNameOf(user) === origin &&
      typeof deviceId === 'string' &&
      typeof streamId === 'number' &&
      Array.isArray(previous);
    if (!isSound) return;
    const userId = user as UserId;
    if (!this.#isMet(userId)) {
      out.observe({ kind: 'situation', name: 'matrix.device-list.not-shared' });
      return;
    }
    const known = this.#listOf(userId);
    const seen = this.#seen.get(userId) ?? new Set<number>();
    this.#seen.set(userId, seen);
    const isNext =
      known !== undefined &&
      !this.#stale.has(userId) &&
      previous.length > 0 &&
      previous.every((each) => each === known.streamId || seen.has(each as number));
    seen.add(streamId);
    if (!isNext) {
      out.observe({ kind: 'situation', name: 'matrix.device-list.gap' });
      return this.#resync(clock, userId, out);
    }
    const others = known.deviceIds.filter((each) => each !== deviceId);
    const isThere = content['keys'] !== undefined || known.deviceIds.includes(deviceId);
    const deviceIds = isThere && content['deleted'] !== true ? [...others, deviceId] : others;
    this.#take(userId, { streamId: Math.max(streamId, known.streamId), deviceIds }, out);
  }

  /** A server that was away may be asked for what could not be had of it. */
  peerSpoke(clock: Clock, origin: ServerName, out: Effects): void {
    for (const userId of this.#stale) if (serverNameOf(userId) === origin) return this.#armResync(clock, out);
  }

  /** What the client's people have, as far as this server knows or can find out. */
  query(clock: Clock, request: RequestId, { users }: QueryDevices, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const unknown = users.filter(
      (userId) => !this.#users.has(userId) && (this.#listOf(userId) === undefined || this.#stale.has(userId)),
    );
    this.#queries.push({ request, users, failures: new Set() });
    for (const userId of unknown) this.#resync(clock, userId, out);
    this.#settle(out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(tagPrefix)) return false;
    const userId = tag.slice(tagPrefix.length) as UserId;
    this.#fetching.delete(userId);
    this.#context.sender.questionEnded(clock, serverOf(userId), result, out);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.user-devices' && answer.userId === userId) {
      this.#stale.delete(userId);
      out.persist(stalePrefix + userId, undefined);
      this.#take(userId, answer, out);
    } else this.#failed(clock, userId, out);
    this.#settle(out);
    return true;
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== resyncTimer) return false;
    for (const userId of [...this.#stale].sort(compareCodePoints)) this.#resync(clock, userId, out);
    this.#armResync(clock, out);
    return true;
  }

  // --- Clients ---

  /** Whose lists changed after `since`, of those whom the device's user meets in rooms, and how far that goes. */
  changedSince({ userId }: SessionDevice, since: number): readonly [readonly UserId[], number] {
    if (since >= this.#changes.length) return [nobody, since];
    const met = [...new Set(this.#changes.slice(since))].filter(
      (each) => each === userId || this.#meets(userId, each),
    );
    return [met, this.#changes.length];
  }

  // --- Inside ---

  #take(userId: UserId, { streamId, deviceIds }: RemoteList, out: Effects): void {
    this.#remote.set(userId, { streamId, deviceIds });
    out.persist(remotePrefix + userId, { streamId, deviceIds });
    this.#tellClients(userId, out);
  }

  #tellClients(userId: UserId, out: Effects): void {
    out.persist(`${changePrefix}${this.#changes.length}`, userId);
    this.#changes.push(userId);
    const met = new Set<UserId>(this.#users.has(userId) ? [userId] : []);
    for (const room of this.#context.rooms())
      if (room.hasUser(userId)) for (const local of room.localMembers()) met.add(local);
    this.#onChanged(met, out);
  }

  #resync(clock: Clock, userId: UserId, out: Effects): void {
    if (this.#fetching.has(userId)) return;
    const destination = serverNameOf(userId);
    if (destination === undefined || !this.#context.sender.mayAsk(clock, destination))
      return this.#failed(clock, userId, out);
    this.#fetching.add(userId);
    const question: GetUserDevices = {
      kind: 'matrix.get-user-devices',
      origin: this.#context.config.serverName,
      destination,
      userId,
      carries: carriesNothing,
    };
    const options = patience(this.#context.config.profile, synapse.userDevicesTimeout);
    out.request(destination as string as Address, tagPrefix + userId, question, options);
  }

  /** What cannot be fetched now is fetched again later; questions that need it are answered without. */
  #failed(clock: Clock, userId: UserId, out: Effects): void {
    const server = serverNameOf(userId);
    for (const { users, failures } of this.#queries)
      if (server !== undefined && users.includes(userId)) failures.add(server);
    if (this.#stale.has(userId) || !this.#isMet(userId)) return;
    this.#stale.add(userId);
    out.persist(stalePrefix + userId, true);
    out.observe({ kind: 'situation', name: 'matrix.device-list.stale' });
    this.#armResync(clock, out);
  }

  /**
   * Synapse looks at what is out of date every half a minute of its life, whatever happens meanwhile; a server in a back-off is
   * not asked for it.
   */
  #armResync(clock: Clock, out: Effects): void {
    const { deviceResyncPause: pause } = this.#context.config.profile;
    let due = Infinity;
    for (const userId of this.#stale) {
      const askable = this.#context.sender.askableFrom(serverOf(userId)) ?? Infinity;
      due = Math.min(due, Math.max(askable, clock.now + 1));
    }
    if (due === Infinity) return;
    const rounds = Math.ceil((due - this.#startedAt) / pause);
    out.setTimer(resyncTimer, (this.#startedAt + rounds * pause) as Instant);
  }

  #settle(out: Effects): void {
    this.#queries = this.#queries.filter(({ request, users, failures }) => {
      const isWaiting = users.some((userId) => this.#fetching.has(userId) && !failures.has(serverOf(userId)));
      if (isWaiting) return true;
      const answer: Devices = {
        kind: 'matrix.devices',
        devices: new Map(users.flatMap((userId) => this.#known(userId))),
        failures: [...failures],
        carries: carriesNothing,
      };
      out.respond(request, answer);
      return false;
    });
  }

  #known(userId: UserId): readonly (readonly [UserId, readonly string[]])[] {
    if (this.#users.has(userId)) return [[userId, this.#users.keyedDevicesOf(userId)]];
    const list = this.#stale.has(userId) ? undefined : this.#listOf(userId);
    return list === undefined ? [] : [[userId, list.deviceIds]];
  }

  #listOf(userId: UserId): RemoteList | undefined {
    const known = this.#remote.get(userId);
    if (known !== undefined) return known;
    const deviceIds = this.#context.config.knownDevices?.(userId);
    return deviceIds === undefined ? undefined : { streamId: 0, deviceIds };
  }

  /** Other servers in rooms of a local user. */
  #serversWith(userId: UserId): readonly ServerName[] {
    const servers = new Set<ServerName>();
    for (const room of this.#users.roomsOf(userId))
      for (const server of room.otherServers()) servers.add(server);
    return [...servers].sort(compareCodePoints);
  }

  #isMet(userId: UserId): boolean {
    for (const room of this.#context.rooms()) if (room.isJoined && room.hasUser(userId)) return true;
    return false;
  }

  #meets(local: UserId, other: UserId): boolean {
    for (const room of this.#users.roomsOf(local)) if (room.hasUser(other)) return true;
    return false;
  }
}

const nobody: readonly UserId[] = Object.freeze([]);

/** Of a user whom this server has met, who therefore has one. */
function serverOf(userId: UserId): ServerName {
  return present(serverNameOf(userId), `server of ${userId}`);
}
