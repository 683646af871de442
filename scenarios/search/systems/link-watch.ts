// What was on the links of a mesh: how often the same thing came to the same node, over how many hops, and how each message came
// to each phone first.
import { packetTypes } from '../../../protocol/bitchat/constants.ts';
import type { PacketContent, Packet } from '../../../protocol/bitchat/packet.ts';
import type { Spread, Want } from '../../../protocol/firechat/messages.ts';
import type { Traffic } from '../../../protocol/pinecone/frames.ts';
import type { UserMessageId } from '../../../protocol/message.ts';
import { minutes, type Instant } from '../../../protocol/time.ts';
import type { NodeIndex } from '../../../sim/observation.ts';
import type { WatchedInput } from '../../../sim/watcher.ts';

/** Something that went round. */
export interface Round {
  readonly node: NodeIndex;
  readonly at: Instant;
  readonly what: string;
  /** Part of something larger. */
  readonly isFragment: boolean;
}

/** How a message came to a phone first. */
export interface FirstCopy {
  readonly at: Instant;
  /** As the phone got it; infinite where the protocol has no limit. */
  readonly hopsLeft: number;
  /** As the answer to a question for what was missed: such a copy goes no further by itself. */
  readonly isAnswer: boolean;
}

/** The spread of one message. */
export interface MessageSpread {
  readonly first: ReadonlyMap<NodeIndex, FirstCopy>;
  /** Phones that were given a copy of the flood, whether they had it or not. */
  readonly flooded: ReadonlyMap<NodeIndex, Instant>;
  /** Phones that gave somebody such a copy. */
  readonly passedOn: ReadonlyMap<NodeIndex, Instant>;
}

const nowhere: MessageSpread = { first: new Map(), flooded: new Map(), passedOn: new Map() };

class Spreading implements MessageSpread {
  readonly first = new Map<NodeIndex, FirstCopy>();
  readonly flooded = new Map<NodeIndex, Instant>();
  readonly passedOn = new Map<NodeIndex, Instant>();

  came(from: NodeIndex, node: NodeIndex, copy: FirstCopy): void {
    if (!this.first.has(node)) this.first.set(node, copy);
    if (copy.isAnswer) return;
    if (!this.flooded.has(node)) this.flooded.set(node, copy.at);
    if (!this.passedOn.has(from)) this.passedOn.set(from, copy.at);
  }
}

/** Bitchat's hop limit: what its author's neighbours are given has so many hops left. And for how long a phone remembers what it has passed on. */
const hopLimit = 7;
const remembered = minutes(5);
/** A datagram of the overlay that comes to the same node so often goes in a circle. */
const circles = 3;

/** Counts what comes to whom. */
export class LinkWatch {
  readonly #packets = new Map<PacketContent, Map<string, Instant>>();
  readonly #datagrams = new Map<Uint8Array, Map<NodeIndex, number>>();
  readonly #posts = new Map<string, Map<string, Instant>>();
  readonly #spreads = new Map<UserMessageId, Spreading>();
  /** What is to be handed to whom because it was asked for. */
  readonly #asked = new Set<string>();
  /** Broadcasts that the same neighbour passed on twice. */
  readonly refloods: Round[] = [];
  /** Packets with more hops left than the protocol gives any. */
  readonly overLimit: Round[] = [];
  /** Datagrams of the overlay that went in a circle. */
  readonly loops: Round[] = [];
  /** How far from their authors packets and messages came. */
  readonly hops = new Set<number>();

  took({ at, node, input, transit }: WatchedInput): void {
    if (input.kind !== 'message' || transit === undefined) return;
    const { message } = input;
    const { from } = transit;
    switch (message.kind) {
      case 'bitchat.packet':
        return this.#packet(message as Packet, from, node, at);
      case 'pinecone.traffic':
        return this.#datagram(message as Traffic, node, at);
      case 'firechat.want':
        for (const id of (message as Want).ids) this.#asked.add(`${id} ${node} ${from}`);
        return;
      case 'firechat.post':
      case 'firechat.letter':
        return this.#spread(message as Spread, from, node, at);
    }
  }

  /** How a message spread; empty where nobody but its author had it. */
  spreadOf(message: UserMessageId): MessageSpread {
    return this.#spreads.get(message) ?? nowhere;
  }

  #came(carries: readonly UserMessageId[], from: NodeIndex, node: NodeIndex, copy: FirstCopy): void {
    for (const message of carries) {
      let spread = this.#spreads.get(message);
      if (spread === undefined) this.#spreads.set(message, (spread = new Spreading()));
      spread.came(from, node, copy);
    }
  }

  #packet({ ttl, answersSync, content }: Packet, from: NodeIndex, node: NodeIndex, at: Instant): void {
    this.#came(content.carries, from, node, { at, hopsLeft: ttl, isAnswer: answersSync });
    if (ttl > hopLimit)
      this.overLimit.push({ node, at, what: `a packet with ${ttl} hops left`, isFragment: false });
    // What only goes to a neighbour has no hops left: questions for what was missed, and answers.
    if (answersSync || ttl === 0) return;
    this.hops.add(hopLimit - ttl + 1);
    let passed = this.#packets.get(content);
    if (passed === undefined) this.#packets.set(content, (passed = new Map<string, Instant>()));
    const way = `${from} ${node}`;
    const before = passed.get(way);
    passed.set(way, at);
    if (before !== undefined && at - before < remembered && at > before)
      this.refloods.push({
        node,
        at,
        what: `a packet of type ${content.type}`,
        isFragment: content.type === packetTypes.fragment,
      });
  }

  #datagram({ payload }: Traffic, node: NodeIndex, at: Instant): void {
    if (payload.length === 0) return;
    let visits = this.#datagrams.get(payload);
    if (visits === undefined) this.#datagrams.set(payload, (visits = new Map<NodeIndex, number>()));
    const times = (visits.get(node) ?? 0) + 1;
    visits.set(node, times);
    if (times === circles) this.loops.push({ node, at, what: 'a datagram', isFragment: false });
  }

  #spread({ id, hops, carries }: Spread, from: NodeIndex, node: NodeIndex, at: Instant): void {
    this.hops.add(hops + 1);
    // What was asked for is passed on like any other.
    this.#came(carries, from, node, { at, hopsLeft: Infinity, isAnswer: false });
    // Whoever asked for it is given it, whether it has come from elsewhere meanwhile or not.
    if (this.#asked.delete(`${id} ${from} ${node}`)) return;
    let ways = this.#posts.get(id);
    if (ways === undefined) this.#posts.set(id, (ways = new Map<string, Instant>()));
    const way = `${from} ${node}`;
    // Later it is history for somebody who has forgotten it, not a flood.
    if (at - (ways.get(way) ?? -Infinity) < remembered)
      this.refloods.push({ node, at, what: 'a message', isFragment: false });
    ways.set(way, at);
  }
}
