// UDX streams without libudx: its packet header, cumulative acknowledgements and time-outs, one fixed window in place of
// BBR, no probing for larger packets, no selective acknowledgements, no relaying. Constants from libudx a9af5de.
import { assert } from '../../../protocol/assert.ts';
import { carriesNothing, type UserMessageId } from '../../../protocol/message.ts';
import { codedError, type RemoteInfo, type Udx, type UdxSocket } from './udx.ts';
import type { VirtualTimer } from './virtual-timers.ts';

/** include/udx.h: UDX_HEADER_SIZE, UDX_MAGIC_BYTE, UDX_VERSION. */
const headerBytes = 20;
const magic = 255;
const version = 1;
/** include/udx.h: what a packet is. */
const data = 1;
const end = 2;
const message = 8;
const destroy = 16;
/** include/udx.h: UDX_MTU_BASE less the headers of IPv4, UDP and UDX. */
const mostPayload = 1_200 - 20 - 8 - headerBytes;
/** src/udx.c: the first time-out, which is also the least; UDX_RTO_MAX_MS; UDX_MAX_RTO_TIMEOUTS. Milliseconds. */
const leastTimeout = 1_000;
const mostTimeout = 30_000;
const mostTimeouts = 6;
/** src/udx.c: schedule_loss_probe, while no round trip was measured; UDX_TLP_MAX_ACK_DELAY. Milliseconds. */
const firstProbe = 1_000;
const probeSlack = 2;
/** Packets under way at most. BBR would find its own; RFC 6928's first window. Assumed; plausible 10 to 1,000. */
const windowPackets = 10;
/** Acknowledgements of the same that say a packet is lost: RFC 5681 §3.2. */
const duplicatesOfLoss = 3;
/** src/udx.c: UDX_HIGH_WATERMARK. Bytes. */
const highWaterMark = 262_144;

/** What the library's own streams (streamx) offer a subclass, as far as this one uses it. */
export interface DuplexBase {
  readonly destroying: boolean;
  readonly destroyed: boolean;
  push(chunk: Uint8Array | null): boolean;
  destroy(error?: Error): void;
  emit(event: string, ...values: readonly unknown[]): boolean;
  on(event: string, listener: (...values: never[]) => void): unknown;
}
type Done = (error: Error | null) => void;
export type DuplexClass = new (options: object) => DuplexBase;

/** A stream, for sockets and for whoever says what it carries. */
export interface UdxStream extends DuplexBase {
  readonly id: number;
  /** False: not for this stream after all. */
  receivePacket(socket: UdxSocket, packet: Buffer, from: RemoteInfo): boolean;
  /** The next write of exactly so many bytes has these user messages in it. */
  willCarry(bytes: number, carries: readonly UserMessageId[]): void;
}

export type CreateStream = (udx: Udx, id: number, options: object) => UdxStream;

interface StreamOptions {
  readonly firewall?: (socket: UdxSocket, port: number, host: string) => boolean;
}

/** A packet that waits to be sent or acknowledged. */
interface Outgoing {
  readonly type: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly carries: readonly UserMessageId[];
  sentAt: number | undefined;
  repeated: boolean;
  timeouts: number;
}

export function isStreamPacket(packet: Buffer): boolean {
  return packet.length >= headerBytes && packet[0] === magic && packet[1] === version;
}

export function streamIdOf(packet: Buffer): number {
  return packet.readUInt32LE(4);
}

/** Streams on the library's own `Duplex` and with its realm's promises. */
export function udxStreams(Duplex: DuplexClass, Promise: PromiseConstructor): CreateStream {
  class Stream extends Duplex implements UdxStream {
    readonly udx: Udx;
    readonly id: number;
    socket: UdxSocket | null = null;
    remoteId = 0;
    remoteHost: string | null = null;
    remoteFamily = 0;
    remotePort = 0;
    userData: unknown = null;
    rtt = 0;
    readonly mtu = 1_200;
    readonly #firewall: NonNullable<StreamOptions['firewall']>;
    #closed = false;
    #sequence = 0;
    #queued = 0;
    readonly #outgoing: Outgoing[] = [];
    readonly #announced: { readonly bytes: number; readonly carries: readonly UserMessageId[] }[] = [];
    #onWrite: Done | undefined;
    readonly #onFlush: (() => void)[] = [];
    #expected = 0;
    readonly #early = new Map<number, { readonly type: number; readonly payload: Buffer }>();
    #duplicates = 0;
    #spread = 0;
    #timeout = leastTimeout;
    #timer: VirtualTimer | undefined;
    #timeoutAt = 0;
    #ended = false;
    #remoteEnded = false;

    constructor(udx: Udx, id: number, { firewall }: StreamOptions) {
      super({
        mapWritable: (chunk: unknown) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
        eagerOpen: true,
      });
      this.udx = udx;
      this.id = id;
      this.#firewall = firewall ?? (() => true);
      udx.addStream(this);
    }

    get connected(): boolean {
      return this.socket !== null;
    }

    get localHost(): string | null {
      return this.socket?.address()?.host ?? null;
    }

    get localPort(): number {
      return this.socket?.address()?.port ?? 0;
    }

    setInteractive(): void {
      // Batching of packets: libudx has it, this does not.
    }

    setKeepalive(): never {
      throw new Error('heartbeats of UDX are not simulated: the library keeps alive by itself');
    }

    connect(socket: UdxSocket, remoteId: number, port: number, host: string): void {
      if (this.#closed) return;
      if (this.connected) throw new Error('Already connected');
      if (socket.closing) throw new Error('Socket is closed');
      if (!socket.bound) socket.bind();
      this.#setRemote(socket, remoteId, port, host);
      this.emit('connect');
      this.#pump();
    }

    changeRemote(socket: UdxSocket, remoteId: number, port: number, host: string): Promise<void> {
      const before = this.socket;
      if (before === null) throw new Error('Not yet connected');
      if (socket.closing) throw new Error('Socket is closed');
      this.#setRemote(socket, remoteId, port, host);
      if (before !== socket) before.detach(this);
      const changed = Promise.resolve();
      this.udx.later(() => this.emit('remote-changed'));
      return changed;
    }

    relayTo(): never {
      throw new Error('relayed streams are not simulated');
    }

    send(bytes: Uint8Array): Promise<boolean> {
      this.trySend(bytes);
      return Promise.resolve(this.connected && !this.#closed);
    }

    trySend(bytes: Uint8Array): void {
      if (this.connected && !this.#closed) this.#transmit(message, this.#sequence, bytes, carriesNothing);
    }

    /** True once everything written so far is acknowledged. */
    flush(): Promise<boolean> {
      if (this.#closed) return Promise.resolve(false);
      if (this.#outgoing.length === 0) return Promise.resolve(true);
      return new Promise((resolve) => this.#onFlush.push(() => resolve(!this.#closed)));
    }

    toJSON(): object {
      const { id, connected, remoteId, remoteHost, remotePort } = this;
      return { id, connected, remoteId, remoteHost, remotePort };
    }

    willCarry(bytes: number, carries: readonly UserMessageId[]): void {
      this.#announced.push({ bytes, carries });
    }

    // --- What streamx calls ---

    _read(done: Done): void {
      done(null);
    }

    _writev(buffers: readonly Uint8Array[], done: Done): void {
      assert(this.connected, 'a stream is written to when it is connected');
      for (const buffer of buffers) {
        const isAnnounced = this.#announced[0]?.bytes === buffer.byteLength;
        const carries = (isAnnounced ? this.#announced.shift()?.carries : undefined) ?? carriesNothing;
        for (let from = 0; from < buffer.byteLength; from += mostPayload)
          this.#enqueue(data, Uint8Array.from(buffer.subarray(from, from + mostPayload)), carries);
      }
      this.#pump();
      if (this.#queued < highWaterMark) done(null);
      else this.#onWrite = done;
    }

    _final(done: Done): void {
      this.#ended = true;
      this.#enqueue(end, new Uint8Array(0), carriesNothing);
      this.#pump();
      done(null);
    }

    _predestroy(): void {
      if (!this.#closed && this.connected)
        this.#transmit(destroy, this.#sequence, new Uint8Array(0), carriesNothing);
      this.#close();
    }

    _destroy(done: Done): void {
      this.#close();
      done(null);
    }

    // --- Sending ---

    #setRemote(socket: UdxSocket, remoteId: number, port: number, host: string): void {
      this.remoteId = remoteId;
      this.remotePort = port;
      this.remoteHost = host;
      this.remoteFamily = 4;
      this.socket = socket;
      socket.attach(this);
    }

    #enqueue(type: number, payload: Uint8Array, carries: readonly UserMessageId[]): void {
      this.#queued += payload.length;
      const sequence = this.#sequence++;
      this.#outgoing.push({
        type,
        sequence,
        payload,
        carries,
        sentAt: undefined,
        repeated: false,
        timeouts: 0,
      });
    }

    /** Sends what the window allows. */
    #pump(): void {
      if (this.#closed || !this.connected) return;
      let sent = false;
      for (const packet of this.#outgoing.slice(0, windowPackets)) {
        if (packet.sentAt !== undefined) continue;
        this.#sendPacket(packet);
        sent = true;
      }
      if (sent) this.#arm();
    }

    #sendPacket(packet: Outgoing): void {
      packet.repeated = packet.sentAt !== undefined;
      packet.sentAt = this.udx.machine.timers.now;
      this.#transmit(packet.type, packet.sequence, packet.payload, packet.carries);
    }

    #transmit(type: number, sequence: number, payload: Uint8Array, carries: readonly UserMessageId[]): void {
      const { socket, remoteHost } = this;
      if (socket === null || remoteHost === null) return;
      const packet = Buffer.alloc(headerBytes + payload.length);
      packet[0] = magic;
      packet[1] = version;
      packet[2] = type;
      packet.writeUInt32LE(this.remoteId, 4);
      packet.writeUInt32LE(windowPackets * mostPayload, 8);
      packet.writeUInt32LE(sequence >>> 0, 12);
      packet.writeUInt32LE(this.#expected >>> 0, 16);
      packet.set(payload, headerBytes);
      socket.sendCarrying(packet, this.remotePort, remoteHost, carries);
    }

    /** A probe for a lost end of what is under way, then time-outs: RFC 8985 §7.2 as libudx has it. */
    #arm(): void {
      const { timers } = this.udx.machine;
      this.#disarm();
      const underWay = this.#outgoing.filter(({ sentAt }) => sentAt !== undefined).length;
      if (underWay === 0) return;
      this.#timeoutAt = timers.now + this.#timeout * 1_000;
      const probe = this.rtt === 0 ? firstProbe : 2 * this.rtt + (underWay === 1 ? probeSlack : 0);
      this.#timer =
        probe < this.#timeout
          ? timers.set(() => this.#probe(), Math.max(1, probe), false)
          : timers.set(() => this.#timedOut(), this.#timeout, false);
    }

    #disarm(): void {
      if (this.#timer !== undefined) this.udx.machine.timers.clear(this.#timer);
      this.#timer = undefined;
    }

    #probe(): void {
      const { timers } = this.udx.machine;
      const last = this.#outgoing.findLast(({ sentAt }) => sentAt !== undefined);
      if (last !== undefined) this.#sendPacket(last);
      const left = Math.ceil((this.#timeoutAt - timers.now) / 1_000);
      this.#timer = timers.set(() => this.#timedOut(), Math.max(1, left), false);
    }

    #timedOut(): void {
      const { timers } = this.udx.machine;
      this.#timer = timers.set(() => this.#timedOut(), 2 * this.#timeout, false);
      for (const packet of this.#outgoing) {
        if (packet.sentAt === undefined) break;
        if (packet.timeouts >= mostTimeouts) {
          this.#close();
          this.destroy(codedError('ETIMEDOUT', 'connection timed out'));
          return;
        }
        packet.timeouts++;
        this.#sendPacket(packet);
      }
    }

    // --- Receiving ---

    receivePacket(socket: UdxSocket, packet: Buffer, from: RemoteInfo): boolean {
      if (this.#closed) return false;
      if (this.socket !== socket && this.#firewall(socket, from.port, from.host)) return true;
      if (this.#isClosed()) return true;
      const type = packet[2] ?? 0;
      const sequence = packet.readUInt32LE(12);
      const payload = packet.subarray(headerBytes);
      if ((type & destroy) !== 0) {
        this.#close();
        this.destroy(codedError('ECONNRESET', 'connection reset by peer'));
        return true;
      }
      if ((type & message) !== 0) this.emit('message', payload);
      if ((type & (data | end)) !== 0) this.#take(type, sequence, payload);
      if (this.#isClosed()) return true;
      this.#acknowledged(packet.readUInt32LE(16), type === 0);
      return true;
    }

    /** Data may have made somebody close this. */
    #isClosed(): boolean {
      return this.#closed;
    }

    #take(type: number, sequence: number, payload: Buffer): void {
      if (sequence >= this.#expected) this.#early.set(sequence, { type, payload });
      for (
        let next = this.#early.get(this.#expected);
        next !== undefined;
        next = this.#early.get(this.#expected)
      ) {
        this.#early.delete(this.#expected);
        this.#expected++;
        if ((next.type & data) !== 0) this.push(next.payload);
        if ((next.type & end) !== 0) {
          this.#remoteEnded = true;
          this.push(null);
        }
        if (this.#closed) return;
      }
      this.#transmit(0, this.#sequence, new Uint8Array(0), carriesNothing);
    }

    #acknowledged(upTo: number, isPure: boolean): void {
      const { now } = this.udx.machine.timers;
      let newest: Outgoing | undefined;
      while (this.#outgoing[0] !== undefined && this.#outgoing[0].sequence < upTo) {
        newest = this.#outgoing.shift();
        this.#queued -= newest?.payload.length ?? 0;
      }
      if (newest !== undefined) {
        this.#duplicates = 0;
        if (!newest.repeated && newest.sentAt !== undefined) this.#measure((now - newest.sentAt) / 1_000);
        this.#arm();
        this.#pump();
        if (this.#queued < highWaterMark) this.#writeOn();
        if (this.#outgoing.length === 0) for (const flushed of this.#onFlush.splice(0)) flushed();
      } else if (isPure && this.#outgoing[0]?.sequence === upTo && ++this.#duplicates === duplicatesOfLoss)
        this.#sendPacket(this.#outgoing[0]);
      // Both have said all they had to say, and know it.
      if (this.#ended && this.#remoteEnded && this.#outgoing.length === 0) this.#close();
    }

    /** src/udx.c: smoothed round trip and its spread, whole milliseconds. */
    #measure(milliseconds: number): void {
      const sample = Math.floor(milliseconds);
      if (this.rtt === 0) {
        this.rtt = sample;
        this.#spread = Math.floor(sample / 2);
      } else {
        this.#spread = Math.floor((3 * this.#spread + Math.abs(sample - this.rtt)) / 4);
        this.rtt = Math.floor((7 * this.rtt + sample) / 8);
      }
      this.#timeout = Math.min(mostTimeout, Math.max(leastTimeout, this.rtt + 4 * this.#spread));
    }

    #writeOn(): void {
      const done = this.#onWrite;
      this.#onWrite = undefined;
      done?.(null);
    }

    #close(): void {
      if (this.#closed) return;
      this.#closed = true;
      this.#disarm();
      this.udx.removeStream(this);
      const { socket } = this;
      this.socket = null;
      this.#writeOn();
      for (const flushed of this.#onFlush.splice(0)) flushed();
      socket?.detach(this);
    }
  }
  return (udx, id, options) => new Stream(udx, id, options);
}
