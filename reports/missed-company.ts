// A phone that another message has just woken, and connections that it has just used, serve the next one too. Where a fault
// keeps the first away, the second finds the phone asleep and opens connections anew, though no fault is on its own way.
import { pooledIdleLimit } from '../sim/network/assumptions.ts';
import { spansOf, type KeptSpan } from './fates.ts';
import type { Evidence } from './metrics/metric.ts';

/** A delivery that came later than in the twin, or not at all, because of faults on its own way. */
interface KeptAway {
  readonly row: number;
  readonly ours: number;
  readonly twins: number;
  readonly faults: readonly string[];
}

/** Looks in the twin for what had come to a phone shortly before, and did not in the run because of a fault. */
export class MissedCompany {
  readonly #evidence: Evidence;
  #byRecipient: ReadonlyMap<number, readonly KeptAway[]> | undefined;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  /**
   * Faults that kept away what would have woken the recipient's phone before this delivery came in the twin, or the
   * sender's before it was sent: within as long as an idle connection stays open. None where the delivery waited neither
   * for its recipient nor for connections.
   */
  faultsBehind(row: number, spans: readonly KeptSpan[]): readonly string[] {
    if (!spans.some(({ reason }) => reason === 'connection-set-up' || reason === 'stored-for-recipient'))
      return [];
    const { workload, expected, twin } = this.#evidence;
    const message = workload.messages[expected.messages[row] ?? -1];
    if (message === undefined) return [];
    const before = [
      ...this.#keptAwayFrom(expected.recipients[row] ?? -1, twin.fates.deliveredAt[row] ?? NaN, row),
      ...this.#keptAwayFrom(message.sender, message.at, row),
    ];
    return [...new Set(before.flatMap(({ faults }) => faults))];
  }

  #keptAwayFrom(person: number, until: number, row: number): readonly KeptAway[] {
    const isShortlyBefore = (at: number): boolean => at <= until && at >= until - pooledIdleLimit;
    const all = (this.#byRecipient ??= this.#keptAway()).get(person) ?? [];
    return all.filter(
      (other) => other.row !== row && isShortlyBefore(other.twins) && !isShortlyBefore(other.ours),
    );
  }

  #keptAway(): ReadonlyMap<number, readonly KeptAway[]> {
    const { workload, expected, run, twin } = this.#evidence;
    const byRecipient = new Map<number, KeptAway[]>();
    for (let row = 0; row < expected.count; row++) {
      const ours = run.fates.deliveredAt[row] ?? NaN;
      const twins = twin.fates.deliveredAt[row] ?? NaN;
      if (Number.isNaN(twins) || ours <= twins) continue;
      const sentAt = workload.messages[expected.messages[row] ?? -1]?.at ?? NaN;
      const faults = spansOf(run.fates, row, sentAt).flatMap(({ cause }) => run.result.causes[cause] ?? []);
      if (faults.length === 0) continue;
      const recipient = expected.recipients[row] ?? -1;
      const known = byRecipient.get(recipient);
      if (known === undefined) byRecipient.set(recipient, [{ row, ours, twins, faults }]);
      else known.push({ row, ours, twins, faults });
    }
    return byRecipient;
  }
}
