// What became of every message of a replay.

/** Counts over all messages, and columns by message. Counts mean what they mean in The ONE's MessageStatsReport. */
export interface ReplayOutcome {
  readonly created: number;
  readonly delivered: number;
  /** Transfers begun; those that arrived, at destinations too; those cut off by the end of the contact. */
  readonly started: number;
  readonly relayed: number;
  readonly aborted: number;
  /** Copies dropped for want of room or because their time was up. */
  readonly dropped: number;
  /** Contacts that began. */
  readonly contacts: number;
  /** Microseconds on the trace's clock; NaN: never. */
  readonly deliveredAt: Float64Array;
  /** Hops of the copy that arrived first. */
  readonly hops: Uint16Array;
  /** When the last thing happened. */
  readonly endedAt: number;
}

/** A replay's counters while it runs. */
export class ReplayLog implements ReplayOutcome {
  created = 0;
  delivered = 0;
  started = 0;
  relayed = 0;
  aborted = 0;
  dropped = 0;
  contacts = 0;
  endedAt = 0;
  readonly deliveredAt: Float64Array;
  readonly hops: Uint16Array;

  constructor(messages: number) {
    this.deliveredAt = new Float64Array(messages).fill(NaN);
    this.hops = new Uint16Array(messages);
  }

  /** A message has reached its destination for the first time. */
  deliver(message: number, at: number, hops: number): void {
    this.delivered++;
    this.deliveredAt[message] = at;
    this.hops[message] = hops;
  }
}
