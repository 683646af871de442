// One node's connections to its peers: Noise-encrypted streams of Hyperswarm, found by public key through the local DHT.
import type HyperDHT from 'hyperdht';
import type Hyperswarm from 'hyperswarm';
import { sha256 } from '../../protocol/crypto.ts';
import type { NodeIndex } from '../observation.ts';
import { FrameReader, encodeFrame, type Frame } from './frames.ts';
import type { SwarmPackages } from './packages.ts';

/** The only address of a live run. */
export const loopback = '127.0.0.1';

/** Connections that are attempted at a time. Hyperswarm's own limit is 3, for peers that are far away. */
const parallelAttempts = 16;
/** A quiet connection is checked this often, milliseconds; as HyperDHT's own (index.js, `connectionKeepAlive`). */
const keepAlive = 5_000;

/** What the connections of a node are made of. */
export interface SwarmOptions {
  readonly packages: SwarmPackages;
  /** Of the local DHT; nothing else is ever asked. */
  readonly bootstrap: readonly HyperDHT.Address[];
  readonly self: NodeIndex;
  /** Every node of the run by index. */
  readonly names: readonly string[];
  /** Nodes with which this one has a connection from the start. */
  readonly peers: readonly NodeIndex[];
  /** What keys are made from, beside names. */
  readonly seed: string;
  readonly listener: SwarmListener;
}

/** Told of what comes over connections. */
export interface SwarmListener {
  frame(from: NodeIndex, frame: Frame): void;
  /** The connection broke, and what was on it is lost. */
  lost(peer: NodeIndex): void;
}

interface Peer {
  readonly node: NodeIndex;
  readonly publicKey: Buffer;
  stream: Hyperswarm.Connection | undefined;
  /** What waits for a connection. */
  readonly waiting: Buffer[];
}

/** Of two nodes the one with the lower number dials, so that there is one connection between them. */
export class Swarm {
  readonly #options: SwarmOptions;
  readonly #peers = new Map<NodeIndex, Peer>();
  readonly #byKey = new Map<string, Peer>();
  readonly #dht: HyperDHT;
  readonly #swarm: Hyperswarm;
  #whenComplete: (() => void) | undefined;
  #stopped = false;

  constructor(options: SwarmOptions) {
    const { packages, bootstrap, self, names, peers, seed } = options;
    const { HyperDHT, Hyperswarm } = packages;
    const keyPairOf = (node: NodeIndex): HyperDHT.KeyPair =>
      HyperDHT.keyPair(Buffer.from(sha256(`netsplit live/${seed}/${names[node] ?? ''}`)));
    this.#options = options;
    for (const node of peers) {
      const { publicKey } = keyPairOf(node);
      const peer: Peer = { node, publicKey, stream: undefined, waiting: [] };
      this.#peers.set(node, peer);
      this.#byKey.set(publicKey.toString('hex'), peer);
    }
    this.#dht = new HyperDHT({ bootstrap, host: loopback });
    this.#swarm = new Hyperswarm({
      dht: this.#dht,
      keyPair: keyPairOf(self),
      maxPeers: Infinity,
      maxParallel: parallelAttempts,
      firewall: (publicKey) => !this.#byKey.has(publicKey.toString('hex')),
    });
    this.#swarm.on('connection', (stream) => this.#connected(stream));
  }

  /** Can be found from now on. */
  async listen(): Promise<void> {
    await this.#swarm.listen();
  }

  /** Dials the peers that are its to dial; ends when it is connected with all of its peers. */
  async connect(): Promise<void> {
    for (const { node, publicKey } of this.#peers.values())
      if (this.#dials(node)) this.#swarm.joinPeer(publicKey);
    if (this.#isComplete()) return;
    await new Promise<void>((resolve) => (this.#whenComplete = resolve));
  }

  /** Sends when there is a connection, in the order of calls. */
  send(to: NodeIndex, frame: Frame): void {
    const peer = this.#peers.get(to);
    if (peer === undefined) return;
    const bytes = encodeFrame(frame);
    if (peer.stream === undefined) peer.waiting.push(bytes);
    else peer.stream.write(bytes);
  }

  /** The peer's process is gone, as its machine knows: what is left of the connection is of no use. */
  peerDown(node: NodeIndex): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#swarm.leavePeer(peer.publicKey);
    const { stream } = peer;
    peer.stream = undefined;
    peer.waiting.length = 0;
    stream?.destroy();
  }

  /** The peer runs again, under the same key. */
  peerUp(node: NodeIndex): void {
    const peer = this.#peers.get(node);
    if (peer !== undefined && this.#dials(node)) this.#swarm.joinPeer(peer.publicKey);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#swarm.destroy({ force: true });
    await this.#dht.destroy({ force: true });
  }

  #dials(node: NodeIndex): boolean {
    return this.#options.self < node;
  }

  #isComplete(): boolean {
    return [...this.#peers.values()].every(({ stream }) => stream !== undefined);
  }

  #connected(stream: Hyperswarm.Connection): void {
    stream.on('error', () => undefined);
    const peer = this.#byKey.get(stream.remotePublicKey.toString('hex'));
    if (peer === undefined || this.#stopped) {
      stream.destroy();
      return;
    }
    peer.stream = stream;
    stream.setKeepAlive(keepAlive);
    const reader = new FrameReader();
    stream.on('data', (bytes: Uint8Array) => {
      if (peer.stream !== stream) return;
      for (const frame of reader.read(bytes)) this.#options.listener.frame(peer.node, frame);
    });
    stream.on('close', () => {
      if (peer.stream !== stream) return;
      peer.stream = undefined;
      if (!this.#stopped) this.#options.listener.lost(peer.node);
    });
    for (const bytes of peer.waiting.splice(0)) stream.write(bytes);
    if (this.#whenComplete !== undefined && this.#isComplete()) this.#whenComplete();
  }
}
