// How a homeserver is set up: plain data, so that any host can run one.
import type { Address } from '../core.ts';
import type { RandomStream } from '../random-stream.ts';
import type { Duration } from '../time.ts';
import type { JsonObject } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import type { DelegationKnowledge } from './federation/discovery.ts';
import type { FederationProfile } from './federation/profiles.ts';
import type { PduCache } from './federation/pdu-checks.ts';
import type { EventId, RoomId, ServerName, UserId } from './ids.ts';
import type { PusherConfig } from './pusher.ts';
import type { RoomVersionRules } from './room-version.ts';

/** A public key of a server. */
export interface ServerKey {
  readonly keyId: string;
  readonly publicKey: Uint8Array;
}

/** What a server knows of other servers' keys when the run begins, and whom it asks for more. */
export interface KeyKnowledge {
  /** Keys of servers met before; shared by the servers of a run, since a copy each would grow with their square. */
  readonly keys: ReadonlyMap<ServerName, ServerKey>;
  /** The last moment at which such a key may have signed, in milliseconds of wall time. */
  readonly validUntil: (server: ServerName) => number;
  /** What such a server said of itself, for those who ask this one as their notary. */
  readonly statementOf: (server: ServerName) => JsonObject | undefined;
  /** Servers that are asked before a server itself is. Synapse: `trusted_key_servers`; Dendrite: `key_perspectives`. */
  readonly notaries: readonly ServerName[];
}

/** Keys that never have to be fetched, for worlds in which that is not the question. */
export function knownForEver(keys: ReadonlyMap<ServerName, ServerKey>): KeyKnowledge {
  return { keys, validUntil: () => Infinity, statementOf: () => undefined, notaries: [] };
}

/** A device of a local user. */
export interface LocalDevice {
  readonly deviceId: string;
  /** Undefined for applications that are not woken. */
  readonly pusher: PusherConfig | undefined;
}

export interface LocalUser {
  readonly userId: UserId;
  readonly devices: readonly LocalDevice[];
}

/** A room as this server holds it when the run begins: its events, parents first. */
export interface WarmRoom {
  readonly roomId: RoomId;
  readonly rules: RoomVersionRules;
  readonly events: readonly MatrixEvent[];
  /**
   * Where a room comes from elsewhere: events that its servers refused for their form or signatures. All others are judged
   * in their order, as they were by whoever received them so. Left out: all events are known to be accepted.
   */
  readonly refusals?: ReadonlyMap<EventId, Refusal>;
}

/** Why an event was refused before any rule of the room was asked. */
export interface Refusal {
  readonly stage: 'format' | 'signature';
  readonly rule: string;
  readonly detail: string;
}

/** Processor time per operation. */
export interface HomeserverCosts {
  /** A client sends an event: authorise, sign, store. */
  readonly sendEvent: Duration;
  /** One event from another server: verify, authorise, store, tell clients. */
  readonly receivePdu: Duration;
  /** A `/sync` that is answered at once, or a page of history. */
  readonly sync: Duration;
  /** Any other request. */
  readonly request: Duration;
}

export interface HomeserverConfig {
  readonly serverName: ServerName;
  /** `ed25519:<version>` */
  readonly keyId: string;
  /** Secret seed of the signing key, 32 bytes. */
  readonly signingSeed: Uint8Array;
  readonly keyKnowledge: KeyKnowledge;
  /** Where others are; everybody at their name when left out. */
  readonly delegations?: DelegationKnowledge;
  readonly users: readonly LocalUser[];
  /** Devices of a user of another server, as this one knows them when the run begins; of nobody when left out. */
  readonly knownDevices?: (userId: UserId) => readonly string[];
  readonly rooms: readonly WarmRoom[];
  /** Aliases of rooms that this server answers for, `#name:server`; none when left out. */
  readonly aliases?: ReadonlyMap<string, RoomId>;
  readonly costs: HomeserverCosts;
  /** The implementation whose behaviour in federation this server has. */
  readonly profile: FederationProfile;
  readonly random: RandomStream;
  /**
   * What stands for all servers that the transport below reaches directly (P2P): their directories of rooms are asked along with the
   * own. None when left out.
   */
  readonly directoriesNearby?: Address;
  /** Where an application service is told of every event; none when left out. */
  readonly appservice?: Address;
  /** Shared by the servers of a run. */
  readonly pdus: PduCache;
}
