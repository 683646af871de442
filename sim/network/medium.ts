// Between a node's host and what carries its messages: the Internet (transport.ts) and radio (sim/radio).
import type { Address, ConnectOptions, Input, RequestId, RequestOptions, Tag } from '../../protocol/core.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { NetworkReason, NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { EndpointSpec, WarmLink } from '../systems/system.ts';

/** One core on one node. */
export interface Port {
  readonly node: NodeIndex;
  readonly part: string;
}

/** How a message came: parts of [sentAt, arrival) with their reasons, in order and without gap; the account of blame. */
export interface Transit {
  readonly from: NodeIndex;
  readonly sentAt: Instant;
  /** Each leg ends at `until`; the last one's `until` is the arrival. */
  readonly legs: readonly {
    readonly until: Instant;
    readonly reason: NetworkReason;
    readonly cause: CauseToken;
  }[];
}

/** What a medium may ask of the host of all nodes. */
export interface MediumHost {
  readonly scheduler: Scheduler;
  /**
   * Faults behind the failure that the core at work has just been handed: an error status it answers with, or a
   * connection it closes because of it, inherits them.
   */
  readonly causeInHand: CauseToken;
  /** Hands an input to a core (or queues it behind the node's work). Nothing happens when the node is down. */
  deliver(port: Port, input: Input, transit: Transit | undefined): void;
  /** Somebody looks on: the way of every message is kept, also of those that carry nobody's words. */
  readonly isWatched?: boolean;
  isUp(node: NodeIndex): boolean;
  /** Faults that have filled the queue of a machine, as long as it is not empty. */
  pressedBy(node: NodeIndex): CauseToken;
  nodeName(node: NodeIndex): string;
  /** Exact wire length by the system's codec. */
  byteLength(message: Message): number;
  /** The message as the other side gets it: itself, or its codec's round trip in the test mode. */
  carry(message: Message): Message;
  /** Uniform in [0, 1), addressed: never depends on how many draws came before (design.md §4). */
  readonly draw: AddressedDraw;
  /** What the node tries to get through is held up from now on, without having failed: matters to those who wait for it. */
  hindered(node: NodeIndex, cause: CauseToken): void;
  countBytes(medium: 'internet' | 'radio', bytes: number, airMicroseconds?: number): void;
  /** Radios have listened for others for so long, all together. */
  countScanning(microseconds: number): void;
}

/** The Internet as the host of nodes uses it. One per simulation. */
export interface InternetMedium {
  addEndpoint(endpoint: EndpointSpec): void;
  openWarmLinks(links: readonly WarmLink[]): void;
  request(from: Port, to: Address, tag: Tag, message: Message, options: RequestOptions): void;
  abandon(from: Port, tag: Tag): void;
  /** Answers; ids are unique per simulation. An id whose request has ended is ignored. */
  respond(from: Port, request: RequestId, message: Message): void;
  refuse(
    from: Port,
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
  ): void;
  /** Whether the client of a request still waits: its connection is open as far as the server can see. */
  isAwaited(request: RequestId): boolean;
  connect(from: Port, to: Address, tag: Tag, options: ConnectOptions): void;
  send(from: Port, link: Address, message: Message): void;
  disconnect(from: Port, link: Address, code: number | undefined): void;
  /** The node crashed, was halted, or came back: its connections are gone, its listeners refuse or answer again. */
  nodeChanged(node: NodeIndex, up: boolean, cause: CauseToken): void;
  /** The device's own network came or went, or moved to another access network. */
  deviceNetworkChanged(node: NodeIndex, up: boolean, cause: CauseToken): void;
}

/** Short-range radio as the host of nodes uses it. Its links are named `link:radio/...`, so that the host can tell them. */
export interface RadioMedium {
  send(from: Port, link: Address, message: Message): void;
  disconnect(from: Port, link: Address): void;
  /** The application's radio use began or ended (foreground, background, crash). */
  radioChanged(node: NodeIndex, on: boolean): void;
  /** Of a phone whose radio works in the background, too: whether its application is open. All are in hand until told otherwise. */
  handChanged(node: NodeIndex, inHand: boolean): void;
  /** Faults that disturb the air at the node now. */
  disturbedBy(node: NodeIndex): CauseToken;
}
