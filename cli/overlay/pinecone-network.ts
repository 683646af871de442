// Pinecone nodes on a graph, with datagrams to try every way and oracles that know what must be true.
import { present } from '../../protocol/assert.ts';
import { sha256, sha256Hex } from '../../protocol/crypto.ts';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import { carriesNothing, type Message } from '../../protocol/message.ts';
import { createRouterCore, type RouterCore } from '../../protocol/pinecone/node.ts';
import type { NodeKey } from '../../protocol/pinecone/node-key.ts';
import type { LinkMessage } from '../../protocol/pinecone/frames.ts';
import { linkCodec } from '../../protocol/pinecone/codec.ts';
import type { LinkTraits } from '../../protocol/pinecone/peers.ts';
import type { RouterView } from '../../protocol/pinecone/router.ts';
import { idealSignatures, type SignatureScheme } from '../../protocol/signatures.ts';
import { milliseconds, type Duration } from '../../protocol/time.ts';
import type { Graph } from '../../sim/overlay/graph.ts';
import { GraphNetwork } from '../../sim/overlay/graph-network.ts';
import { createRandomStream } from '../../sim/random/streams.ts';

/** How a network is made. */
export interface PineconeNetworkOptions {
  readonly graph: Graph;
  readonly seed: number;
  /** As the applications have it: traffic goes at most nine links far. */
  readonly limitsHops?: boolean;
  /** Each link's delay is drawn from here. */
  readonly delayMs?: readonly [least: number, most: number];
  readonly traits?: LinkTraits;
  readonly signatures?: SignatureScheme;
  /** Every message goes through its bytes. */
  readonly encodesEverything?: boolean;
}

/** What became of a datagram. */
export interface Probe {
  readonly from: number;
  readonly to: number;
  /** Links that it went over. */
  hops: number;
  /** When it came; undefined while it has not. */
  arrivedAt: number | undefined;
}

const lan: LinkTraits = { type: 'pipe', keepsAlive: false };

export class PineconeNetwork {
  readonly graph: Graph;
  readonly network: GraphNetwork;
  readonly keys: readonly NodeKey[];
  readonly situations = new Map<string, number>();
  readonly #cores: (RouterCore | undefined)[] = [];
  readonly #probes: Probe[] = [];

  constructor(options: PineconeNetworkOptions) {
    const { graph, seed, delayMs: [least, most] = [5, 25], traits = lan } = options;
    this.graph = graph;
    const scheme = options.signatures ?? idealSignatures(utf8('study'));
    const signers = Array.from({ length: graph.size }, (_, node) => scheme.signer(sha256(`${seed}/${node}`)));
    this.keys = signers.map(({ publicKey }) => toHex(publicKey) as NodeKey);
    const draw = (left: number, right: number): number =>
      createRandomStream(`${seed}/delay/${Math.min(left, right)}/${Math.max(left, right)}`).uniform();
    this.network = new GraphNetwork({
      size: graph.size,
      delay: (left, right) =>
        Math.round(milliseconds(least + (most - least) * draw(left, right))) as Duration,
      create: (node) => {
        const config = {
          signer: present(signers[node], 'a key'),
          signatures: scheme,
          random: createRandomStream(`${seed}/${node}`),
          limitsHops: options.limitsHops ?? false,
          traits: () => traits,
        };
        const core = createRouterCore(config, {
          datagram: (_, payload) => this.#arrived(payload),
          strayed: () => undefined,
          awake: () => undefined,
          peersChanged: () => undefined,
        })();
        this.#cores[node] = core;
        return core;
      },
      onSend: (_from, _to, message) => this.#sent(message),
      onFact: (_node, fact) => {
        if (fact.kind === 'situation')
          this.situations.set(fact.name, (this.situations.get(fact.name) ?? 0) + 1);
      },
      ...(options.encodesEverything === true ? { onTheWire: throughBytes } : {}),
    });
  }

  /** All nodes start within a second, and all links come up. */
  start(): void {
    for (let node = 0; node < this.graph.size; node++) {
      this.network.start(node);
      this.#joinAll(node);
      this.network.run(Math.floor(milliseconds(1_000) / this.graph.size) as Duration);
    }
  }

  /** A node that was gone comes back, with the links it had. */
  rejoin(node: number): void {
    this.network.start(node);
    this.#joinAll(node);
  }

  /** The node with the highest key. */
  highest(): number {
    let highest = 0;
    for (const [node, key] of this.keys.entries()) if (key > (this.keys[highest] ?? '')) highest = node;
    return highest;
  }

  #joinAll(node: number): void {
    for (const [left, right] of this.graph.edges)
      if (right === node || left === node) this.network.join(left, right);
  }

  view(node: number): RouterView | undefined {
    return this.network.isUp(node) ? this.#cores[node]?.router.inspect() : undefined;
  }

  /** Sends a datagram. */
  probe(from: number, to: number): Probe {
    const probe: Probe = { from, to, hops: 0, arrivedAt: undefined };
    const payload = new Uint8Array(4);
    new DataView(payload.buffer).setUint32(0, this.#probes.push(probe) - 1);
    this.network.call(from, (core, turn) =>
      (core as RouterCore).router.send(present(this.keys[to], 'a key'), payload, carriesNothing, turn),
    );
    return probe;
  }

  /** Nodes that can reach this one over links, itself first. */
  nodesAround(start: number): readonly number[] {
    const seen = new Set([start]);
    for (const node of seen) for (const next of this.network.neighbours(node)) seen.add(next);
    return [...seen];
  }

  /** Groups of nodes that are linked to each other. */
  islands(): readonly (readonly number[])[] {
    const islands: (readonly number[])[] = [];
    const seen = new Set<number>();
    for (let node = 0; node < this.graph.size; node++) {
      if (seen.has(node) || !this.network.isUp(node)) continue;
      const island = this.nodesAround(node);
      for (const each of island) seen.add(each);
      islands.push(island);
    }
    return islands;
  }

  /** Bytes sent so far by kind of frame, over all nodes. */
  bytesSent(): {
    readonly control: number;
    readonly traffic: number;
    readonly byKind: ReadonlyMap<string, number>;
  } {
    const byKind = new Map<string, number>();
    for (const core of this.#cores)
      for (const [kind, { bytes }] of Object.entries(core?.router.inspect().sent ?? {}))
        byKind.set(kind, (byKind.get(kind) ?? 0) + bytes);
    const traffic = byKind.get('pinecone.traffic') ?? 0;
    const all = [...byKind.values()].reduce((sum, bytes) => sum + bytes, 0);
    return { control: all - traffic, traffic, byKind };
  }

  /** One hash over what all nodes are at. */
  digest(): string {
    return sha256Hex(JSON.stringify(this.keys.map((_, node) => this.view(node))));
  }

  #sent(message: Message): void {
    if (message.kind !== 'pinecone.traffic') return;
    const probe = this.#probeOf((message as Extract<LinkMessage, { kind: 'pinecone.traffic' }>).payload);
    if (probe !== undefined) probe.hops++;
  }

  #arrived(payload: Uint8Array): void {
    const probe = this.#probeOf(payload);
    if (probe !== undefined) probe.arrivedAt = this.network.now;
  }

  #probeOf(payload: Uint8Array): Probe | undefined {
    if (payload.length !== 4) return undefined;
    return this.#probes[new DataView(payload.buffer, payload.byteOffset).getUint32(0)];
  }
}

function throughBytes(message: Message): Message {
  const bytes = linkCodec.encode(message as LinkMessage);
  return present(linkCodec.decode(bytes, message.carries), 'what one wrote, one can read');
}
