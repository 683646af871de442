// One exchange or link between two live nodes, as one of them keeps it, and what it still has to say there.
import type { Message } from '../../protocol/message.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';
import { wireBytes } from '../network/wire.ts';
import type { NodeIndex } from '../observation.ts';
import type { Frame, FrameHeader } from './frames.ts';
import type { LiveWorld } from './live-world.ts';
import type { Line, WayLeg, Ways } from './ways.ts';

/** A frame that has not left. */
interface Outgoing {
  readonly header: FrameHeader;
  readonly message: Message | undefined;
  readonly body: Uint8Array;
  readonly sentAt: Instant;
  legs: WayLeg[];
  /** Undefined while it waits for its path. */
  release: EventHandle | undefined;
}

/** A FIFO stream in both directions; this end sends in one of them. */
export interface Talk {
  readonly id: string;
  readonly line: Line;
  readonly isClient: boolean;
  readonly peer: NodeIndex;
  readonly queue: Outgoing[];
  /** Nothing leaves before. */
  readyAt: Instant;
  /** Something has come through, in one direction or the other. */
  isSetUp: boolean;
  /** The peer that knew of it is gone, and nobody has said so. */
  isOrphan: boolean;
  /** What waits has waited for its path since then. */
  stalledSince: Instant | undefined;
  lastRelease: Instant;
  /** Faults that have held it up. */
  cause: CauseToken;
}

/** What sends frames on their way. */
export interface CourierOptions {
  readonly world: LiveWorld;
  readonly ways: Ways;
  /** Faults because of which a peer does not run; undefined when it does. */
  absentBy(peer: NodeIndex): CauseToken | undefined;
  /** The peer's machine says, when something is sent to it again, that nobody listens there. */
  refused(talk: Talk, cause: CauseToken): void;
  transmit(to: NodeIndex, frame: Frame): void;
  countBytes(bytes: number): void;
}

/** Sends what talks have to say, each in order, as late as distance and faults make it. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #stalled = new Set<Talk>();
  readonly #release: EventKind;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#release = options.world.scheduler.register('live-release', (_node, payload) => {
      const [talk, outgoing] = payload as [Talk, Outgoing];
      this.#leave(talk, outgoing);
    });
    options.ways.onChange(() => this.lookAgain());
  }

  /** Says something. */
  post(talk: Talk, header: FrameHeader, message: Message | undefined): void {
    const { world } = this.#options;
    const body = message === undefined ? new Uint8Array(0) : world.plan.system.codec.encode(message);
    talk.queue.push({
      header,
      message,
      body,
      sentAt: world.scheduler.now,
      legs: [],
      release: undefined,
    });
    if (talk.stalledSince === undefined) this.#plan(talk, world.scheduler.now);
  }

  /** Nothing more is said. */
  silence(talk: Talk): void {
    for (const { release } of talk.queue)
      if (release !== undefined) this.#options.world.scheduler.cancel(release);
    talk.queue.length = 0;
    this.#stalled.delete(talk);
  }

  /** Faults or peers have changed: what was held up may go on. */
  lookAgain(): void {
    for (const talk of [...this.#stalled]) {
      if (talk.isOrphan || this.blockedBy(talk) !== undefined) continue;
      const { ways } = this.#options;
      const at = this.triesAgainAt(talk);
      this.#stalled.delete(talk);
      const absence = this.#options.absentBy(talk.peer);
      if (absence !== undefined) {
        this.#options.refused(talk, absence);
        continue;
      }
      talk.stalledSince = undefined;
      for (const { legs } of talk.queue)
        legs.push({ until: at, reason: 'retransmitting', cause: talk.cause });
      if (!talk.isSetUp) talk.readyAt = (at + ways.setUpTime(talk.line)) as Instant;
      this.#plan(talk, at);
    }
  }

  /** When what waits is sent again, now that it can be. */
  triesAgainAt({ line, stalledSince, isSetUp }: Talk): Instant {
    const { ways, world } = this.#options;
    return ways.triesAgain(line, stalledSince ?? world.scheduler.now, isSetUp);
  }

  /**
   * Faults because of which nothing of it gets through now; undefined when something does. Of a process that has gone
   * together with its machine only those are told that want a new connection, once the machine runs.
   */
  blockedBy({ line, isClient, isSetUp, peer }: Talk): CauseToken | undefined {
    const cut = this.#options.ways.cutBy(line, isClient);
    return cut ?? (isSetUp ? this.#options.absentBy(peer) : undefined);
  }

  /** Plans when each frame leaves, from `from` on. */
  #plan(talk: Talk, from: Instant): void {
    const { world, ways } = this.#options;
    for (const outgoing of talk.queue) {
      if (outgoing.release !== undefined) continue;
      const at = Math.max(from, outgoing.sentAt, talk.readyAt) as Instant;
      const blocked = this.blockedBy(talk);
      if (blocked !== undefined) return this.#stall(talk, at, blocked);
      const before = outgoing.legs.at(-1)?.until ?? outgoing.sentAt;
      if (at > before) outgoing.legs.push({ until: at, reason: 'connection-set-up', cause: noCause });
      const legs = ways.arrival(talk.line, talk.isClient, outgoing.body.length, at);
      if (legs === undefined) return this.#stall(talk, at, noCause);
      outgoing.legs.push(...legs);
      const arrival = Math.max(legs.at(-1)?.until ?? at, talk.lastRelease) as Instant;
      talk.lastRelease = arrival;
      outgoing.release = world.scheduler.schedule(arrival, this.#release, -1, [talk, outgoing]);
    }
  }

  #stall(talk: Talk, since: Instant, cause: CauseToken): void {
    const { causes, internet } = this.#options.world;
    talk.stalledSince ??= since;
    talk.cause = causes.union(talk.cause, cause);
    internet.field.countContact(cause);
    this.#stalled.add(talk);
  }

  #leave(talk: Talk, outgoing: Outgoing): void {
    const { world } = this.#options;
    outgoing.release = undefined;
    const blocked = this.blockedBy(talk);
    // What is behind something that waits, waits as well.
    if (blocked !== undefined || talk.stalledSince !== undefined || talk.queue[0] !== outgoing) {
      this.#stall(talk, outgoing.sentAt, blocked ?? noCause);
      return;
    }
    talk.queue.shift();
    talk.isSetUp = true;
    const faultsOf = (cause: CauseToken): readonly string[] => world.causes.faults(cause);
    const { header, message, body, sentAt, legs } = outgoing;
    const told = {
      ...(message === undefined || message.carries.length === 0 ? {} : { carries: message.carries }),
      ...(message?.cause === undefined ? {} : { faults: faultsOf(message.cause) }),
      ...(message?.passedOn === undefined ? {} : { passedOn: message.passedOn }),
    };
    const way = legs.map(({ until, reason, cause }) => ({ until, reason, faults: faultsOf(cause) }));
    this.#options.transmit(talk.peer, { header: { ...header, ...told, sentAt, legs: way }, body });
    this.#options.countBytes(wireBytes(body.length));
  }
}

/** A talk at its beginning. */
export function createTalk(
  which: Pick<Talk, 'id' | 'line' | 'isClient' | 'peer' | 'readyAt' | 'isSetUp'>,
): Talk {
  return {
    ...which,
    queue: [],
    isOrphan: false,
    stalledSince: undefined,
    lastRelease: 0 as Instant,
    cause: noCause,
  };
}
