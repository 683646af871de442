// What faults of degree make of the exchanges that set a connection up: longer, repeated, or throttled. As with messages,
// what holds when an exchange begins holds for all of it.
import { present } from '../../protocol/assert.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { PathState } from '../faults/verdict.ts';
import { dataGiveUp, handshakeBytes, initialRetransmission, synGiveUp } from './assumptions.ts';
import type { Connection, End } from './connection.ts';
import type { NetworkContext } from './context.ts';
import { timeLost } from './retransmission.ts';
import { drawLosses } from './segment-loss.ts';
import type { Station } from './station.ts';

/** A way there and back, as it is when an exchange begins. */
export interface SetUpWay {
  readonly roundTrip: Duration;
  /** Share of segments that faults let through in one direction. */
  readonly passes: number;
  /** How long a throttle holds the certificates back. */
  readonly throttled: Duration;
  readonly cause: CauseToken;
}

export function setUpWay(
  { paths, field }: NetworkContext,
  state: PathState,
  client: End,
  server: End,
  at: Instant,
): SetUpWay {
  const there = paths.oneWay(client.station, server.station, at);
  const back = paths.oneWay(server.station, client.station, at);
  const outward = field.hindrance(state, there);
  const homeward = field.hindrance(state, back);
  return {
    roundTrip: (there + back + outward.extraDelay + homeward.extraDelay) as Duration,
    passes: 1 - outward.lossProbability,
    throttled: Math.round(handshakeBytes / outward.rate) as Duration,
    cause: outward.cause,
  };
}

/**
 * Time lost to faults that swallow a SYN or its answer, until one exchange gets through; undefined when the client gives up
 * before. What an access network loses without a fault is left out: connections of quiet worlds come to stand
 * in their round trips.
 */
export function lostConnecting(
  { draw }: NetworkContext,
  { client, server }: Connection,
  { passes }: SetUpWay,
  at: Instant,
): Duration | undefined {
  const { tail } = drawLosses(draw, 1, passes * passes, client.station, stationOf(server), at);
  const lost = timeLost(tail, initialRetransmission);
  return lost >= synGiveUp ? undefined : lost;
}

/** As `lostConnecting`, for the segments of a TLS handshake. */
export function lostSecuring(
  { draw }: NetworkContext,
  { client, server, retransmissionTimeout }: Connection,
  { passes, roundTrip }: SetUpWay,
  at: Instant,
): Duration | undefined {
  const { tail, body } = drawLosses(draw, handshakeBytes, passes, stationOf(server), client.station, at);
  const lost = (timeLost(tail, retransmissionTimeout) + body * roundTrip) as Duration;
  return lost >= dataGiveUp ? undefined : lost;
}

function stationOf(server: End | undefined): Station {
  return present(server, 'server of a connection that is being set up').station;
}
