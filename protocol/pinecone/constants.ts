// Every number of the protocol with where it comes from: matrix-org/pinecone at b35aec69.
import { hours, milliseconds, minutes, seconds } from '../time.ts';

/** Ports of a node for its peers; port 0 is the node itself (router/consts.go, portCount 254 with port 0 among them). */
export const mostPorts = 253;

/** A link is set up, kept and given up (router/router.go; router/consts.go). */
export const linking = {
  version: 1,
  /** Capability bits that both ends must have alike: all but that of acknowledged set-ups, 4 (router/version.go). */
  capabilities: 0b111011,
  handshakeWithin: seconds(10),
  keepAliveEvery: seconds(3),
  deadAfter: seconds(5),
} as const;

/** The spanning tree (router/consts.go, announcementInterval and announcementTimeout; router/state_tree.go, one second). */
export const tree = {
  announceEvery: minutes(30),
  announcementLivesFor: minutes(45),
  waitForParent: seconds(1),
} as const;

/** The line of keys, called SNEK (router/consts.go, virtualSnake…). */
export const snake = {
  maintainEvery: seconds(1),
  bootstrapEvery: seconds(5),
  routeLivesFor: seconds(10),
  coordinatesLiveFor: minutes(1),
} as const;

/** Wake-up broadcasts (router/consts.go, wakeupBroadcastInterval and the two after it). */
export const broadcasting = {
  every: minutes(1),
  rememberedFor: minutes(3),
  leastGap: seconds(30),
} as const;

/** How far frames go (types/frame.go). */
export const hopLimits = {
  traffic: 10,
  broadcast: 5,
} as const;

/** Frames that wait for a peer (router/queuefairfifo.go; router/state.go, _addPeer; router/consts.go, trafficBuffer). */
export const queueing = {
  framesPerQueue: 16,
  queues: 254,
  queuesOnBluetooth: 16,
} as const;

/** The manager of static peers (connections/manager.go). */
export const staticPeering = {
  lookEvery: seconds(5),
  dialFor: seconds(5),
  mostBackOff: hours(1),
} as const;

/** QUIC sessions over Pinecone (sessions/sessions.go, MaxIdleTimeout; else the defaults of quic-go 0.48.2, which Dendrite has). */
export const sessions = {
  idleFor: seconds(15),
  /** A dial without any answer (HandshakeIdleTimeout). */
  handshakeWithin: seconds(5),
  /** The probe time-out before the first sample (internal/utils/rtt_stats.go, PTO). */
  firstPatience: milliseconds(200),
  /** Any request: the HTTP client's default, which the demo leaves (gomatrixserverlib fclient/client.go, requestTimeout). */
  requestFor: seconds(30),
} as const;

/** Relays (Dendrite: setup/config/config_federationapi.go, relayapi/internal/perform.go, cmd/dendrite-demo-pinecone/relay). */
export const relaying = {
  /** `p2p_retries_until_assumed_offline`: after one failure more than this, relays get what the next attempt cannot deliver. */
  retriesUntilOffline: 1,
  collectAgain: seconds(30),
  timeout: seconds(30),
} as const;
