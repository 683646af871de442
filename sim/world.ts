// The world as plain data: places, things that can fail, and what needs what. The same for every system of a run.
import type { Brand } from '../protocol/brand.ts';
import type { Duration } from '../protocol/time.ts';

/** Path-like and unique: `aws/us-east-1/dynamodb`, `isp/comcast`, `host/matrix.org`. */
export type ComponentId = Brand<string, 'ComponentId'>;

/** What sort of thing a component is. */
export type ComponentKind =
  | 'provider'
  | 'region'
  | 'zone'
  | 'service' // a managed service: a table store, a push service, an instance launcher
  | 'dns-zone'
  | 'resolver'
  | 'certificate'
  | 'load-balancer'
  | 'path' // a cable or backbone route
  | 'isp'
  | 'country' // its gateway to the rest
  | 'city'
  | 'cell' // a mobile base station site and what it covers
  | 'access-line' // the fixed lines of a neighbourhood, with the routers in its homes
  | 'power-area'
  | 'host'
  | 'device';

/** "X needs Y". Hard: X fails with Y. Soft: X is degraded. Start-up: a running X does not notice. */
export interface Dependency {
  readonly on: ComponentId;
  readonly strength: 'hard' | 'soft' | 'start-up';
  /** This need knowingly closes a cycle (a service that needs itself to restart); others that do are errors. */
  readonly declaredCycle?: true;
  /** Only with a hard need: its loss is bridged for so long by a battery, or by a cache that outlives its source. */
  readonly outlives?: Duration;
}

/** "X needs at least k of these": zones, cables, replicas. */
export interface Redundancy {
  /** In order of preference. */
  readonly members: readonly ComponentId[];
  readonly atLeast: number;
  /**
   * One member serves, the others stand by: a health check finds its failure after `detection`, and another one serves
   * `switchOver` later. Nobody goes back by himself. Without it all members serve at once and any k are enough.
   */
  readonly failover?: { readonly detection: Duration; readonly switchOver: Duration };
  /** What it does while too few are left. */
  readonly lost: OutageManner;
}

/**
 * Black hole: it runs, and nothing gets to or from it. Refuse: it answers that nobody listens and tears down what is
 * open. Crash: the machine is off and forgets what it did not store.
 */
export type OutageManner = 'black-hole' | 'refuse' | 'crash';

/** Anything that can fail by itself. */
export interface Component {
  readonly id: ComponentId;
  readonly kind: ComponentKind;
  /** What selectors match on, lower-case keys: provider, region, zone, service, country, isp, host, system, ... */
  readonly attributes: Readonly<Record<string, string>>;
  readonly needs: readonly Dependency[];
  readonly redundancy?: Redundancy;
  /** Where it stands, for path latency; a component without one is reached through what it needs. */
  readonly location?: Location;
}

/** A point on the globe and the cloud region whose measured round trips stand for its backbone position. */
export interface Location {
  readonly latitude: number;
  readonly longitude: number;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Row of the shipped region round-trip table. */
  readonly anchorRegion: string;
}

/** An access network as a home, an office or a phone sees it. */
export interface AccessProfile {
  readonly isp: ComponentId;
  /** The base station or the fixed lines of the neighbourhood that lead there; only the city when left out. */
  readonly site?: ComponentId;
  /** Round trip from the device to the provider's first router, milliseconds: median and log-normal sigma. */
  readonly medianRttMs: number;
  readonly sigma: number;
  readonly lossProbability: number;
  readonly upBitsPerSecond: number;
  readonly downBitsPerSecond: number;
}

/** A city in which people live, with its local plane (metres) for radio. */
export interface City {
  readonly component: ComponentId;
  readonly name: string;
  readonly location: Location;
  readonly districts: readonly District[];
  /** Seconds to add to UTC for local time. */
  readonly utcOffsetSeconds: number;
}

/** A neighbourhood: a disc on the city's plane in which homes or offices lie. */
export interface District {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly radiusMetres: number;
}

/** One row of the region table: round trip in milliseconds. */
export interface RegionRoundTrip {
  readonly p50: number;
  readonly p90: number;
}

/** A number that models the world, with where it comes from. Every one used by a run is listed in its report. */
export interface Assumption {
  /** Dotted path under which a scenario can set it. */
  readonly path: string;
  readonly value: number | string | boolean;
  readonly unit: string;
  readonly meaning: string;
  /** A source in words or a URL, or undefined when `assumed`. */
  readonly source?: string;
  /** Plausible least and most, where the value is assumed. */
  readonly range?: readonly [number, number];
  readonly calibratedOn?: readonly string[];
}

/** One hosting site and the share of independent servers that stand there. */
export interface HostingShare {
  readonly site: ComponentId;
  readonly share: number;
}

/** A homeserver as somebody listed it. */
export interface ListedServer {
  readonly name: string;
  /** The region, or hosting site, in which it stands. */
  readonly site: ComponentId;
  /** Accounts; only their proportions matter. */
  readonly users: number;
  /** By name of the city in which they live; where a city is in any server's list, its people are by these. */
  readonly usersFrom?: Readonly<Record<string, number>>;
  readonly software: 'synapse' | 'dendrite';
  /** How it is found when it is not where its name is. */
  readonly delegation?: ServerDelegation;
}

/** How other servers find one that is not where its name is. */
export interface ServerDelegation {
  /** A file on the web server behind the name, or a service record in the name's zone. */
  readonly by: 'well-known' | 'service-record';
  /** Where the web server behind the name stands. */
  readonly site: ComponentId;
  /** How long others may keep what its file says, in seconds; undefined: it does not say. */
  readonly maxAgeSeconds?: number;
}

/** A room that was somewhere else before, with the names and keys that it has in this world. */
export interface ImportedRoom {
  /** Its version and its id. */
  readonly version: string;
  readonly id: string;
  /** Each after what it cites, which is all there. */
  readonly events: readonly ImportedEvent[];
  /** Members who may speak, the most powerful first: people of the run take their places as far as there are people. */
  readonly members: readonly ImportedMember[];
  /** So many of them, from the first on, may change the room. */
  readonly moderators: number;
  /** Names of members who may not speak, and are nobody in the run. */
  readonly others: readonly string[];
  /** Names of the servers that have members. */
  readonly servers: readonly string[];
  /** Secret seeds of signing keys, by server; also of those that have no member any more, and do not run. */
  readonly signingSeeds: ReadonlyMap<string, Uint8Array>;
  /** Key id of all of them. */
  readonly keyId: string;
}

/** A member of it, and on which server. */
export interface ImportedMember {
  readonly user: string;
  readonly server: string;
}

/** One event of it. */
export interface ImportedEvent {
  readonly id: string;
  /** As it travels, parsed JSON. */
  readonly pdu: Readonly<Record<string, unknown>>;
  /** Why it was refused before any rule of the room was asked; left out where it was not. */
  readonly refusal?: {
    readonly stage: 'format' | 'signature';
    readonly rule: string;
    readonly detail: string;
  };
}

/** The world of a run. */
export interface World {
  readonly components: ReadonlyMap<ComponentId, Component>;
  readonly cities: readonly City[];
  /** `regionRoundTrips.get(from)?.get(to)`. */
  readonly regionRoundTrips: ReadonlyMap<string, ReadonlyMap<string, RegionRoundTrip>>;
  readonly access: {
    readonly homeByCountry: ReadonlyMap<string, readonly AccessProfile[]>;
    readonly mobileByCountry: ReadonlyMap<string, readonly AccessProfile[]>;
    /** Base stations, or the fixed lines of a neighbourhood, by what `accessSiteKey` makes of a district and a provider. */
    readonly sites?: ReadonlyMap<string, readonly ComponentId[]>;
  };
  /** Where independent servers are hosted: sites and their shares of servers (sum 1), largest first. */
  readonly hosting: readonly HostingShare[];
  /** The homeservers that there are; made from hosting shares when left out. */
  readonly servers?: readonly ListedServer[];
  /** A room that was somewhere else before: one conversation of the run takes place in it. */
  readonly room?: ImportedRoom;
  /** Modelled constants of the world itself, for the report. */
  readonly assumptions: readonly Assumption[];
  /** Epoch of the run in milliseconds since 1970 (UTC): wall clocks start from here. */
  readonly epochWallMs: number;
}
