// Observations, as they happen, become fates. Keeps per expected delivery what metrics and blame need, and no more.
import type { PersonId, UserMessageId } from '../protocol/message.ts';
import { minutes, seconds, type Instant } from '../protocol/time.ts';
import type { Observation, ObservationSink, Span } from '../sim/observation.ts';
import type { Workload } from '../sim/workload/workload.ts';
import { AgreementByAspect } from './agreement.ts';
import { Buckets } from './buckets.ts';
import { DisputesFold } from './disputes-fold.ts';
import type { ExpectedDeliveries } from './expected-deliveries.ts';
import { TaskFold } from './task-fold.ts';
import { SpanColumns, type Fates, type ObservationCounts, type TrafficSums } from './fates.ts';
import { GrowingColumn } from './growing-column.ts';

/** Deliveries by instant of sending, as known so far. */
export interface PartialSeries {
  readonly withinOneMinute: Uint32Array;
  readonly ever: Uint32Array;
}

/** A delivery at most this long after its message was sent cannot be late: later than the twin's by more than 1 s. */
const neverLate = seconds(1);
const oneMinute = minutes(1);

type MessageCounts = Pick<Fates, keyof ObservationCounts>;

/** Takes the observations of one simulation, in order of time. */
export class FatesFold implements ObservationSink {
  /** Grows as the run goes. */
  readonly series: PartialSeries;
  readonly #workload: Workload;
  readonly #expected: ExpectedDeliveries;
  readonly #buckets: Buckets;
  readonly #deliveredAt: Float64Array;
  readonly #sentAt: Float64Array;
  readonly #acceptedAt: Float64Array;
  readonly #spans: SpanColumns;
  readonly #agreement = new AgreementByAspect();
  readonly #disputes = new DisputesFold();
  readonly #tasks = new TaskFold();
  readonly #inTrouble: Uint8Array;
  readonly #troubleAt = new GrowingColumn(Float64Array);
  readonly #troublePerson = new GrowingColumn(Int32Array);
  readonly #byMessage: MessageCounts;
  readonly #reports = {
    at: new GrowingColumn(Float64Array),
    internetBytes: new GrowingColumn(Float64Array),
    radioBytes: new GrowingColumn(Float64Array),
    radioAir: new GrowingColumn(Float64Array),
    radioScan: new GrowingColumn(Float64Array),
  };
  readonly #counts: ObservationCounts = { resent: 0, attemptsFailed: 0, failedVisibly: 0, duplicates: 0 };
  readonly #traffic: TrafficSums = {
    ...{ internetBytes: 0, radioBytes: 0, radioAirMicroseconds: 0, radioScanMicroseconds: 0 },
  };

  constructor(workload: Workload, expected: ExpectedDeliveries) {
    this.#workload = workload;
    this.#expected = expected;
    this.#buckets = Buckets.of(workload.windows);
    this.series = {
      withinOneMinute: new Uint32Array(this.#buckets.sending),
      ever: new Uint32Array(this.#buckets.sending),
    };
    this.#deliveredAt = new Float64Array(expected.count).fill(NaN);
    this.#sentAt = new Float64Array(workload.messages.length).fill(NaN);
    this.#acceptedAt = new Float64Array(workload.messages.length).fill(NaN);
    this.#spans = new SpanColumns(expected.count);
    this.#inTrouble = new Uint8Array(workload.people.length);
    const column = (): Uint32Array => new Uint32Array(workload.messages.length);
    this.#byMessage = {
      resent: column(),
      attemptsFailed: column(),
      failedVisibly: column(),
      duplicates: column(),
    };
  }

  record(observation: Observation): void {
    switch (observation.kind) {
      case 'sent':
        this.#sentAt[observation.message] = observation.at;
        return;
      case 'accepted':
        this.#acceptedAt[observation.message] = observation.at;
        this.#gotThrough(this.#senderOf(observation.message));
        return;
      case 'delivered':
        return this.#delivered(observation);
      case 'undelivered':
        return this.#undelivered(observation);
      case 'resent':
        this.#count('resent', observation.message);
        return;
      case 'duplicate':
        this.#count('duplicates', observation.message);
        return;
      case 'attempt-failed':
        this.#count('attemptsFailed', observation.message);
        return this.#sendFailed(observation);
      case 'failed':
        this.#count('failedVisibly', observation.message);
        return this.#sendFailed(observation);
      case 'task-begun':
      case 'task-done':
      case 'task-failed':
        return this.#tasks.record(observation);
      case 'replica':
        this.#disputes.holds(observation.node, observation.object);
        return this.#agreement.record(observation);
      case 'replica-gone':
        this.#disputes.gone(observation.at, observation.node, observation.object);
        return this.#agreement.record(observation);
      case 'replica-entries':
        return this.#disputes.told(observation);
      case 'refused':
        return this.#disputes.refused(observation);
      case 'traffic':
        this.#traffic.internetBytes += observation.internetBytes;
        this.#traffic.radioBytes += observation.radioBytes;
        this.#traffic.radioAirMicroseconds += observation.radioAirMicroseconds;
        this.#traffic.radioScanMicroseconds += observation.radioScanMicroseconds;
        this.#reports.at.push(observation.at);
        this.#reports.internetBytes.push(observation.internetBytes);
        this.#reports.radioBytes.push(observation.radioBytes);
        this.#reports.radioAir.push(observation.radioAirMicroseconds);
        this.#reports.radioScan.push(observation.radioScanMicroseconds);
        return;
      case 'fault':
      case 'action':
        return; // known from the scenario
    }
  }

  /** What became of everything; the fold is of no further use. */
  finish(): Fates {
    return {
      deliveredAt: this.#deliveredAt,
      sentAt: this.#sentAt,
      acceptedAt: this.#acceptedAt,
      ...this.#spans.columns(),
      troubleAt: this.#troubleAt.take(),
      troublePerson: this.#troublePerson.take(),
      ...this.#byMessage,
      trafficAt: this.#reports.at.take(),
      trafficInternetBytes: this.#reports.internetBytes.take(),
      trafficRadioBytes: this.#reports.radioBytes.take(),
      trafficRadioAir: this.#reports.radioAir.take(),
      trafficRadioScan: this.#reports.radioScan.take(),
      counts: this.#counts,
      traffic: this.#traffic,
      disagreements: this.#agreement.whole.finish(),
      disagreementsByAspect: this.#agreement.finishAspects(),
      objects: this.#agreement.whole.objects,
      sharedObjects: this.#agreement.whole.objects.length,
      ...this.#disputes.finish(this.#workload.windows.horizon),
      tasks: this.#tasks.finish(),
    };
  }

  #delivered({ at, message, person, spans }: Extract<Observation, { kind: 'delivered' }>): void {
    this.#gotThrough(person);
    this.#gotThrough(this.#senderOf(message));
    const row = this.#expected.rowOf(message, person);
    if (row === -1) return;
    this.#deliveredAt[row] = at;
    const sentAt = this.#sentAt[message] ?? NaN;
    if (at - sentAt > neverLate || spans.some(({ cause }) => cause !== 0)) this.#spans.add(row, spans);
    const bucket = this.#buckets.ofSending(sentAt);
    if (bucket === -1) return;
    this.series.ever[bucket] = (this.series.ever[bucket] ?? 0) + 1;
    if (at - sentAt <= oneMinute)
      this.series.withinOneMinute[bucket] = (this.series.withinOneMinute[bucket] ?? 0) + 1;
  }

  #undelivered(observation: { message: UserMessageId; person: PersonId; spans: readonly Span[] }): void {
    const row = this.#expected.rowOf(observation.message, observation.person);
    if (row !== -1) this.#spans.add(row, observation.spans);
  }

  #sendFailed({ at, message, cause }: { at: Instant; message: UserMessageId; cause: number }): void {
    const person = this.#senderOf(message);
    if (cause === 0 || this.#inTrouble[person] === 1) return;
    this.#inTrouble[person] = 1;
    this.#troubleAt.push(at);
    this.#troublePerson.push(person);
  }

  #count(what: keyof MessageCounts, message: UserMessageId): void {
    this.#counts[what]++;
    this.#byMessage[what][message] = (this.#byMessage[what][message] ?? 0) + 1;
  }

  #gotThrough(person: number): void {
    this.#inTrouble[person] = 0;
  }

  #senderOf(message: UserMessageId): number {
    return this.#workload.messages[message]?.sender ?? -1;
  }
}
