// Actions of operators with their times resolved and their references checked.
import type { Duration, Instant } from '../protocol/time.ts';
import type { Action, ActionTime, Condition } from '../sim/faults/action.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { Windows } from '../sim/workload/workload.ts';
import type { ActionDocument } from './action-schema.ts';
import type { ParsedScenario } from './parse.ts';
import { didYouMean, type ScenarioError } from './scenario-error.ts';
import { parseInstant } from './time-notation.ts';

/**
 * Resolves times and checks what actions, and faults that end with them, refer to. Where no fault is left nobody has
 * anything to answer to, and nothing is done.
 * @throws ScenarioError
 */
export function compileActions(
  parsed: ParsedScenario,
  epochWallMs: number,
  windows: Windows,
): readonly Action[] {
  const { faults, actions } = parsed.document;
  const faultIds = faults.map(({ id }) => id);
  const known: Known = { faults: faultIds, actions: actions.map(({ id }) => id) };
  for (const [index, { endsWith }] of faults.entries())
    if (endsWith !== undefined && !parsed.actionsTakenOut)
      checkReference(parsed, ['faults', index, 'endsWith'], endsWith, known.actions);
  if (faults.length === 0) return [];
  const seen = new Set<string>(faultIds);
  return actions.flatMap((written, index): Action[] => {
    const path = ['actions', index];
    if (seen.has(written.id))
      throw parsed.problemAt([...path, 'id'], `a fault or an action is called "${written.id}" already`);
    seen.add(written.id);
    if (written.because !== undefined)
      checkReference(parsed, [...path, 'because'], written.because, known.faults);
    if (written.do === 'lift') checkReference(parsed, [...path, 'action'], written.action, known.actions);
    const when = timeOf(parsed, index, written, { epochWallMs, windows, known });
    const { at: _at, after: _after, for: _for, ...rest } = written;
    return when === undefined ? [] : [{ ...withBrands(rest), when }];
  });
}

/** Ids that may be referred to. */
interface Known {
  readonly faults: readonly string[];
  readonly actions: readonly string[];
}

type Timeless<Written> = Written extends unknown ? Omit<Written, 'at' | 'after' | 'for'> : never;
type Unscheduled<Done> = Done extends unknown ? Omit<Done, 'when'> : never;

/** The schema has made sure that durations are microseconds. */
function withBrands(written: Timeless<ActionDocument>): Unscheduled<Action> {
  return written as Unscheduled<Action>;
}

/** Undefined for what is never done. */
function timeOf(
  parsed: ParsedScenario,
  index: number,
  written: ActionDocument,
  { epochWallMs, windows, known }: { epochWallMs: number; windows: Windows; known: Known },
): ActionTime | undefined {
  const path = ['actions', index];
  const { at, after } = written;
  if ((at === undefined) === (after === undefined))
    throw parsed.problemAt(path, `expected either "at" or "after" for the action "${written.id}"`);
  if (at !== undefined) {
    if (written.for !== undefined)
      throw parsed.problemAtKey(
        [...path, 'for'],
        'expected "after" with "for": an instant needs no patience',
      );
    if (at === 'never') return undefined;
    return { kind: 'at', at: instantWithin(parsed, [...path, 'at'], at, epochWallMs, windows) };
  }
  const conditions = (after ?? []).map((condition, number): Condition => {
    const place = [...path, 'after', number];
    if ('components' in condition)
      return { kind: 'components', selector: condition.components, are: condition.are };
    if ('done' in condition) {
      checkReference(parsed, [...place, 'done'], condition.done, known.actions);
      if (condition.done === written.id)
        throw parsed.problemAt([...place, 'done'], 'expected another action: this one would wait for itself');
      return { kind: 'done', action: condition.done };
    }
    checkReference(parsed, [...place, 'fault'], condition.fault, known.faults);
    return { kind: 'fault', fault: condition.fault, is: condition.is };
  });
  return { kind: 'after', conditions, for: (written.for ?? 0) as Duration };
}

function instantWithin(
  parsed: ParsedScenario,
  path: readonly PropertyKey[],
  text: string,
  epochWallMs: number,
  windows: Windows,
): Instant {
  // The schema has let nothing through that is no instant.
  const at = parseInstant(text, epochWallMs) ?? Number.NaN;
  if (at < 0 || at >= windows.horizon)
    throw parsed.problemAt(
      path,
      `expected an instant from the epoch ${parsed.document.epoch} to before the horizon, ${windows.horizon / 3_600_000_000} h later, found "${text}"`,
    );
  return at as Instant;
}

function checkReference(
  parsed: ParsedScenario,
  path: readonly PropertyKey[],
  id: string,
  known: readonly string[],
): void {
  if (known.includes(id)) return;
  throw notKnown(parsed, path, id, known);
}

function notKnown(
  parsed: ParsedScenario,
  path: readonly PropertyKey[],
  id: string,
  known: readonly string[],
): ScenarioError {
  const near = nearest(id, known);
  const advice =
    near.length > 0
      ? didYouMean(near)
      : known.length > 0
        ? `; there are ${known.slice(0, 12).join(', ')}`
        : '; there are none';
  return parsed.problemAt(path, `nothing is called "${id}" here${advice}`);
}
