// What `udx-native` is to the library, without its C: UDP sockets on a simulated machine. Named after its API, which is
// that of udx-native 1.21.3 (lib/udx.js, lib/socket.js); streams are in udx-stream.ts.
import { EventEmitter } from 'node:events';
import { isIPv4 } from 'node:net';
import type { UserMessageId } from '../../../protocol/message.ts';
import type { Machine } from './machine.ts';
import { isStreamPacket, streamIdOf, type CreateStream, type UdxStream } from './udx-stream.ts';

/** First of the ports that a system gives to whoever asks for any: RFC 6335 §6. */
const firstDynamicPort = 49_152;

/** A network interface as Node and udx tell of it. */
interface NetworkInterface {
  readonly name: string;
  readonly host: string;
  readonly family: 4;
  readonly internal: boolean;
}

/** Where a packet came from. */
export interface RemoteInfo {
  readonly host: string;
  readonly family: 4;
  readonly port: number;
}

/** Told when the machine's network comes and goes. */
class InterfaceWatcher extends EventEmitter {
  readonly #udx: Udx;

  constructor(udx: Udx) {
    super();
    this.#udx = udx;
  }

  get interfaces(): readonly NetworkInterface[] {
    return this.#udx.networkInterfaces();
  }

  watch(): this {
    return this;
  }

  unwatch(): this {
    return this;
  }

  destroy(): Promise<void> {
    this.#udx.forgetWatcher(this);
    this.emit('close');
    return this.#udx.promises.resolve();
  }

  [Symbol.iterator](): Iterator<NetworkInterface> {
    return this.interfaces[Symbol.iterator]();
  }
}

/** One machine's UDP. */
export class Udx {
  readonly machine: Machine;
  readonly promises: PromiseConstructor;
  readonly #createStream: CreateStream;
  readonly #sockets = new Map<number, UdxSocket>();
  readonly #streams = new Map<number, UdxStream>();
  readonly #watchers = new Set<InterfaceWatcher>();
  #nextPort = firstDynamicPort;
  #online = true;

  /** `promises`: of the realm of those who wait for them. */
  constructor(machine: Machine, createStream: CreateStream, promises: PromiseConstructor) {
    this.machine = machine;
    this.#createStream = createStream;
    this.promises = promises;
  }

  // --- What the library calls ---

  createSocket(): UdxSocket {
    return new UdxSocket(this);
  }

  createStream(id: number, options: object = {}): UdxStream {
    return this.#createStream(this, id, options);
  }

  networkInterfaces(): readonly NetworkInterface[] {
    const loopback: NetworkInterface = { name: 'lo', host: '127.0.0.1', family: 4, internal: true };
    const own: NetworkInterface = {
      name: 'eth0',
      host: this.machine.interfaceHost,
      family: 4,
      internal: false,
    };
    return this.#online ? [loopback, own] : [loopback];
  }

  watchNetworkInterfaces(onChange?: (interfaces: unknown) => void): InterfaceWatcher {
    const watcher = new InterfaceWatcher(this);
    this.#watchers.add(watcher);
    if (onChange !== undefined) watcher.on('change', onChange);
    return watcher;
  }

  lookup(host: string): Promise<{ readonly host: string; readonly family: 4 }> {
    if (isIPv4(host)) return this.promises.resolve({ host, family: 4 });
    return this.promises.reject(codedError('ENOTFOUND', `no names in this network: ${host}`));
  }

  // --- What the machine does ---

  /** As soon as whoever is at work is through, as native code does. */
  later(task: () => void): void {
    this.machine.timers.set(task, 0, false);
  }

  forgetWatcher(watcher: InterfaceWatcher): void {
    this.#watchers.delete(watcher);
  }

  networkChanged(online: boolean): void {
    this.#online = online;
    for (const watcher of [...this.#watchers]) watcher.emit('change', watcher.interfaces);
  }

  /** A packet has come to this machine. */
  receive(port: number, bytes: Uint8Array, from: RemoteInfo): void {
    const socket = this.#sockets.get(port);
    if (socket === undefined) return;
    const buffer = Buffer.from(bytes);
    const stream = isStreamPacket(buffer) ? this.#streams.get(streamIdOf(buffer)) : undefined;
    if (stream === undefined || !stream.receivePacket(socket, buffer, from))
      socket.emit('message', buffer, from);
  }

  transmit(
    fromPort: number,
    bytes: Uint8Array,
    toPort: number,
    toHost: string,
    carries: readonly UserMessageId[],
  ): void {
    const { host, interfaceHost, outgoing } = this.machine;
    // What is sent is the sender's no more: it may write into its buffer again.
    const copy = new Uint8Array(bytes);
    if (toHost === host || toHost === interfaceHost || toHost === '127.0.0.1')
      this.later(() => this.receive(toPort, copy, { host: toHost, family: 4, port: fromPort }));
    else outgoing.push({ fromPort, toHost, toPort, bytes: copy, carries });
  }

  bind(socket: UdxSocket, wanted: number): number {
    let port = wanted;
    if (port === 0) {
      while (this.#sockets.has(this.#nextPort)) this.#advancePort();
      port = this.#nextPort;
      this.#advancePort();
    } else if (this.#sockets.has(port)) throw codedError('EADDRINUSE', `port ${port} is in use`);
    this.#sockets.set(port, socket);
    return port;
  }

  unbind(port: number): void {
    this.#sockets.delete(port);
  }

  addStream(stream: UdxStream): void {
    this.#streams.set(stream.id, stream);
  }

  removeStream(stream: UdxStream): void {
    this.#streams.delete(stream.id);
  }

  #advancePort(): void {
    this.#nextPort = this.#nextPort === 65_535 ? firstDynamicPort : this.#nextPort + 1;
  }
}

/** A UDP socket. */
export class UdxSocket extends EventEmitter {
  readonly udx: Udx;
  readonly streams = new Set<UdxStream>();
  userData: unknown = null;
  #port = 0;
  #host = '0.0.0.0';
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(udx: Udx) {
    super();
    this.udx = udx;
  }

  get bound(): boolean {
    return this.#port !== 0;
  }

  get closing(): boolean {
    return this.#closing !== undefined;
  }

  get idle(): boolean {
    return this.streams.size === 0;
  }

  get busy(): boolean {
    return !this.idle;
  }

  address(): { readonly host: string; readonly family: 4; readonly port: number } | null {
    return this.bound ? { host: this.#host, family: 4, port: this.#port } : null;
  }

  bind(port = 0, host = '0.0.0.0'): void {
    if (this.bound) throw new Error('Already bound');
    if (this.closing) throw new Error('Socket is closed');
    if (host !== '0.0.0.0' && host !== '127.0.0.1' && host !== this.udx.machine.interfaceHost)
      throw codedError('EADDRNOTAVAIL', `${host} is not an address of this machine`);
    this.#port = this.udx.bind(this, port);
    this.#host = host;
    this.emit('listening');
  }

  send(bytes: Uint8Array, port: number, host = '127.0.0.1', ttl = 0): Promise<boolean> {
    if (this.closing) return this.udx.promises.resolve(false);
    this.trySend(bytes, port, host, ttl);
    return this.udx.promises.resolve(true);
  }

  /** A time to live makes no difference: there are no routers to count it. */
  trySend(bytes: Uint8Array, port: number, host = '127.0.0.1', _ttl = 0): void {
    this.sendCarrying(bytes, port, host, []);
  }

  sendCarrying(bytes: Uint8Array, port: number, host: string, carries: readonly UserMessageId[]): void {
    if (this.closing && this.#closed) return;
    if (!isIPv4(host)) throw new Error(`${host} is not a valid IP address`);
    if (!this.bound) this.bind();
    this.udx.transmit(this.#port, bytes, port, host, carries);
  }

  setTTL(): void {
    if (!this.bound) throw new Error('Socket not active');
  }

  close(): Promise<void> {
    this.#closing ??= new this.udx.promises((resolve) => {
      if (this.#closed) resolve();
      else this.once('close', resolve);
    });
    this.#closeIfIdle();
    return this.#closing;
  }

  attach(stream: UdxStream): void {
    if (this.streams.has(stream)) return;
    this.streams.add(stream);
    if (this.streams.size === 1) this.emit('busy');
  }

  detach(stream: UdxStream): void {
    if (!this.streams.delete(stream)) return;
    if (!this.#closeIfIdle() && this.idle) this.emit('idle');
  }

  #closeIfIdle(): boolean {
    if (this.#closed || this.#closing === undefined || !this.idle) return this.#closed;
    this.#closed = true;
    if (this.bound) this.udx.unbind(this.#port);
    this.udx.later(() => this.emit('close'));
    return true;
  }
}

/** An error as Node's own: told apart by `code`. */
export function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
