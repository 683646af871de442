// Keys that devices leave at their server for others to begin sessions with: each is handed out once; when all are gone, a
// fallback key is, as often as somebody asks. Keys of other servers' devices are asked of those servers, all at once, and a
// server that is in a back-off is not asked. Behaviour of Synapse: synapse/handlers/e2e_keys.py (`claim_one_time_keys`).
import type { Address, Effects, RequestId, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { milliseconds, type Clock } from '../time.ts';
import type {
  ClaimKeys,
  ClaimUserKeys,
  DevicesByUser,
  KeysClaimed,
  UploadKeys,
  UserKeysClaimed,
} from './device-messages.ts';
import { synapse } from './federation/constants.ts';
import { patience } from './federation/patience.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import { serverNameOf, type ServerName, type UserId } from './ids.ts';
import type { LocalUsers, SessionDevice } from './local-users.ts';
import { asMatrix } from './messages.ts';

/** Keys that clients keep at their server. RS crates/matrix-sdk-crypto/src/olm/account.rs: half of what an account can have. */
export const oneTimeKeysKept = 50;

/** A client's claim that waits for other servers. */
interface Claim {
  readonly request: RequestId;
  readonly keys: Map<UserId, readonly string[]>;
  readonly failures: ServerName[];
  readonly waitsFor: Map<ServerName, DevicesByUser>;
  cause: CauseToken;
}

const poolPrefix = 'one-time-keys/';
const tagPrefix = 'claim/';

export class OneTimeKeys {
  readonly #context: HomeserverContext;
  readonly #users: LocalUsers;
  /** Keys left, by device, where they are not all there. */
  readonly #left = new Map<string, number>();
  /** What each device was last told of them. */
  readonly #told = new Map<string, number>();
  readonly #onTaken: (users: Iterable<UserId>, out: Effects) => void;
  readonly #claims = new Map<number, Claim>();
  #lastClaim = 0;

  /** `onTaken` is told of users of whose keys some were handed out. */
  constructor(
    context: HomeserverContext,
    users: LocalUsers,
    stored: StoredState | undefined,
    onTaken: (users: Iterable<UserId>, out: Effects) => void,
  ) {
    this.#context = context;
    this.#users = users;
    this.#onTaken = onTaken;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(poolPrefix)) this.#left.set(key.slice(poolPrefix.length), value as number);
  }

  /** Whether keys of the device are gone that it was not told of. Its long poll ends for that within its thirty seconds. */
  hasNews(device: SessionDevice): boolean {
    return this.#left.get(nameOf(device)) !== this.#told.get(nameOf(device));
  }

  /** `device_one_time_keys_count`, which the device is told now; undefined while none is missing. */
  tell(device: SessionDevice): number | undefined {
    const left = this.#left.get(nameOf(device));
    if (left === undefined) this.#told.delete(nameOf(device));
    else this.#told.set(nameOf(device), left);
    return left;
  }

  upload(id: RequestId, question: UploadKeys, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const name = nameOf(question);
    this.#told.delete(name);
    const left = (this.#left.get(name) ?? oneTimeKeysKept) + question.oneTimeKeys;
    if (left >= oneTimeKeysKept) this.#left.delete(name);
    else this.#left.set(name, left);
    out.persist(poolPrefix + name, this.#left.get(name));
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
  }

  /** Another server's claim. */
  serve(id: RequestId, { devices }: ClaimUserKeys, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const oneTimeKeys = this.#take(devices, out);
    const answer: UserKeysClaimed = {
      kind: 'matrix.user-keys-claimed',
      oneTimeKeys,
      carries: carriesNothing,
    };
    out.respond(id, answer);
    this.#onTaken(oneTimeKeys.keys(), out);
  }

  /** A client's claim: answered when every server has answered, or failed. */
  claim(clock: Clock, request: RequestId, { devices, timeoutMs }: ClaimKeys, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const { serverName } = this.#context.config;
    const byServer = new Map<ServerName, Map<UserId, readonly string[]>>();
    for (const [userId, ids] of devices) {
      const server = serverNameOf(userId);
      if (server === undefined) continue;
      const users = byServer.get(server);
      if (users === undefined) byServer.set(server, new Map([[userId, ids]]));
      else users.set(userId, ids);
    }
    const own = this.#take(byServer.get(serverName) ?? new Map<UserId, readonly string[]>(), out);
    byServer.delete(serverName);
    const claim: Claim = { request, keys: new Map(own), failures: [], waitsFor: byServer, cause: noCause };
    const number = ++this.#lastClaim;
    this.#claims.set(number, claim);
    const timeout = milliseconds(Math.min(timeoutMs, synapse.keyClaimTimeoutMost / milliseconds(1)));
    const options = patience(this.#context.config.profile, timeout);
    for (const [server, asked] of byServer) {
      if (!this.#context.sender.mayAsk(clock, server)) {
        this.#failed(claim, server, this.#context.sender.causeOfBackoff(server));
        continue;
      }
      const question: ClaimUserKeys = {
        kind: 'matrix.claim-user-keys',
        origin: serverName,
        destination: server,
        devices: asked,
        carries: carriesNothing,
      };
      out.request(server as string as Address, `${tagPrefix}${number}/${server}`, question, options);
    }
    this.#settle(number, claim, out);
    this.#onTaken(own.keys(), out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(tagPrefix)) return false;
    const [, count, server] = tag.split('/') as [string, string, ServerName];
    this.#context.sender.questionEnded(clock, server, result, out);
    const claim = this.#claims.get(Number(count));
    const asked = claim?.waitsFor.get(server);
    if (claim === undefined || asked === undefined) return true;
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.user-keys-claimed') {
      claim.waitsFor.delete(server);
      for (const [userId, ids] of answer.oneTimeKeys) if (asked.has(userId)) claim.keys.set(userId, ids);
    } else this.#failed(claim, server, result.ok ? noCause : result.failure.cause);
    this.#settle(Number(count), claim, out);
    return true;
  }

  #failed(claim: Claim, server: ServerName, cause: CauseToken): void {
    claim.waitsFor.delete(server);
    claim.failures.push(server);
    if (cause !== noCause) claim.cause = cause;
  }

  #settle(number: number, { request, keys, failures, waitsFor, cause }: Claim, out: Effects): void {
    if (waitsFor.size > 0) return;
    this.#claims.delete(number);
    if (failures.length > 0) out.observe({ kind: 'situation', name: 'matrix.one-time-keys.unreachable' });
    const answer: KeysClaimed = {
      kind: 'matrix.keys-claimed',
      oneTimeKeys: keys,
      failures,
      carries: carriesNothing,
      cause,
    };
    out.respond(request, answer);
  }

  /** A key of each of these devices that is one of ours. */
  #take(devices: DevicesByUser, out: Effects): DevicesByUser {
    const taken = new Map<UserId, readonly string[]>();
    for (const [userId, ids] of devices) {
      const known = ids.filter((deviceId) => this.#users.deviceOf(userId, deviceId) !== undefined);
      if (known.length > 0) taken.set(userId, known);
      for (const deviceId of known) this.#takeOne(nameOf({ userId, deviceId }), out);
    }
    return taken;
  }

  #takeOne(name: string, out: Effects): void {
    const left = this.#left.get(name) ?? oneTimeKeysKept;
    if (left === 0) return out.observe({ kind: 'situation', name: 'matrix.one-time-keys.fallback' });
    this.#left.set(name, left - 1);
    out.persist(poolPrefix + name, left - 1);
  }
}

function nameOf({ userId, deviceId }: { readonly userId: UserId; readonly deviceId: string }): string {
  return `${userId}/${deviceId}`;
}
