// Rejections as values: a remote peer that misbehaves is an ordinary case, never an exception.

/** A refusal. `rule` is a stable name (tests and reports match on it), `detail` is for people. */
export interface Rejection {
  readonly ok: false;
  readonly rule: string;
  readonly detail: string;
}

/** A value, or the rule that refused it. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Rejection;

/** The accepted case. */
export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** The refused case. */
export function reject(rule: string, detail: string): Rejection {
  return { ok: false, rule, detail };
}
