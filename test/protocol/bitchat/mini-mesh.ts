// A mesh of peers on a graph, for tests: every hop takes 50 ms, nothing is lost, time passes from event to event.
import { packetCodec } from '../../../protocol/bitchat/codec.ts';
import { ios, type PlatformPolicy } from '../../../protocol/bitchat/constants.ts';
import type { Group } from '../../../protocol/bitchat/group-message.ts';
import type { Packet } from '../../../protocol/bitchat/packet.ts';
import { createIdentity, type Identity } from '../../../protocol/bitchat/peer-config.ts';
import { createPeer } from '../../../protocol/bitchat/peer.ts';
import { idealSignatures, type SignatureScheme } from '../../../protocol/signatures.ts';
import { toHex, utf8 } from '../../../protocol/bytes.ts';
import type {
  Address,
  Core,
  CoreFact,
  Effects,
  Input,
  StoredState,
  UserAction,
} from '../../../protocol/core.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import { noCause } from '../../../protocol/failure.ts';
import type { ConversationId, Message, PersonId, UserMessageId } from '../../../protocol/message.ts';
import { milliseconds, seconds, type Duration, type Instant, type WallTime } from '../../../protocol/time.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';

const hop = milliseconds(50);
const epochWallMs = 1_760_000_000_000;

/** What may differ from peer to peer. */
export interface MiniPeerOptions {
  readonly policy?: PlatformPolicy;
  readonly clockSkewMs?: number;
}

export interface MiniMeshOptions {
  readonly peers: number;
  readonly signatures?: SignatureScheme;
  readonly purgeOnStale?: boolean;
  readonly usesCouriers?: boolean;
  readonly cancelsRelays?: boolean;
  /** What is said to all goes to the public channel, not to the group. */
  readonly isPublic?: boolean;
  readonly originTtl?: number;
  /** Every packet goes through its bytes. */
  readonly encodeEverything?: boolean;
  options?(index: number): MiniPeerOptions;
}

interface Event {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** A packet as it was sent over a link. */
export interface Sent {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly packet: Packet;
}

/** One phone of the mesh. */
class MiniPeer implements Effects {
  readonly index: number;
  readonly facts: CoreFact[] = [];
  readonly stored = new Map<string, unknown>();
  readonly timers = new Map<string, Event>();
  readonly links = new Map<Address, number>();
  readonly skewMs: number;
  core: Core | undefined;
  readonly #mesh: MiniMesh;

  constructor(mesh: MiniMesh, index: number, skewMs: number) {
    this.#mesh = mesh;
    this.index = index;
    this.skewMs = skewMs;
  }

  step(input: Input): void {
    const now = this.#mesh.now as Instant;
    const wall = (epochWallMs + Math.floor(now / 1_000) + this.skewMs) as WallTime;
    this.core?.step({ now, wall }, input, this);
  }

  persist(key: string, value: unknown): void {
    if (value === undefined) this.stored.delete(key);
    else this.stored.set(key, value);
  }

  send(to: Address, message: Message): void {
    this.#mesh.transmit(this, to, message as Packet);
  }

  setTimer(timer: string, at: Instant): void {
    this.cancelTimer(timer);
    const event = this.#mesh.schedule(at, () => {
      if (this.timers.get(timer) !== event) return;
      this.timers.delete(timer);
      this.step({ kind: 'timer', timer });
    });
    this.timers.set(timer, event);
  }

  cancelTimer(timer: string): void {
    this.timers.delete(timer);
  }

  observe(fact: CoreFact): void {
    this.facts.push(fact);
  }

  request(): void {
    throw new Error('a mesh has no requests');
  }
  abandon(): void {
    throw new Error('a mesh has no requests');
  }
  respond(): void {
    throw new Error('a mesh has no requests');
  }
  refuse(): void {
    throw new Error('a mesh has no requests');
  }
  connect(): void {
    throw new Error('the radio connects');
  }
  disconnect(): void {
    throw new Error('the radio disconnects');
  }
  spend(): void {
    throw new Error('peers charge no work');
  }
}

/** Person `n` has peer `n`; conversation `a * 1000 + b` is the chat of two, conversation -1 the group of all. */
export class MiniMesh {
  now = 0;
  readonly peers: readonly MiniPeer[];
  readonly identities: readonly Identity[];
  readonly sent: Sent[] = [];
  readonly #encodeEverything: boolean;
  #events: Event[] = [];
  #sequence = 0;
  #messages = 0;
  readonly #factories: ((stored: StoredState | undefined) => Core)[];

  constructor(options: MiniMeshOptions) {
    const scheme = options.signatures ?? idealSignatures(utf8('test'));
    this.#encodeEverything = options.encodeEverything ?? false;
    const indexes = Array.from({ length: options.peers }, (_, index) => index);
    this.identities = indexes.map((index) =>
      createIdentity(sha256(`noise ${index}`), sha256(`signing ${index}`), scheme),
    );
    const byPeer = new Map(this.identities.map((identity) => [identity.peerId, identity]));
    const group: Group = {
      id: '00'.repeat(16),
      key: sha256('group'),
      members: new Set(this.identities.map(({ signer }) => toHex(signer.publicKey))),
    };
    this.peers = indexes.map((index) => new MiniPeer(this, index, options.options?.(index).clockSkewMs ?? 0));
    this.#factories = indexes.map((index) =>
      createPeer({
        person: index as PersonId,
        nickname: `person ${index}`,
        identity: this.identities[index]!,
        policy: options.options?.(index).policy ?? ios,
        signatures: scheme,
        random: createRandomStream(`peer ${index}`),
        purgeOnStale: options.purgeOnStale ?? true,
        usesCouriers: options.usesCouriers ?? true,
        cancelsRelays: options.cancelsRelays ?? false,
        ...(options.originTtl === undefined ? {} : { originTtl: options.originTtl }),
        conversation: (id) => {
          if (id < 0 && options.isPublic === true) return { kind: 'public' };
          if (id < 0) return { kind: 'group', group };
          const friend = Math.floor(id / 1_000) === index ? id % 1_000 : Math.floor(id / 1_000);
          return { kind: 'private', contact: this.identities[friend]! };
        },
        contact: (peer) => byPeer.get(peer),
        group: (id) => (id === group.id ? group : undefined),
      }),
    );
    for (const index of indexes) this.restart(index);
  }

  /** A peer as it comes back from a crash: with what it stored. */
  restart(index: number): void {
    const peer = this.peers[index]!;
    peer.timers.clear();
    peer.core = this.#factories[index]!(peer.stored);
    peer.step({ kind: 'start' });
    this.act(index, { kind: 'open-app' });
  }

  act(index: number, action: UserAction): void {
    this.peers[index]!.step({ kind: 'user', action });
  }

  /** Says something in a chat or, without `to`, in the group. */
  say(from: number, text: string, to?: number): UserMessageId {
    const message = this.#messages++ as UserMessageId;
    const conversation = (to === undefined ? -1 : from * 1_000 + to) as ConversationId;
    this.act(from, { kind: 'send', message, conversation, text });
    return message;
  }

  /** Connects two peers; the first is the central. */
  join(central: number, peripheral: number): void {
    for (const [own, other] of [
      [central, peripheral],
      [peripheral, central],
    ] as const) {
      const link = linkOf(other);
      this.peers[own]!.links.set(link, other);
      const up = { kind: 'link-up', link, peer: link } as const;
      this.peers[own]!.step(own === central ? { ...up, tag: 'central' } : up);
    }
  }

  part(left: number, right: number): void {
    const failure = { kind: 'closed', definite: false, cause: noCause } as const;
    for (const [own, other] of [
      [left, right],
      [right, left],
    ] as const) {
      this.peers[own]!.links.delete(linkOf(other));
      this.peers[own]!.step({ kind: 'link-down', link: linkOf(other), failure });
    }
  }

  /** People who got the message, ascending. */
  readers(message: UserMessageId): readonly number[] {
    return this.peers
      .filter(({ facts }) => facts.some((fact) => fact.kind === 'delivered' && fact.message === message))
      .map(({ index }) => index);
  }

  facts<K extends CoreFact['kind']>(index: number, kind: K): Extract<CoreFact, { kind: K }>[] {
    return this.peers[index]!.facts.filter(
      (fact): fact is Extract<CoreFact, { kind: K }> => fact.kind === kind,
    );
  }

  situations(index: number): readonly string[] {
    return this.facts(index, 'situation').map(({ name }) => name);
  }

  schedule(at: number, run: () => void): Event {
    const event = { at, sequence: this.#sequence++, run };
    this.#events.push(event);
    return event;
  }

  transmit(from: MiniPeer, to: Address, message: Packet): void {
    const other = from.links.get(to);
    if (other === undefined) throw new Error(`no link ${to}`);
    const packet = this.#encodeEverything
      ? packetCodec.decode(packetCodec.encode(message), message.carries)!
      : message;
    this.sent.push({ at: this.now, from: from.index, to: other, packet });
    this.schedule(this.now + hop, () => {
      const receiver = this.peers[other]!;
      const link = linkOf(from.index);
      if (receiver.links.has(link)) receiver.step({ kind: 'message', from: link, message: packet });
    });
  }

  /** Bytes of somebody else's making arrive at a peer. */
  inject(to: number, from: number, packet: Packet): void {
    this.peers[to]!.step({ kind: 'message', from: linkOf(from), message: packet });
  }

  run(duration: Duration = seconds(10)): void {
    const end = this.now + duration;
    for (;;) {
      let next: Event | undefined;
      for (const event of this.#events)
        if (
          next === undefined ||
          event.at < next.at ||
          (event.at === next.at && event.sequence < next.sequence)
        )
          next = event;
      if (next === undefined || next.at > end) break;
      const taken = next;
      this.#events = this.#events.filter((event) => event !== taken);
      this.now = taken.at;
      taken.run();
    }
    this.now = end;
  }
}

function linkOf(index: number): Address {
  return `link:radio/${index}` as Address;
}
