// How flows share lines: max-min fairness, by progressive filling (Bertsekas and Gallager, "Data Networks", 2nd ed.
// 1992, §6.5.2).

/** Something of limited capacity that flows cross. */
export interface SharedLine<F> {
  /** Bytes per microsecond. */
  readonly capacity: number;
  readonly flows: ReadonlySet<F>;
}

/** A flow as sharing sees it. */
export interface SharingFlow<F> {
  readonly lines: readonly SharedLine<F>[];
  /** Bytes per microsecond that it could use at most. */
  readonly ceiling: number;
}

/** All flows whose rates depend on one another by way of common lines, in the order in which they are found. */
export function connectedFlows<F extends SharingFlow<F>>(lines: Iterable<SharedLine<F>>): readonly F[] {
  const found = new Set<F>();
  const seen = new Set<SharedLine<F>>(lines);
  for (const line of seen)
    for (const flow of line.flows) {
      found.add(flow);
      for (const other of flow.lines) seen.add(other);
    }
  return [...found];
}

/**
 * The max-min fair rates: nobody's can be raised without lowering that of somebody who has no more. Lines that carry
 * other flows than these must not be among theirs.
 */
export function fairRates<F extends SharingFlow<F>>(flows: readonly F[]): ReadonlyMap<F, number> {
  const rates = new Map<F, number>();
  const open = new Set(flows);
  const left = new Map<SharedLine<F>, { capacity: number; flows: number }>();
  for (const flow of flows)
    for (const line of flow.lines) {
      const state = left.get(line);
      if (state === undefined) left.set(line, { capacity: line.capacity, flows: 1 });
      else state.flows++;
    }
  const settle = (flow: F, rate: number): void => {
    rates.set(flow, rate);
    open.delete(flow);
    for (const line of flow.lines) {
      const state = left.get(line);
      if (state === undefined) continue;
      state.capacity = Math.max(0, state.capacity - rate);
      state.flows--;
    }
  };
  while (open.size > 0) {
    let least = Infinity;
    let tightest: SharedLine<F> | undefined;
    for (const [line, { capacity, flows: users }] of left)
      if (users > 0 && capacity / users < least) [least, tightest] = [capacity / users, line];
    let lowest: F | undefined;
    for (const flow of open)
      if (flow.ceiling <= least && flow.ceiling <= (lowest?.ceiling ?? Infinity)) lowest = flow;
    if (lowest !== undefined) settle(lowest, lowest.ceiling);
    else if (tightest === undefined) for (const flow of open) settle(flow, flow.ceiling);
    else for (const flow of tightest.flows) if (open.has(flow)) settle(flow, least);
  }
  return rates;
}
