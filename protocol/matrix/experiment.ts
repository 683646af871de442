// What an experimental room version may do with code of its own, where traits do not reach.
import { reject, type Outcome } from '../outcome.ts';
import type { AuthSubject } from './auth-events.ts';
import type { CitedEvents } from './auth-rules.ts';
import type { AuthState } from './auth-state.ts';
import type { MatrixEvent } from './event.ts';
import type { RoomVersionId, RoomVersionRules } from './room-version.ts';
import { StateMap } from './state-map.ts';
import type { ResolutionContext } from './state-resolution.ts';

/** A state resolution algorithm that the specification does not know. */
export interface ExperimentalResolution {
  /** What reports call it. */
  readonly name: string;
  /**
   * The resolved state. Called with at least two different states. Must be a pure function of them and of what the
   * context finds, and must not depend on the order of the states. What it tells `context.explain` shows in
   * explanations.
   */
  readonly resolve: (states: readonly StateMap[], context: ResolutionContext) => StateMap;
}

/** What an event is held against: on receipt its own auth events, the state before it, the current state; or in a resolution. */
export type JudgedAgainst = 'auth-events' | 'state-before' | 'current-state' | 'resolution';

/** Authorisation rules around those of the specification: each may ask `specified` first, afterwards or not at all. */
export interface AuthRuleHooks {
  /** Keys of the events that an event must cite as its authority. */
  readonly authEvents?: (event: AuthSubject, specified: () => readonly string[]) => readonly string[];
  readonly stateIndependent?: (
    event: MatrixEvent,
    cited: CitedEvents,
    specified: () => Outcome<MatrixEvent>,
  ) => Outcome<MatrixEvent>;
  readonly stateDependent?: (
    event: MatrixEvent,
    state: AuthState,
    specified: () => Outcome<MatrixEvent>,
    against: JudgedAgainst,
  ) => Outcome<MatrixEvent>;
}

/** Code of an experiment did what it must not. */
export class ExperimentError extends Error {
  override readonly name = 'ExperimentError';
}

/** An identifier as the specification has it for versions that are not its own. */
const idForm = /^(?=.*[a-z-])[a-z0-9.-]{1,32}$/;

/**
 * A room version that differs from a known one in these traits. Its code is called with a net: what it throws, or gives
 * back that is none of what was asked for, becomes an {@link ExperimentError} that names the version.
 *
 * @param id 1 to 32 of `a-z 0-9 . -` with a letter or `-` among them: ids of digits and dots are the specification's
 *   (https://spec.matrix.org/v1.16/rooms/#room-version-grammar)
 * @throws ExperimentError when the id is not one
 */
export function deriveRoomVersion(
  base: RoomVersionRules,
  id: string,
  changes: Partial<Omit<RoomVersionRules, 'id'>>,
): RoomVersionRules {
  if (!idForm.test(id)) {
    throw new ExperimentError(
      `"${id}" is no id of an experimental room version: expected 1 to 32 of a-z, 0-9, "." and "-", such as org.example.mine`,
    );
  }
  const rules: RoomVersionRules = { ...base, ...changes, id: id as RoomVersionId };
  const { stateResolution, authRules } = rules;
  return {
    ...rules,
    stateResolution:
      typeof stateResolution === 'string' ? stateResolution : guardedResolution(stateResolution, id),
    ...(authRules === undefined ? {} : { authRules: guardedRules(authRules, id) }),
  };
}

function guardedResolution({ name, resolve }: ExperimentalResolution, id: string): ExperimentalResolution {
  return {
    name,
    resolve: (states, context) => {
      const resolved: unknown = guarded(id, `state resolution ${name}`, () => resolve(states, context));
      if (resolved instanceof StateMap) return resolved;
      throw new ExperimentError(
        `room version ${id}: state resolution ${name} gave no StateMap, but ${kindOf(resolved)}`,
      );
    },
  };
}

function guardedRules(hooks: AuthRuleHooks, id: string): AuthRuleHooks {
  const { authEvents, stateIndependent, stateDependent } = hooks;
  return {
    ...(authEvents === undefined
      ? {}
      : {
          authEvents: (event, specified) => {
            const keys: unknown = guarded(id, 'authEvents', () => authEvents(event, specified));
            if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys;
            throw new ExperimentError(`room version ${id}: authEvents gave no list of state map keys`);
          },
        }),
    ...(stateIndependent === undefined
      ? {}
      : {
          stateIndependent: (event, cited, specified) =>
            outcomeOf(id, 'stateIndependent', () => stateIndependent(event, cited, specified)),
        }),
    ...(stateDependent === undefined
      ? {}
      : {
          stateDependent: (event, state, specified, against) =>
            outcomeOf(id, 'stateDependent', () => stateDependent(event, state, specified, against)),
        }),
  };
}

function outcomeOf(id: string, what: string, call: () => unknown): Outcome<MatrixEvent> {
  const outcome = guarded(id, what, call) as Outcome<MatrixEvent> | undefined;
  if (outcome?.ok === true) return outcome;
  if (outcome?.ok === false && typeof outcome.rule === 'string') return reject(outcome.rule, outcome.detail);
  throw new ExperimentError(
    `room version ${id}: ${what} gave neither accept(event) nor reject(rule, detail), but ${kindOf(outcome)}`,
  );
}

function guarded<T>(id: string, what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof ExperimentError) throw error;
    throw new ExperimentError(
      `room version ${id}: ${what} failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
