// What a bench is: parts that run one by one, each in a process of its own, and the rows that they measure.

/** What a measured rate or time is compared with in the same run. */
export interface Comparison {
  /** What it is, for people: a reference loop or another program. */
  readonly name: string;
  /** In the row's unit, on this machine. */
  readonly value: number;
}

/** One measured figure. */
export interface Row {
  /** What was measured; unique within the part. */
  readonly name: string;
  readonly value: number;
  /** `/s`: the more the better. `ms`: the less. `×`: a plain factor. */
  readonly unit: '/s' | 'ms' | '×';
  /** How large the problem was, for figures of growth; rows of one `series` differ in nothing else. */
  readonly size?: { readonly series: string; readonly value: number };
  readonly comparison?: Comparison;
  readonly goal?: Goal;
}

/** What a row must reach. */
export interface Goal {
  /** `ratio`: as a share of the comparison. `value`: in the row's unit. */
  readonly of: 'ratio' | 'value';
  readonly bound: number;
}

/** A part of a bench. */
export interface BenchPart {
  readonly name: string;
  /** Peak resident memory, in MiB, that it must stay below. */
  readonly memoryGoal?: number;
  /** About how much of it typed arrays take, in MiB: the heap's limit does not know of them. Little when left out. */
  readonly outsideHeap?: number;
  /** Takes so long that it runs only when everything is asked for. */
  readonly isLong?: boolean;
  /** `tell`: how much of it is done, 0 to 1, where it takes minutes. */
  run(tell: (share: number) => void): readonly Row[];
}

/** A bench. */
export interface Bench {
  readonly name: string;
  readonly description: string;
  readonly parts: readonly BenchPart[];
}

/** A part as measured. */
export interface PartReport {
  readonly name: string;
  readonly rows: readonly MeasuredRow[];
  /** Peak resident memory of the part's process, the inputs of the bench included. */
  readonly peakMiB: number;
  readonly memoryGoal?: { readonly bound: number; readonly met: boolean };
}

/** A row with what follows from it. */
export interface MeasuredRow extends Row {
  /** Value by comparison. */
  readonly ratio?: number;
  readonly met?: boolean;
  /** How the figure grew since the next smaller size of its series: value by value, and size by size. */
  readonly growth?: { readonly value: number; readonly size: number };
}

/** Works out ratios, growth and goals of the rows of one bench, in the order in which they were measured. */
export function withConclusions(rows: readonly Row[], earlier: readonly Row[]): readonly MeasuredRow[] {
  const before = [...earlier];
  return rows.map((row) => {
    const { value, comparison, goal, size } = row;
    const ratio = comparison === undefined ? undefined : value / comparison.value;
    const smaller = size && before.findLast((each) => each.size?.series === size.series)?.size;
    const smallerRow = smaller && before.findLast((each) => each.size === smaller);
    before.push(row);
    const met = goal && isMet(goal, row.unit, goal.of === 'ratio' ? (ratio ?? NaN) : value);
    return {
      ...row,
      ...(ratio === undefined ? {} : { ratio }),
      ...(met === undefined ? {} : { met }),
      ...(size === undefined || smaller === undefined || smallerRow === undefined
        ? {}
        : { growth: { value: value / smallerRow.value, size: size.value / smaller.value } }),
    };
  });
}

function isMet({ bound }: Goal, unit: Row['unit'], figure: number): boolean {
  return unit === '/s' ? figure >= bound : figure <= bound;
}
