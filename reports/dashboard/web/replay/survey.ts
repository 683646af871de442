// An instant of a replay, counted: how much is under way, what is late and who holds it, who is cut off. Everything is
// counted; how much of it is drawn is the painter's affair.
import type { Placement } from './layout.ts';
import type { ReplayRecord } from './record.ts';

/** What holds at an instant. Spots are places in a placement, rows those of the record. */
export interface Survey {
  /** People cut off, and how many of them at each spot. */
  readonly cutOff: number;
  readonly cutOffAt: ReadonlyMap<number, number>;
  /** Deliveries that are sent and have not come: those that will, in time; those that are late, or lost; and those that
   * never come, with the faults or without. */
  readonly onTime: number;
  readonly late: number;
  readonly never: number;
  /** Rows that are on time or have just come. */
  readonly ordinary: readonly number[];
  /** Late rows by the spot that holds them, and spots that hold something because of a fault. */
  readonly lateAt: ReadonlyMap<number, readonly number[]>;
  readonly heldAt: ReadonlySet<number>;
  /** From holders to those whom something has not reached, each once. */
  readonly lateWays: readonly (readonly [from: number, to: number])[];
}

/** Surveys instants of one record in one placement. */
export class InstantSurvey {
  readonly #record: ReplayRecord;
  readonly #placement: Placement;

  constructor(record: ReplayRecord, placement: Placement) {
    this.#record = record;
    this.#placement = placement;
  }

  /** `since`: how far back what has come still counts as ordinary. Milliseconds. */
  at(time: number, since: number): Survey {
    const record = this.#record;
    const ordinary: number[] = [];
    const lateRows: number[] = [];
    let [onTime, never] = [0, 0];
    record.visit(time, since, (row) => {
      const delivered = record.deliveredAt(row);
      if (delivered > time && record.isLate(row)) lateRows.push(row);
      else if (delivered === Infinity) never++;
      else {
        if (delivered > time) onTime++;
        ordinary.push(row);
      }
    });
    return {
      ...this.#cutOff(time),
      onTime,
      late: lateRows.length,
      never,
      ordinary,
      ...this.#holders(lateRows, time),
    };
  }

  #cutOff(time: number): Pick<Survey, 'cutOff' | 'cutOffAt'> {
    const people = this.#record.cutOffAt(time);
    const cutOffAt = new Map<number, number>();
    for (const person of people) {
      const spot = this.#placement.ofPerson[person] ?? -1;
      cutOffAt.set(spot, (cutOffAt.get(spot) ?? 0) + 1);
    }
    return { cutOff: people.size, cutOffAt };
  }

  #holders(rows: readonly number[], time: number): Pick<Survey, 'lateAt' | 'heldAt' | 'lateWays'> {
    const { ofPerson, ofServer, spots } = this.#placement;
    const lateAt = new Map<number, number[]>();
    const heldAt = new Set<number>();
    const ways = new Map<number, readonly [number, number]>();
    for (const row of rows) {
      const holder = this.#record.holderOf(row, time);
      const spot =
        (holder?.server === undefined
          ? ofPerson[holder?.person ?? this.#record.senderOf(row)]
          : ofServer[holder.server]) ?? -1;
      const list = lateAt.get(spot);
      if (list === undefined) lateAt.set(spot, [row]);
      else list.push(row);
      if (holder?.isByFault !== false) heldAt.add(spot);
      const to = ofPerson[this.#record.recipientOf(row)] ?? -1;
      if (to !== spot) ways.set(spot * spots.length + to, [spot, to]);
    }
    return { lateAt, heldAt, lateWays: [...ways.values()] };
  }
}
