// How a command ends: 0 good, 1 an expectation or check failed, 2 bad input, 3 a limit ended the run, 130 interrupted.

/** Exit codes of every command. */
export const exitCode = { good: 0, checkFailed: 1, badInput: 2, limitReached: 3, interrupted: 130 } as const;

/** What the user gave cannot be used. The message says what was expected; the command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
