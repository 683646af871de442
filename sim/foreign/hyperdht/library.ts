// The library as one run sees it: its files as they are, on clocks, timers, chance and sockets of simulated machines.
import { createRequire } from 'node:module';
import { assert } from '../../../protocol/assert.ts';
import type { RandomStream } from '../../../protocol/random-stream.ts';
import type { HostAndPort } from '../../systems/hyperswarm-machines.ts';
import type { Machine } from './machine.ts';
import { ModuleLoader, type LoaderOptions } from './module-loader.ts';
import { checkPackages } from './packages.ts';
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
  fullyBootstrapped(): Promise<void>;
  toArray(): readonly HostAndPort[];
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
  /** Whose code runs from here on: what it asks for the time, chance and timers is this machine's. */
  enter(machine: Machine): void;
  readonly createStream: CreateStream;
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
  const timers = (): VirtualTimers => machine?.timers ?? nobody;
  const chance = (): RandomStream => machine?.random ?? random;
  const wall = (): number => machine?.wall ?? 0;
  const options: LoaderOptions = {
    globals: virtualGlobals({ timers, wall, uniform: () => chance().uniform() }),
    replaced: new Map<string, unknown>([
      ['udx-native', { isIPv4: (host: unknown) => typeof host === 'string' && ipv4.test(host) }],
      ['sodium-universal', seededSodium(nativeSodium(), (count) => chance().bytes(count))],
    ]),
    native: new Set(['sodium-native']),
  };
  const shared = new ModuleLoader(options);
  type CreateDht = new (options: DhtOptions) => Dht;
  type CreateSwarm = new (options: { readonly dht: Dht; readonly seed: Uint8Array }) => Swarm;
  const HyperDht = shared.load('hyperdht', here) as CreateDht;
  shared.load('hyperswarm', here);
  const hyperdhtFile = createRequire(here).resolve('hyperdht');
  const { Duplex } = shared.load('streamx', hyperdhtFile) as { readonly Duplex: DuplexClass };
  return {
    enter(entered) {
      machine = entered;
    },
    createStream: udxStreams(Duplex),
    createDht: (dhtOptions) => new HyperDht(dhtOptions),
    createSwarm(swarmOptions) {
      // Hyperswarm draws its back-offs when it is loaded: once in each process, so once for each phone.
      const own = new ModuleLoader(options, { loader: shared, except: 'hyperswarm' });
      const Hyperswarm = own.load('hyperswarm', here) as CreateSwarm;
      return new Hyperswarm(swarmOptions);
    },
  };
}

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/;

function nativeSodium(): Readonly<Record<string, unknown>> {
  const require = createRequire(createRequire(here).resolve('hyperdht'));
  return require('sodium-universal') as Readonly<Record<string, unknown>>;
}

interface Ambient {
  readonly timers: () => VirtualTimers;
  readonly wall: () => number;
  readonly uniform: () => number;
}

/** What stands in for Node's globals. Microtasks stay Node's own: they have no clock. */
function virtualGlobals({ timers, wall, uniform }: Ambient): Readonly<Record<string, unknown>> {
  type Callback = (...values: readonly unknown[]) => void;
  const start =
    (repeats: boolean) =>
    (callback: Callback, milliseconds?: unknown, ...values: readonly unknown[]): unknown => {
      assert(typeof callback === 'function', 'a timer runs a function');
      return timers().set(() => callback(...values), milliseconds, repeats);
    };
  const clear = (timer: unknown): void => timers().clear(timer);
  class VirtualDate extends Date {
    constructor(...values: readonly unknown[]) {
      if (values.length === 0) super(wall());
      else super(...(values as [number]));
    }

    static override now(): number {
      return wall();
    }
  }
  const virtualMath = Object.create(Math, { random: { value: uniform } }) as Math;
  const none = (name: string) => (): never => {
    throw new Error(`${name} is not simulated`);
  };
  return {
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: clear,
    clearInterval: clear,
    setImmediate: none('setImmediate'),
    clearImmediate: none('clearImmediate'),
    Date: VirtualDate,
    Math: virtualMath,
    performance: { now: () => timers().now / 1_000 },
    fetch: none('fetch'),
    crypto: undefined,
  };
}
