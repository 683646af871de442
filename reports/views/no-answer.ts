// A question about a run or a room that has no answer as it was asked.

/** The message says what was expected and what was found. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}
