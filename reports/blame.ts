// Blame: an account that balances. What each late or lost message waited for, charged to the faults behind the waits.
import { present } from '../protocol/assert.ts';
import { compareCodePoints } from '../protocol/order.ts';
import { inSeconds, seconds } from '../protocol/time.ts';
import { tracelessKinds, type Fault } from '../sim/faults/fault.ts';
import { spansOf, type KeptSpan } from './fates.ts';
import { missingInTwinToo } from './missing.ts';
import { MissedCompany } from './missed-company.ts';
import type { Evidence, Metric } from './metrics/metric.ts';
import { sortOfNode } from './reason-words.ts';
import type { BlameAccount, BlameLine } from './record-system.ts';

/** Late: later than in the twin by more than this. */
export const lateness = seconds(1);

/** Stands in a line's `fault` for what no fault explains. */
export const unexplained = 'unexplained';

/** Situation that cores tell of when something failed and they went on by another way: what failed shows on no message. */
const tookAnotherWay = 'took-another-way';

/** Above this share of what is late or lost, what no fault explains fails the run, */
export const mostUnexplained = 0.01;

/**
 * unless it is no more than this share of everything expected: where next to nothing is late, one delivery that took
 * another way by chance is already a large share of it.
 */
export const negligibleUnexplained = 0.001;

/** What one delivery adds to one line of the account. */
export interface BlameEntry {
  /** Row of the expected delivery. */
  readonly row: number;
  readonly fault: string;
  readonly reason: string;
  readonly holder: string;
  /** Microseconds, of a late one; the part that passed while no fault was at work is in it. */
  readonly excess: number;
  readonly consequence: number;
  /** Share of a lost one. */
  readonly neverDelivered: number;
}

/** By how much a fault's clocks date ahead, microseconds. */
function datedAhead(fault: Fault): number {
  return fault.kind === 'clock' ? Math.max(0, fault.skewMs * 1_000) : 0;
}

/** The account of one system. */
export interface Blame {
  readonly lines: readonly BlameLine[];
  readonly account: BlameAccount;
  /** By fault: deliveries whose fate differs from the twin's and on whose way the fault was. */
  readonly bit: ReadonlyMap<string, number>;
}

/** What became of one delivery in run and twin, microseconds; NaN for never. */
interface Fate {
  readonly row: number;
  /** When its sender pressed send. */
  readonly sentAt: number;
  readonly ours: number;
  readonly twins: number;
  readonly spans: readonly KeptSpan[];
}

/** One wait as far as one fault stands behind it. */
interface Charge {
  readonly fault: string;
  readonly reason: string;
  readonly holder: string;
  /** Microseconds; a wait with several faults behind it is split equally. */
  readonly time: number;
}

class Ledger {
  readonly bit = new Map<string, number>();
  readonly #evidence: Evidence;
  readonly #entries: BlameEntry[] = [];
  readonly #lines = new Map<string, BlameLine>();
  readonly #sorts: readonly string[];
  readonly #titles: ReadonlyMap<string, string>;
  readonly #traceless: readonly Fault[];
  /** Faults that something on its way has met. */
  readonly #met: readonly Fault[];
  readonly #missedCompany: MissedCompany;
  #late = 0;
  #lost = 0;
  #excess = 0;
  #consequence = 0;
  #unexplained = 0;
  #unexplainedExcess = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#sorts = evidence.run.result.nodes.map(sortOfNode);
    const { traffic } = evidence.twin.fates;
    const { faultContacts, situations } = evidence.run.result;
    // Internet and radio; or a service with a second site, which stood in for the first.
    const hasTwoWays =
      (traffic.internetBytes > 0 && traffic.radioBytes > 0) || situations.has(tookAnotherWay);
    this.#traceless = evidence.faults.filter(
      ({ kind, id }) => tracelessKinds.has(kind) || (hasTwoWays && (faultContacts.get(id) ?? 0) > 0),
    );
    this.#missedCompany = new MissedCompany(evidence);
    this.#met = evidence.faults.filter(({ id }) => (faultContacts.get(id) ?? 0) > 0);
    this.#titles = new Map(
      [...evidence.faults, ...(evidence.actions ?? [])].map(({ id, title }) => [id, title]),
    );
  }

  /** What the lines are sums of. */
  get entries(): readonly BlameEntry[] {
    return this.#entries;
  }

  /** Faults count as having bitten wherever a fate differs, in the warm-up as well. */
  noteBites(fate: Fate): void {
    const { ours, twins, spans } = fate;
    if (Object.is(ours, twins)) return;
    const onTheWay = spans.flatMap(({ cause }) => this.#faultsBehind(cause));
    const faults = new Set(onTheWay.length === 0 ? this.#suspects(fate) : onTheWay);
    for (const fault of faults) this.bit.set(fault, (this.bit.get(fault) ?? 0) + 1);
  }

  enter(fate: Fate): void {
    const { ours, twins } = fate;
    if (Number.isNaN(twins)) return;
    if (Number.isNaN(ours)) this.#enterLost(fate);
    else if (ours - twins > lateness) this.#enterLate(fate);
  }

  account(): BlameAccount {
    const affected = this.#late + this.#lost;
    const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
    return {
      late: this.#late,
      lost: this.#lost,
      excessSeconds: inSeconds(this.#excess),
      consequenceSeconds: inSeconds(this.#consequence),
      unexplainedDeliveries: this.#unexplained,
      unexplainedSeconds: inSeconds(this.#unexplainedExcess),
      unexplainedShare: Math.max(
        share(this.#unexplained, affected),
        share(this.#unexplainedExcess, this.#excess),
      ),
      missingInTwinToo: missingInTwinToo(this.#evidence),
    };
  }

  /** Heaviest first: by what was lost, then by time, then by name. */
  lines(): BlameLine[] {
    return [...this.#lines.values()].sort(
      (left, right) =>
        right.neverDelivered - left.neverDelivered ||
        right.excessSeconds - left.excessSeconds ||
        compareCodePoints(keyOf(left), keyOf(right)),
    );
  }

  #enterLate(fate: Fate): void {
    const { ours, twins, spans } = fate;
    const excess = ours - twins;
    this.#late++;
    this.#excess += excess;
    const charges = this.#chargesOf(fate, excess);
    const caused = charges.reduce((sum, { time }) => sum + time, 0);
    if (caused === 0) {
      this.#unexplained++;
      this.#unexplainedExcess += excess;
      const line = this.#line({ ...this.#place(longest(spans)), fault: unexplained });
      line.deliveries++;
      line.excessSeconds += inSeconds(excess);
      this.#keep(fate, line, { excess });
      return;
    }
    const consequence = Math.max(0, excess - caused);
    this.#consequence += consequence;
    const touched = new Set<BlameLine>();
    for (const charge of charges) {
      const line = this.#line(charge);
      touched.add(line);
      const part = charge.time / caused;
      line.excessSeconds += inSeconds(part * excess);
      line.consequenceSeconds += inSeconds(part * consequence);
      this.#keep(fate, line, { excess: part * excess, consequence: part * consequence });
    }
    for (const line of touched) line.deliveries++;
  }

  /** A lost delivery is charged to the last fault on its way. */
  #enterLost(fate: Fate): void {
    const { spans } = fate;
    this.#lost++;
    const charges = this.#chargesOf(fate, 0);
    if (charges.length === 0) {
      this.#unexplained++;
      const line = this.#line({ ...this.#place(spans.at(-1)), fault: unexplained });
      line.deliveries++;
      line.neverDelivered++;
      this.#keep(fate, line, { neverDelivered: 1 });
      return;
    }
    for (const line of new Set(charges.map((charge) => this.#line(charge)))) {
      line.deliveries++;
      this.#keep(fate, line, {});
    }
    const traced = this.#charges(spans.filter(({ cause }) => cause !== 0).slice(-1));
    const last = traced.length === 0 ? charges : traced;
    for (const charge of last) {
      const line = this.#line(charge);
      line.neverDelivered += 1 / last.length;
      this.#keep(fate, line, { neverDelivered: 1 / last.length });
    }
  }

  #keep(
    { row }: Fate,
    { fault, reason, holder }: BlameLine,
    { excess = 0, consequence = 0, neverDelivered = 0 }: Partial<BlameEntry>,
  ): void {
    this.#entries.push({ row, fault, reason, holder, excess, consequence, neverDelivered });
  }

  /**
   * What is on its way; where nothing is, what leaves no trace there and held meanwhile, or what kept away a message that
   * would have woken its phones: in equal parts of `excess`.
   */
  #chargesOf(fate: Fate, excess: number): Charge[] {
    const traced = this.#charges(fate.spans);
    if (traced.length > 0) return traced;
    const held = this.#suspects(fate);
    const suspects = held.length > 0 ? held : this.#missedCompany.faultsBehind(fate.row, fate.spans);
    const place = this.#place(longest(fate.spans));
    return suspects.map((fault) => ({ ...place, fault, time: excess / suspects.length }));
  }

  /**
   * Faults that leave no trace in a wait, and that held between the press of send and the delivery: of some kinds, or of
   * all where a message has two ways, of which the one that is slower shows no fault. So it is where a
   * message waited behind another that got through at last, or had to be asked for elsewhere while its sender still tried.
   * What a hostile node has left out of a history stays out of it when the node has become honest again, and what a fast clock
   * has dated ahead stays the newest word of its phone until that time has come.
   */
  #suspects({ sentAt, ours, spans }: Fate): readonly string[] {
    const hadGap = spans.some(({ reason }) => reason === 'catching-up');
    return (this.#waitedForAnother(spans) ? this.#met : this.#traceless)
      .filter((fault) => fault.end + datedAhead(fault) > sentAt || (hadGap && fault.kind === 'byzantine'))
      .filter(({ start }) => !(start >= ours))
      .map(({ id }) => id);
  }

  /**
   * Whether it waited until what it follows had been asked for; or, for longer than a moment, behind what was under way
   * and got through at last; or lay as long at one server for recipients there until another of its kind asked for it.
   */
  #waitedForAnother(spans: readonly KeptSpan[]): boolean {
    return spans.some(({ holder, reason, start, end }, index) => {
      if (reason === 'catching-up') return true;
      if (end - start < lateness) return false;
      if (reason === 'queued') return true;
      if (reason !== 'stored-for-recipient') return false;
      const sort = this.#sorts[holder];
      const after = spans.slice(index + 1);
      return after.some((later) => later.holder !== holder && this.#sorts[later.holder] === sort);
    });
  }

  #charges(spans: readonly KeptSpan[]): Charge[] {
    return spans.flatMap((span) => {
      const faults = this.#faultsBehind(span.cause);
      const time = (span.end - span.start) / faults.length;
      return faults.map((fault) => ({ ...this.#place(span), fault, time }));
    });
  }

  #place(span: KeptSpan | undefined): { reason: string; holder: string } {
    return { reason: span?.reason ?? 'unknown', holder: this.#sorts[span?.holder ?? -1] ?? 'unknown' };
  }

  #faultsBehind(cause: number): readonly string[] {
    return present(this.#evidence.run.result.causes[cause], `faults of cause ${cause}`);
  }

  #line({ fault, reason, holder }: Omit<Charge, 'time'>): BlameLine {
    const key = keyOf({ fault, reason, holder });
    let line = this.#lines.get(key);
    if (line === undefined) {
      const title = fault === unexplained ? 'no fault explains it' : (this.#titles.get(fault) ?? fault);
      line = {
        fault,
        title,
        reason,
        holder,
        deliveries: 0,
        excessSeconds: 0,
        consequenceSeconds: 0,
        neverDelivered: 0,
      };
      this.#lines.set(key, line);
    }
    return line;
  }
}

function keyOf({ fault, reason, holder }: Pick<BlameLine, 'fault' | 'reason' | 'holder'>): string {
  return `${fault}\n${reason}\n${holder}`;
}

function longest(spans: readonly KeptSpan[]): KeptSpan | undefined {
  let found: KeptSpan | undefined;
  for (const span of spans)
    if (found === undefined || span.end - span.start > found.end - found.start) found = span;
  return found;
}

/** What made messages late or lost, by fault, reason and sort of holder. */
export const blame: Metric<Blame> = {
  id: 'blame',
  title: 'Blame',
  unit: 'deliveries; seconds of excess delay',
  definition:
    'A delivery is late when it comes more than a second after the twin’s, lost when it never comes and the twin has ' +
    'it. The spans of its way add up to its delay. Its excess over the twin is charged to the faults behind its ' +
    'spans, in proportion to their time; several faults behind one span share it equally. A lost delivery is charged ' +
    'to the last fault on its way. `unexplainedShare` is the larger of two shares: of late and lost deliveries, and of ' +
    'their excess. `faults[].bit` counts deliveries, those of the warm-up too, that came at another instant than in the ' +
    'twin or in one of the two only, however small the difference, with that fault on their way; where none is on it, ' +
    'with each fault that is charged by exclusion.',
  caveats: [
    'Where the excess is longer than the spans with a fault behind them, the rest is charged to the same faults and ' +
      'shown as consequence: a message kept for ten minutes may meet a phone that has meanwhile been switched off.',
    'What no fault on the way explains is shown as unexplained; above 1 % of what is late or lost the run fails, unless ' +
      'it is at most one in a thousand of everything expected.',
    'Faults that leave no trace in a wait (wrong clocks, jamming; in systems that have both the Internet and radio, ' +
      'whatever closed the other way; in services with a second site, whatever closed the first) are charged by exclusion: ' +
      'with what nothing else on the way explains, while they hold, and a fast clock until what it dated ahead is past.',
    'A message that found a phone asleep or a connection closed, because a fault kept away another one that had woken the phone ' +
      'at most two minutes before in the twin, is charged to that fault.',
    'Excess sums over late deliveries only: lost ones have no delay to sum.',
  ],
  compute(evidence) {
    const ledger = ledgerOf(evidence);
    return { lines: ledger.lines(), account: ledger.account(), bit: ledger.bit };
  },
};

/** The entries of the account, delivery by delivery: its lines are their sums. */
export function blameEntries(evidence: Evidence): readonly BlameEntry[] {
  return ledgerOf(evidence).entries;
}

const ledgers = new WeakMap<Evidence, Ledger>();

function ledgerOf(evidence: Evidence): Ledger {
  const ledger = ledgers.get(evidence) ?? fillLedger(evidence);
  ledgers.set(evidence, ledger);
  return ledger;
}

function fillLedger(evidence: Evidence): Ledger {
  const { workload, expected, run, twin } = evidence;
  const ledger = new Ledger(evidence);
  for (let row = 0; row < expected.count; row++) {
    const ours = run.fates.deliveredAt[row] ?? NaN;
    const twins = twin.fates.deliveredAt[row] ?? NaN;
    if (Object.is(ours, twins)) continue;
    const sentAt = workload.messages[expected.messages[row] ?? -1]?.at ?? NaN;
    const fate = { row, sentAt, ours, twins, spans: spansOf(run.fates, row, sentAt) };
    ledger.noteBites(fate);
    if (row >= expected.measured.start && row < expected.measured.end) ledger.enter(fate);
  }
  return ledger;
}
