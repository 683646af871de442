// The library as one run sees it: its files as they are, on clocks, timers, chance and sockets of simulated machines.
import { createRequire } from 'node:module';
import { isIPv4 } from 'node:net';
import { assert } from '../../../protocol/assert.ts';
import type { RandomStream } from '../../../protocol/random-stream.ts';
import type { HostAndPort } from '../../systems/hyperswarm-machines.ts';
import type { Machine } from './machine.ts';
import { checkPackages } from './packages.ts';
import { Realm, without, type Modules } from './realm.ts';
import { seededSodium } from './seeded-sodium.ts';
import type { Udx } from './udx.ts';
import { udxStreams, type CreateStream, type DuplexClass, type UdxStream } from './udx-stream.ts';
import { VirtualTimers } from './virtual-timers.ts';

const here = import.meta.url;

/** A DHT node, as far as it is used here. */
export interface Dht {
  readonly ephemeral: boolean;
  readonly firewalled: boolean;
  readonly bootstrapped: boolean;
  readonly nodes: { readonly length: number };
  readonly stats: {
    readonly queries: { readonly total: number };
    readonly requests: { readonly total: number; readonly timeouts: number; readonly retries: number };
    readonly punches: Readonly<Record<string, number>>;
  };
}

/** What a DHT node is made of. */
export interface DhtOptions {
  readonly udx: Udx;
  readonly bootstrap: readonly HostAndPort[];
  readonly nodes?: readonly HostAndPort[];
  readonly port?: number;
  readonly host?: string;
  readonly ephemeral?: boolean;
  readonly firewalled?: boolean;
  readonly anyPort?: boolean;
}

/** An encrypted connection between two peers. */
export interface Connection {
  readonly remotePublicKey: Uint8Array;
  readonly rawStream: UdxStream | null;
  readonly destroying: boolean;
  write(data: Uint8Array): boolean;
  destroy(error?: Error): void;
  on(event: 'data', listener: (data: Uint8Array) => void): this;
  on(event: 'close' | 'end', listener: () => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
}

/** A swarm, as far as it is used here. */
export interface Swarm {
  readonly dht: Dht;
  readonly connections: ReadonlySet<Connection>;
  readonly connecting: number;
  readonly keyPair: { readonly publicKey: Uint8Array };
  join(topic: Uint8Array, options?: { readonly server?: boolean; readonly client?: boolean }): unknown;
  on(event: 'connection', listener: (connection: Connection) => void): this;
  suspend(): Promise<void>;
  resume(): Promise<void>;
}

/** The library of one run. */
export interface Library {
  /**
   * Runs something that calls the library on a machine, and then what that set off in promises: the time, chance and timers
   * that the library asks for are this machine's.
   */
  run(machine: Machine, task: () => void): void;
  readonly createStream: CreateStream;
  /** Promises that the library may wait for. */
  readonly Promise: PromiseConstructor;
  /** Does something when such a promise is kept. */
  readonly then: Realm['then'];
  createDht(options: DhtOptions): Dht;
  /** A swarm with modules of its own: one application in one process. */
  createSwarm(options: { readonly dht: Dht; readonly seed: Uint8Array }): Swarm;
}

/**
 * Loads the library for one run. `random`: for what it draws while it is loaded, before any machine runs it.
 * @throws ForeignPackagesMissing
 */
export function loadLibrary(random: RandomStream): Library {
  checkPackages();
  let machine: Machine | undefined;
  // What is set while modules are loaded never falls due.
  const nobody = new VirtualTimers();
  const chance = (): RandomStream => machine?.random ?? random;
  const realm = new Realm({
    globals: virtualGlobals(() => machine?.timers ?? nobody),
    wall: () => machine?.wall ?? 0,
    uniform: () => chance().uniform(),
    replaced: new Map<string, unknown>([
      ['udx-native', { isIPv4 }],
      ['sodium-universal', seededSodium(nativeSodium(), (count) => chance().bytes(count))],
    ]),
  });
  const shared: Modules = new Map();
  type CreateDht = new (options: DhtOptions) => Dht;
  type CreateSwarm = new (options: { readonly dht: Dht; readonly seed: Uint8Array }) => Swarm;
  const HyperDht = realm.load('hyperdht', here, shared) as CreateDht;
  realm.load('hyperswarm', here, shared);
  const hyperdhtFile = createRequire(here).resolve('hyperdht');
  const { Duplex } = realm.load('streamx', hyperdhtFile, shared) as { readonly Duplex: DuplexClass };
  return {
    run(entered, task) {
      machine = entered;
      realm.run(task);
    },
    createStream: udxStreams(Duplex, realm.Promise),
    Promise: realm.Promise,
    then: realm.then,
    createDht: (options) => new HyperDht(options),
    createSwarm(options) {
      // Hyperswarm draws its back-offs when it is loaded: once in each process, so once for each phone.
      const Hyperswarm = realm.load('hyperswarm', here, without(shared, 'hyperswarm')) as CreateSwarm;
      return new Hyperswarm(options);
    },
  };
}

function nativeSodium(): Readonly<Record<string, unknown>> {
  const require = createRequire(createRequire(here).resolve('hyperdht'));
  return require('sodium-universal') as Readonly<Record<string, unknown>>;
}

/** What stands in for Node's globals; all else that a program may ask its surroundings is not there. */
function virtualGlobals(timers: () => VirtualTimers): Readonly<Record<string, unknown>> {
  type Callback = (...values: readonly unknown[]) => void;
  const start =
    (repeats: boolean) =>
    (callback: Callback, milliseconds?: unknown, ...values: readonly unknown[]): unknown => {
      assert(typeof callback === 'function', 'a timer runs a function');
      return timers().set(() => callback(...values), milliseconds, repeats);
    };
  const clear = (timer: unknown): void => timers().clear(timer);
  return {
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: clear,
    clearInterval: clear,
    performance: { now: () => timers().now / 1_000 },
    Buffer,
    // Bytes come from here, where `Buffer` is: they have to be of the same kind.
    ArrayBuffer,
    DataView,
    Uint8Array,
    Uint16Array,
    Uint32Array,
    BigUint64Array,
    TextDecoder,
    TextEncoder,
  };
}
