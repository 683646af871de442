// Large messages under way: fluids that share the lines they cross and are held back by TCP's window and by loss.
// Their rates change only when a flow begins, ends or passes a phase; never an event per packet.
import { assert } from '../../protocol/assert.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { Hindrance } from '../faults/verdict.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';
import type { AccessLink } from './access-link.ts';
import { initialWindowSegments, mostWindowBytes, segmentBytes } from './assumptions.ts';
import type { Flight } from './connection.ts';
import type { NetworkContext } from './context.ts';
import { connectedFlows, fairRates, type SharingFlow } from './fair-share.ts';
import { lossLimitedRate, timeOutProbability } from './tcp-throughput.ts';

/** The path of a flow as it is now. */
export interface FlowPath {
  readonly lines: readonly AccessLink[];
  readonly roundTrip: Duration;
  readonly lossProbability: number;
  readonly retransmissionTimeout: Duration;
  /** What a shaper on the way leaves it now, and because of which faults. */
  shaping(): Pick<Hindrance, 'rate' | 'cause'>;
}

/** A message that takes its time. */
export interface Flow extends SharingFlow<Flow> {
  readonly flight: Flight;
  readonly path: FlowPath;
  readonly lines: readonly AccessLink[];
  ceiling: number;
  /** Bytes to go, at `since`. */
  left: number;
  rate: number;
  since: Instant;
  /** Bytes of the congestion window while it doubles each round trip (slow start, RFC 5681 §3.1). */
  window: number;
  phase: 'to-come' | 'slow-start' | 'recovering' | 'steady';
  /** When the phase goes on by itself: sending begins, the window doubles, or the loss is repaired. */
  phaseEnds: Instant;
  /** When this many bytes are left the first segment is lost. */
  readonly lossAtLeft: number;
  event: EventHandle | undefined;
}

/** Below this all has been sent: less than any byte that rates in floating point could leave over. */
const nothing = 1e-3;

/** All flows of a simulation. */
export class Flows {
  readonly #context: NetworkContext;
  readonly #sent: (flight: Flight) => void;
  readonly #change: EventKind;
  readonly #all = new Set<Flow>();

  /** `sent`: the last byte of a flight has left. */
  constructor(context: NetworkContext, sent: (flight: Flight) => void) {
    this.#context = context;
    this.#sent = sent;
    this.#change = context.host.scheduler.register('flow', (_node, payload) =>
      this.#changed(payload as Flow),
    );
    const { field } = context;
    if (field.timeline.faults.some(({ kind }) => kind === 'bandwidth'))
      field.onAnyChange(() => this.#reshape());
  }

  /** A flight's bytes begin to leave at `at`. */
  begin(flight: Flight, path: FlowPath, at: Instant): void {
    const { now } = this.#context.host.scheduler;
    const flow: Flow = {
      flight,
      path,
      lines: path.lines,
      ceiling: 0,
      left: flight.left,
      rate: 0,
      since: now,
      window: initialWindowSegments * segmentBytes,
      phase: at > now ? 'to-come' : 'slow-start',
      phaseEnds: (at > now ? at : now + path.roundTrip) as Instant,
      lossAtLeft: flight.left - this.#bytesBeforeLoss(flight, path),
      event: undefined,
    };
    flight.flow = flow;
    this.#all.add(flow);
    for (const line of flow.lines) line.enter(flow);
    this.#limit(flow);
    this.#share([flow]);
  }

  /** Nothing more leaves. What was sent within the last round trip has not arrived and counts as unsent. */
  stop(flight: Flight): void {
    const { flow } = flight;
    if (flow === undefined) return;
    this.#advance(flow);
    flight.left = Math.min(flight.left, Math.ceil(flow.left + flow.rate * flow.path.roundTrip));
    this.#end(flow);
  }

  /** The first segment lost comes after geometrically many. */
  #bytesBeforeLoss({ connection, transmittedAt }: Flight, { lossProbability }: FlowPath): number {
    if (lossProbability <= 0) return Infinity;
    const { client, endpoint } = connection;
    const uniform = this.#context.draw('flow-loss', client.station.name, endpoint.spec.name, transmittedAt);
    // Searched, not computed: logarithms of (1 - p) lose their digits where p is small.
    let survives = 1;
    let segments = 0;
    while (survives > uniform && segments < mostSegmentsDrawn) {
      survives *= 1 - lossProbability;
      segments++;
    }
    return segments * segmentBytes;
  }

  /** An event of a flow: it is over, or a phase of it. */
  #changed(flow: Flow): void {
    const { now } = this.#context.host.scheduler;
    flow.event = undefined;
    this.#advance(flow);
    if (flow.left <= nothing) {
      const { flight } = flow;
      flight.left = 0;
      this.#end(flow);
      this.#sent(flight);
      return;
    }
    if (flow.phase === 'slow-start' && flow.left <= flow.lossAtLeft + nothing) this.#lose(flow, now);
    else if (flow.phase !== 'steady' && now >= flow.phaseEnds) this.#goOn(flow, now);
    this.#limit(flow);
    this.#share([flow]);
  }

  /** The first loss ends slow start: one round trip to repair it, or a time-out (RFC 5681 §3.2, RFC 6298 §5). */
  #lose(flow: Flow, now: Instant): void {
    const { roundTrip, retransmissionTimeout } = flow.path;
    const { client, endpoint } = flow.flight.connection;
    const uniform = this.#context.draw('flow-repair', client.station.name, endpoint.spec.name, now);
    const repair = uniform < timeOutProbability(flow.window) ? retransmissionTimeout : roundTrip;
    flow.phase = 'recovering';
    flow.phaseEnds = (now + repair) as Instant;
  }

  #goOn(flow: Flow, now: Instant): void {
    if (flow.phase === 'to-come') {
      flow.phase = 'slow-start';
      flow.phaseEnds = (now + flow.path.roundTrip) as Instant;
    } else if (flow.phase === 'recovering') flow.phase = 'steady';
    else if (flow.rate < flow.ceiling) {
      // A line holds it back, not the window: that would grow for nothing.
      if (flow.path.lossProbability <= 0) flow.phase = 'steady';
      flow.phaseEnds = (now + flow.path.roundTrip) as Instant;
    } else {
      flow.window = Math.min(flow.window * 2, mostWindowBytes);
      flow.phaseEnds = (now + flow.path.roundTrip) as Instant;
    }
  }

  #limit(flow: Flow): void {
    const { roundTrip, lossProbability, retransmissionTimeout } = flow.path;
    const widest = mostWindowBytes / Math.max(1, roundTrip);
    if (flow.phase === 'slow-start') flow.ceiling = Math.min(widest, flow.window / Math.max(1, roundTrip));
    else if (flow.phase !== 'steady') flow.ceiling = 0;
    else flow.ceiling = Math.min(widest, lossLimitedRate(lossProbability, roundTrip, retransmissionTimeout));
    const { rate, cause } = flow.path.shaping();
    if (rate === Infinity) return;
    flow.ceiling = Math.min(flow.ceiling, rate);
    const { field } = this.#context;
    flow.flight.flowCause = field.union(flow.flight.flowCause, cause);
  }

  /** Faults have changed: shapers may hold flows back from now on, or no longer. */
  #reshape(): void {
    const flows = [...this.#all];
    for (const flow of flows) this.#limit(flow);
    if (flows.length > 0) this.#share(flows);
  }

  /** Shares the lines anew among all whom a change of these flows concerns. */
  #share(changed: readonly Flow[]): void {
    const lines = new Set(changed.flatMap((flow) => flow.lines));
    const concerned = new Set([
      ...changed.filter(({ flight }) => flight.flow !== undefined),
      ...connectedFlows(lines),
    ]);
    const flows = [...concerned];
    for (const [flow, rate] of fairRates<Flow>(flows)) {
      this.#advance(flow);
      if (rate === flow.rate && flow.event !== undefined) continue;
      flow.rate = rate;
      this.#schedule(flow);
    }
  }

  #schedule(flow: Flow): void {
    const { scheduler } = this.#context.host;
    const { now } = scheduler;
    scheduler.cancel(flow.event);
    const target = flow.phase === 'slow-start' ? Math.max(0, flow.lossAtLeft) : 0;
    const done = flow.rate > 0 ? Math.ceil((flow.left - target) / flow.rate) : Infinity;
    const phase = flow.phase === 'steady' ? Infinity : flow.phaseEnds - now;
    const after = Math.min(done, phase);
    assert(after < Infinity, 'a flow that stands still has an end of its phase');
    flow.event = scheduler.schedule(
      (now + Math.max(0, after)) as Instant,
      this.#change,
      flow.flight.connection.client.port.node,
      flow,
    );
  }

  #advance(flow: Flow): void {
    const { now } = this.#context.host.scheduler;
    flow.left = Math.max(0, flow.left - flow.rate * (now - flow.since));
    flow.since = now;
  }

  #end(flow: Flow): void {
    this.#context.host.scheduler.cancel(flow.event);
    flow.event = undefined;
    flow.flight.flow = undefined;
    this.#all.delete(flow);
    for (const line of flow.lines) line.leave(flow);
    this.#share([flow]);
  }
}

/** Later losses are left to the steady state. */
const mostSegmentsDrawn = 100_000;
