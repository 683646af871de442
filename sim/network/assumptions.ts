// The constants of the transport, each with its source or as an assumption with its plausible range.
import { milliseconds, minutes, seconds, type Duration } from '../../protocol/time.ts';
import type { Assumption } from '../world.ts';

/** First retransmission of a SYN, before any round trip was measured: RFC 6298 §2.1. */
export const initialRetransmission: Duration = seconds(1);
/** Least spread that Linux adds to the smoothed round trip (TCP_RTO_MIN, include/net/tcp.h); RFC 6298 §2.4 says 1 s. */
export const leastRetransmissionSpread: Duration = milliseconds(200);
/** Retransmission time-outs double up to this: TCP_RTO_MAX, include/net/tcp.h; RFC 6298 §2.5 allows 60 s and more. */
export const mostRetransmission: Duration = seconds(120);
/** Unanswered SYNs: tcp_syn_retries = 6, "will be retried for approximately 127 seconds" (Linux ip-sysctl). */
export const synGiveUp: Duration = seconds(127);
/** Unacknowledged data: tcp_retries2 = 15, "hypothetical timeout of 924.6 seconds" (Linux ip-sysctl). */
export const dataGiveUp: Duration = milliseconds(924_600);

/** Round trips before data: TCP's handshake (RFC 9293 §3.5) and TLS 1.3's (RFC 8446 §2). */
export const tcpRoundTrips = 1;
export const tlsRoundTrips = 1;
/** Payload of a full segment: an Ethernet frame of 1,500 bytes less 40 bytes of IPv4 and TCP headers. */
export const segmentBytes = 1_460;
/** IPv4 header, TCP header with the timestamp option (RFC 7323): bytes on the wire beside each segment's payload. */
export const segmentOverheadBytes = 52;
/** IPv4 header (RFC 791 §3.1): bytes on the wire beside a datagram with its UDP header. */
export const datagramOverheadBytes = 20;
/** TLS 1.3 record: 5 bytes header, 1 byte content type, 16 bytes tag (RFC 8446 §5.2). */
export const tlsRecordOverheadBytes = 22;
/** Segments sent before the first acknowledgement: RFC 6928. */
export const initialWindowSegments = 10;
/** Widest receive window: the default of tcp_rmem's third value is 6 MiB (Linux ip-sysctl). Bytes. */
export const mostWindowBytes = 6_291_456;

/** A stub resolver asks again after 5 s, twice in all: resolv.conf(5), options timeout and attempts. */
export const resolverTimeout: Duration = seconds(5);
export const resolverAttempts = 2;

/** Bytes of a TLS handshake with a certificate chain, both ways. */
export const handshakeBytes = 5_000;
/** Bytes of an HTTP answer that says that there is nothing. */
export const emptyAnswerBytes = 300;
/** Bytes of a WebSocket upgrade request and of the consent: RFC 6455 §1.3 shows about as many headers. */
export const upgradeBytes = 400;
export const consentBytes = 200;
/** A WebSocket close frame: header, mask and status code, RFC 6455 §5.2 and §5.5.1. */
export const closeFrameBytes = 8;
/** An idle pooled connection is closed after this. */
export const pooledIdleLimit: Duration = minutes(2);
/** A resolver's answer to a machine in its own network. */
export const nearResolverRoundTrip: Duration = milliseconds(1);
/** A resolver that has no answer asks root, zone and sub-zone servers, of which it remembers the first ones. */
export const recursionTime: Duration = milliseconds(60);
/** Of the connections to a target out of service, the share that is refused; the others time out. */
export const refusedShareOfFlapping = 0.5;
/** Light in fibre: c divided by the group index of G.652 fibre at 1,550 nm, 1.468. Metres per millisecond. */
export const fibreMetresPerMillisecond = 204_218;
/** Length of a fibre route over the great circle. */
export const routeFactor = 1.5;
/** Two failed health checks at the 10 s interval that AWS documents as a network load balancer's shortest. */
export const healthCheckDetection: Duration = seconds(20);

const tcp = 'Linux kernel documentation, networking/ip-sysctl; RFC 6298';

/** What reports list. */
export const networkAssumptions: readonly Assumption[] = [
  {
    path: 'network.tcp.synGiveUpSeconds',
    value: synGiveUp / 1_000_000,
    unit: 's',
    meaning: 'unanswered connection attempts of the operating system end after this',
    source: tcp,
  },
  {
    path: 'network.tcp.dataGiveUpSeconds',
    value: dataGiveUp / 1_000_000,
    unit: 's',
    meaning: 'a connection whose data stays unacknowledged ends after this',
    source: tcp,
  },
  {
    path: 'network.tcp.leastRetransmissionMs',
    value: leastRetransmissionSpread / 1_000,
    unit: 'ms',
    meaning: 'added to the round trip before the first retransmission; doubles with each',
    source: tcp,
  },
  {
    path: 'network.tcp.receiveWindowBytes',
    value: mostWindowBytes,
    unit: 'B',
    meaning: 'a large message has at most this much under way per round trip',
    source: 'Linux ip-sysctl, tcp_rmem',
  },
  {
    path: 'network.dns.stubSeconds',
    value: (resolverTimeout * resolverAttempts) / 1_000_000,
    unit: 's',
    meaning: 'a device gives up on a silent resolver after this',
    source: 'resolv.conf(5): timeout 5 s, 2 attempts',
  },
  {
    path: 'network.dns.sharedCaches',
    value: true,
    unit: '',
    meaning: 'resolvers serve others too, who keep the records of public names fresh in their caches',
  },
  {
    path: 'network.dns.recursionMs',
    value: recursionTime / 1_000,
    unit: 'ms',
    meaning: 'time to resolve a name that the resolver does not remember',
    range: [20, 200],
  },
  {
    path: 'network.dns.nearResolverMs',
    value: nearResolverRoundTrip / 1_000,
    unit: 'ms',
    meaning: 'round trip from a server to its resolver',
    range: [0.2, 5],
  },
  {
    path: 'network.tls.handshakeBytes',
    value: handshakeBytes,
    unit: 'B',
    meaning: 'bytes of a TLS handshake, both ways',
    range: [3_000, 8_000],
  },
  {
    path: 'network.http.emptyAnswerBytes',
    value: emptyAnswerBytes,
    unit: 'B',
    meaning: 'bytes of an empty answer to a long poll',
    range: [100, 600],
  },
  {
    path: 'network.websocket.openingBytes',
    value: upgradeBytes + consentBytes,
    unit: 'B',
    meaning: 'bytes of a WebSocket handshake, both ways',
    range: [300, 1_200],
  },
  {
    path: 'network.http.idleSeconds',
    value: pooledIdleLimit / 1_000_000,
    unit: 's',
    meaning: 'an idle pooled connection is closed after this',
    range: [60, 300],
  },
  {
    path: 'network.loadBalancer.refusedShare',
    value: refusedShareOfFlapping,
    unit: '',
    meaning: 'share of new connections to a target out of service that is refused; the others time out',
    range: [0, 1],
  },
  {
    path: 'network.loadBalancer.detectionSeconds',
    value: healthCheckDetection / 1_000_000,
    unit: 's',
    meaning: 'a load balancer sends no new connections to a dead target after this',
    range: [6, 30],
  },
  {
    path: 'network.path.fibreKmPerMs',
    value: fibreMetresPerMillisecond / 1_000,
    unit: 'km/ms',
    meaning: 'speed of light in fibre',
    source: 'c / 1.468, group index of ITU-T G.652 fibre at 1,550 nm',
  },
  {
    path: 'network.path.routeFactor',
    value: routeFactor,
    unit: '',
    meaning: 'length of fibre routes over the great circle',
    range: [1.2, 2.5],
  },
];
