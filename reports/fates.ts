// What became of every expected delivery in one simulation: flat columns that pass between threads without copying.
import { assert, present } from '../protocol/assert.ts';
import type { CauseToken } from '../protocol/failure.ts';
import type { Instant } from '../protocol/time.ts';
import type { Observation, Span } from '../sim/observation.ts';
import { GrowingColumn } from './growing-column.ts';
import type { Disagreement } from './agreement.ts';
import type { Dispute, KeptWithoutEffect } from './disputes-fold.ts';

/** Why a message was where it was. */
export type SpanReason = Span['reason'];

/** Every reason, by the number under which the columns keep it. */
export const spanReasons = [
  'queued',
  'waiting-for-network',
  'connecting',
  'backoff',
  'awaiting-answer',
  'stored-for-recipient',
  'catching-up',
  'no-route',
  'needs-manual-resend',
  'computing',
  'radio-jitter',
  'undecryptable',
  'in-flight',
  'connection-set-up',
  'retransmitting',
  'link-queue',
  'server-queue',
  'device-asleep',
  'holder-down',
  'dropped',
  'unverifiable',
  'push-failed',
] as const satisfies readonly SpanReason[];

const reasonNumbers = new Map<SpanReason, number>(spanReasons.map((reason, index) => [reason, index]));

/** Counts of observations that no row holds. */
export interface ObservationCounts {
  resent: number;
  attemptsFailed: number;
  failedVisibly: number;
  duplicates: number;
}

/** Sums over the run. */
export interface TrafficSums {
  internetBytes: number;
  radioBytes: number;
  radioAirMicroseconds: number;
  radioScanMicroseconds: number;
}

/**
 * What became of everything. Rows are those of `ExpectedDeliveries`; instants in microseconds, NaN for none. Plain
 * data: a worker posts it with `transferablesOf`, and nothing is copied.
 */
export interface Fates {
  readonly deliveredAt: Float64Array;
  /** By message: when somebody pressed send, and when the service took responsibility. */
  readonly sentAt: Float64Array;
  readonly acceptedAt: Float64Array;
  /** Where the row's spans begin in the columns below, and how many there are. Not all rows have theirs kept. */
  readonly spanStart: Int32Array;
  readonly spanCount: Uint16Array;
  /** End of each span; it starts where the one before it ends, the first when the message was sent. */
  readonly spanEnd: Float64Array;
  readonly spanHolder: Int32Array;
  readonly spanReason: Uint8Array;
  readonly spanCause: Int32Array;
  /** Instants at which a person first failed to send because of a fault, after having got through before. */
  readonly troubleAt: Float64Array;
  readonly troublePerson: Int32Array;
  /** By message: sends by hand after the first, attempts that failed, failures shown, copies that came again. */
  readonly resent: Uint32Array;
  readonly attemptsFailed: Uint32Array;
  readonly failedVisibly: Uint32Array;
  readonly duplicates: Uint32Array;
  /** What was sent since the report before, by report: once an hour and at the end. */
  readonly trafficAt: Float64Array;
  readonly trafficInternetBytes: Float64Array;
  readonly trafficRadioBytes: Float64Array;
  readonly trafficRadioAir: Float64Array;
  readonly trafficRadioScan: Float64Array;
  readonly counts: Readonly<ObservationCounts>;
  readonly traffic: Readonly<TrafficSums>;
  readonly disagreements: readonly Disagreement[];
  /** The same in one aspect of the copies each. */
  readonly disagreementsByAspect: Readonly<Record<string, readonly Disagreement[]>>;
  /** On which entries of shared objects copies differed for longer than a minute, and who held what. */
  readonly disputes: readonly Dispute[];
  /** What nodes kept of shared objects without effect, in order of time. */
  readonly refused: readonly KeptWithoutEffect[];
  /** What people set out to do beyond writing. */
  readonly tasks: TaskFates;
  /** Shared objects that replicas spoke of: their names, and how many. */
  readonly objects: readonly string[];
  readonly sharedObjects: number;
}

/** One step of a task that failed. */
export interface TaskFailure {
  readonly task: number;
  readonly at: number;
  /** The step and what was wrong with it, in words. */
  readonly reason: string;
  /** The client showed the task as failed. */
  readonly shown: boolean;
  readonly cause: CauseToken;
}

/** What became of tasks, by row of the workload. */
export interface TaskFates {
  /** Those that the system offers and whose phones were on. */
  readonly begun: readonly number[];
  readonly doneAt: ReadonlyMap<number, number>;
  /** In order of time. */
  readonly failures: readonly TaskFailure[];
}

/** What a thread hands over with a `Fates` instead of copying. */
export function transferablesOf(fates: Fates): ArrayBuffer[] {
  return Object.values(fates).flatMap((column: unknown) =>
    ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer ? [column.buffer] : [],
  );
}

/** One span of a row, as the columns hold it. */
export interface KeptSpan {
  readonly start: number;
  readonly end: number;
  readonly holder: number;
  readonly reason: SpanReason;
  readonly cause: CauseToken;
}

/** The spans of one row, earliest first; none when they were not kept. */
export function spansOf(fates: Fates, row: number, sentAt: number): KeptSpan[] {
  const first = fates.spanStart[row] ?? 0;
  const count = fates.spanCount[row] ?? 0;
  const spans: KeptSpan[] = [];
  let start = sentAt;
  for (let index = first; index < first + count; index++) {
    const end = present(fates.spanEnd[index], 'end of a span');
    spans.push({
      start,
      end,
      holder: fates.spanHolder[index] ?? 0,
      reason: present(spanReasons[fates.spanReason[index] ?? 0], 'reason of a span'),
      cause: (fates.spanCause[index] ?? 0) as CauseToken,
    });
    start = end;
  }
  return spans;
}

/** Takes the spans of rows as they come. */
export class SpanColumns {
  readonly start: Int32Array;
  readonly count: Uint16Array;
  readonly #end = new GrowingColumn(Float64Array);
  readonly #holder = new GrowingColumn(Int32Array);
  readonly #reason = new GrowingColumn(Uint8Array);
  readonly #cause = new GrowingColumn(Int32Array);

  constructor(rows: number) {
    this.start = new Int32Array(rows);
    this.count = new Uint16Array(rows);
  }

  /** Keeps the spans of a row, which has none so far. */
  add(row: number, spans: readonly Span[]): void {
    assert(this.count[row] === 0, 'a row ends once');
    assert(spans.length < 65_536, 'a way of fewer than 65,536 spans');
    this.start[row] = this.#end.length;
    this.count[row] = spans.length;
    for (const span of spans) {
      this.#end.push(span.end);
      this.#holder.push(span.holder);
      this.#reason.push(present(reasonNumbers.get(span.reason), `number of reason ${span.reason}`));
      this.#cause.push(span.cause);
    }
  }

  columns(): Pick<Fates, 'spanStart' | 'spanCount' | 'spanEnd' | 'spanHolder' | 'spanReason' | 'spanCause'> {
    return {
      spanStart: this.start,
      spanCount: this.count,
      spanEnd: this.#end.take(),
      spanHolder: this.#holder.take(),
      spanReason: this.#reason.take(),
      spanCause: this.#cause.take(),
    };
  }
}

/** Whether somebody's send failed for a reason that a fault explains. */
export function failedBecauseOfFault(
  observation: Extract<Observation, { kind: 'attempt-failed' | 'failed' }>,
): boolean {
  return observation.cause !== 0;
}

/** An instant of a column, or undefined where there is none. */
export function instantOf(column: Float64Array, index: number): Instant | undefined {
  const at = column[index];
  return at === undefined || Number.isNaN(at) ? undefined : (at as Instant);
}
