// A batch of a search, whatever is searched: what it begins with, and what the search knows so far.

/** What every batch is given. */
export interface SearchBatch<Recipe> {
  readonly seed: number;
  /** Number of its first room or run in the whole search. */
  readonly first: number;
  /** Recipes that led somewhere new, to be varied. */
  readonly corpus: readonly Recipe[];
  /** Situations met so far. */
  readonly met: readonly string[];
  /** Findings that need not be shrunk again. */
  readonly known: readonly string[];
}
