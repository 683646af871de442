// What nodes of a Pinecone network send each other over a link.
import type { Message } from '../message.ts';
import type { Coordinates } from './coordinates.ts';
import { highestKey, type NodeKey } from './node-key.ts';

/** A root, and which of its announcements is meant. */
export interface Root {
  readonly key: NodeKey;
  /** Whole, from 1 upwards while it is root. */
  readonly sequence: number;
}

/** Whether both name the same announcement of the same root. */
export function equalRoots(left: Root, right: Root): boolean {
  return left.key === right.key && left.sequence === right.sequence;
}

/** How far down the keys a frame has come. It must never go up again: that would be a loop. */
export interface Watermark {
  readonly key: NodeKey;
  readonly sequence: number;
}

/** What a frame has when it sets out. */
export const firstWatermark: Watermark = Object.freeze({ key: highestKey, sequence: 0 });

/** Whether `left` would lead back to where `right` has already been (types/virtualsnake.go, WorseThan). */
export function isWorse(left: Watermark, right: Watermark): boolean {
  if (left.key !== right.key) return left.key > right.key;
  return left.sequence !== 0 && left.sequence < right.sequence;
}

/** First thing on a new link, in both directions (router/router.go, Connect). */
export interface Handshake extends Message {
  readonly kind: 'pinecone.handshake';
  readonly version: number;
  readonly capabilities: number;
  readonly key: NodeKey;
  readonly signature: Uint8Array;
}

/** Nothing else was to be said for a while. */
export interface KeepAlive extends Message {
  readonly kind: 'pinecone.keep-alive';
}

/** One node on the way of an announcement from the root. */
export interface Hop {
  /** The port of this node through which the announcement left. Never 0. */
  readonly port: number;
  readonly key: NodeKey;
  /** Over everything before this hop. */
  readonly signature: Uint8Array;
}

/** A root makes itself known; every node on the way has signed. Its hops' ports are the receiver's coordinates. */
export interface TreeAnnouncement extends Message {
  readonly kind: 'pinecone.announcement';
  readonly root: Root;
  readonly hops: readonly Hop[];
}

/** A node looks for the next higher key; on the way everybody learns the way back to it. */
export interface Bootstrap extends Message {
  readonly kind: 'pinecone.bootstrap';
  /** Who bootstraps: the frame goes towards its own key, and ends at the next higher one. */
  readonly key: NodeKey;
  readonly watermark: Watermark;
  /** The node's clock in milliseconds since 1970: newer ones replace older ones. */
  readonly sequence: number;
  readonly root: Root;
  /** Over sequence and root. */
  readonly signature: Uint8Array;
}

/** A datagram of the layer above. */
export interface Traffic extends Message {
  readonly kind: 'pinecone.traffic';
  readonly hopLimit: number;
  /** Where the receiver was last known to be in the tree; empty: find it by its key. */
  readonly destination: Coordinates;
  readonly source: Coordinates;
  readonly destinationKey: NodeKey;
  readonly sourceKey: NodeKey;
  /** On the wire only where `destination` is empty. */
  readonly watermark: Watermark;
  readonly payload: Uint8Array;
}

/** A node tells its surroundings that it is awake. */
export interface WakeUpBroadcast extends Message {
  readonly kind: 'pinecone.broadcast';
  readonly hopLimit: number;
  readonly source: NodeKey;
  /** As in {@link Bootstrap}. */
  readonly sequence: number;
  readonly root: Root;
  readonly signature: Uint8Array;
}

/** What can be in a frame. */
export type Frame = KeepAlive | TreeAnnouncement | Bootstrap | Traffic | WakeUpBroadcast;

/** Everything that goes over a link. */
export type LinkMessage = Handshake | Frame;
