// Bytes on the wire and on the air, told once an hour and at the end.
import type { Instant } from '../../protocol/time.ts';
import type { Scheduler } from '../kernel/scheduler.ts';
import type { ObservationSink } from '../observation.ts';

const hour = 3_600_000_000;

/** Adds up what the media count. */
export class TrafficMeter {
  readonly #sink: ObservationSink;
  readonly #settle: () => void;
  #internetBytes = 0;
  #radioBytes = 0;
  #radioAirMicroseconds = 0;
  #radioScanMicroseconds = 0;

  /** `settle` is called before each report, for what media do not count one by one. */
  constructor(scheduler: Scheduler, sink: ObservationSink, settle: () => void) {
    this.#sink = sink;
    this.#settle = settle;
    const event = scheduler.register('traffic', () => {
      this.report(scheduler.now);
      scheduler.schedule((scheduler.now + hour) as Instant, event);
    });
    scheduler.schedule((scheduler.now + hour) as Instant, event);
  }

  count(medium: 'internet' | 'radio', bytes: number, airMicroseconds: number): void {
    if (medium === 'internet') this.#internetBytes += bytes;
    else this.#radioBytes += bytes;
    this.#radioAirMicroseconds += airMicroseconds;
  }

  countScanning(microseconds: number): void {
    this.#radioScanMicroseconds += microseconds;
  }

  /** Tells what has come together since the last report. */
  report(at: Instant): void {
    this.#settle();
    this.#sink.record({
      kind: 'traffic',
      at,
      internetBytes: this.#internetBytes,
      radioBytes: this.#radioBytes,
      radioAirMicroseconds: this.#radioAirMicroseconds,
      radioScanMicroseconds: this.#radioScanMicroseconds,
    });
    this.#internetBytes = 0;
    this.#radioBytes = 0;
    this.#radioAirMicroseconds = 0;
    this.#radioScanMicroseconds = 0;
  }
}
