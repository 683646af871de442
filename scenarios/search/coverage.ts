// Which situations a search has been in: names with counts. A run that adds a name is worth going on from.

/** Situations and how often each was met. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  /** Counts a situation. */
  add(situation: string, times = 1): void {
    this.#counts.set(situation, (this.#counts.get(situation) ?? 0) + times);
  }

  /** Takes over what another has met. */
  merge(other: Iterable<readonly [string, number]>): void {
    for (const [situation, times] of other) this.add(situation, times);
  }

  /** Every situation with its count. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#counts];
  }
}

/** A size as one of few classes: 0, 1, 2, 3-4, 5-8, 9-16, … */
export function sizeClass(size: number): string {
  if (size <= 2) return `${size}`;
  let most = 4;
  while (size > most) most *= 2;
  return `${most / 2 + 1}-${most}`;
}
