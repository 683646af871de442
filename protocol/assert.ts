// Our own invariants. What a peer or a user gets wrong is a value (outcome.ts), never one of these.

/** A broken promise of netsplit's own code: the run stops and prints its seed. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Stops the run when `condition` is false. Stays on in every run. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}

/**
 * `value`, which the caller knows to exist; stops the run when it does not. `which` of several is put behind `what` only
 * then: where it is asked for often, no text is made.
 */
export function present<T>(value: T | undefined | null, what: string, which?: string | number): T {
  if (value === undefined || value === null)
    throw new InvariantViolation(`missing: ${which === undefined ? what : `${what} ${which}`}`);
  return value;
}

/** Closes an exhaustive switch: adding a case makes the compiler point here. */
export function assertNever(value: never): never {
  throw new InvariantViolation(`unexpected case: ${JSON.stringify(value)}`);
}
