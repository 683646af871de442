// What must hold of every state resolution, each from the specification or from what MSC4297 calls a state reset.
import { splitStateMapKey } from '../../../protocol/matrix/auth-state.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { resetInWords } from '../../../protocol/matrix/room-resets.ts';
import { resolveState } from '../../../protocol/matrix/state-resolution.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';
import { stateResets, type StateReset } from '../../../protocol/matrix/stored-state/state-reset.ts';
import type { OpenProblem } from './problem.ts';
import { authChecksOf, resetCause, type ResetCause } from './reset-cause.ts';
import { remedyFor, type Remedy } from './remedy.ts';

/** A property that a resolution broke. */
export interface Violation {
  readonly invariant: string;
  /** State map key at which it shows; undefined where it is about the whole state. */
  readonly key: string | undefined;
  /** The type of what was lost, and the rule that refused it or what else became of it. */
  readonly kind: string;
  /** Which part of version 2.1 keeps what version 2 has lost here. */
  readonly remedy?: Remedy | undefined;
  /** In a sentence, for people. */
  readonly words: string;
}

/** One property of state resolution. */
export interface ResolutionInvariant {
  readonly id: string;
  /** What must hold, in a sentence, with its source. */
  readonly claim: string;
  /** Cheap enough for every resolution, for some of them, or only where an entry may have been lost. */
  readonly asked: 'always' | 'at-times' | 'where-entries-fell';
  /** What breaks it in this resolution. */
  readonly violations: (problem: OpenProblem, resolved: StateMap) => readonly Violation[];
}

const keyInWords = (key: string): string => {
  const [type, stateKey] = splitStateMapKey(key);
  return `${type} ${JSON.stringify(stateKey)}`;
};

function resetViolation(reset: StateReset, cause: ResetCause, problem: OpenProblem): Violation {
  const { key, lost, refusals } = reset;
  const [type] = splitStateMapKey(key);
  const rule = refusals.find((each) => each !== undefined);
  const remedy: Remedy | undefined =
    problem.context.rules.stateResolution === 'v2'
      ? remedyFor(problem.states, problem.context, (resolved) => {
          const kept = resolved.getKey(key);
          return kept !== undefined && lost.includes(kept);
        })
      : undefined;
  const cure = remedy === undefined ? '' : ` (${remedyInWords[remedy]})`;
  const senderOf = (id: EventId): string | undefined => problem.context.find(id)?.sender;
  return {
    invariant: `no-reset-by-${cause}`,
    key,
    kind: `${type} ${rule ?? 'overtaken'}`,
    remedy,
    words: `${resetInWords({ ...reset, eventId: undefined }, senderOf)}${cure}`,
  };
}

/** Resets of all causes, each worked out once for a problem. */
const resetsOfProblems = new WeakMap<OpenProblem, readonly Violation[]>();

function resetsOf(problem: OpenProblem): readonly Violation[] {
  let violations = resetsOfProblems.get(problem);
  if (violations === undefined) {
    const { states, context, ancestry } = problem;
    // What a server has rejected itself, and another has told it as part of a state, it need not keep, nor what rests on it.
    const resets = stateResets(states, context, ancestry).filter(
      ({ lost }) =>
        !lost.every((id) => [id, ...(context.find(id)?.authEvents ?? [])].some(context.isRejected)),
    );
    const checks = resets.length === 0 ? undefined : authChecksOf(problem);
    violations = resets.map((reset) =>
      resetViolation(reset, resetCause(reset, problem, checks ?? new Map()), problem),
    );
    resetsOfProblems.set(problem, violations);
  }
  return violations;
}

function noResetBy(cause: ResetCause, claim: string): ResolutionInvariant {
  const id = `no-reset-by-${cause}`;
  return {
    id,
    claim,
    asked: 'where-entries-fell',
    violations: (problem) => resetsOf(problem).filter(({ invariant }) => invariant === id),
  };
}

const remedyInWords: Readonly<Record<Remedy, string>> = {
  'empty-start': 'version 2.1 keeps it because its first checks begin with nothing',
  subgraph: 'version 2.1 keeps it because of the conflicted state subgraph',
  either: 'each of the two changes of version 2.1 keeps it by itself',
  both: 'version 2.1 keeps it by both of its changes together',
  none: 'version 2.1 loses it, too',
};

const resetInvariants: readonly ResolutionInvariant[] = [
  noResetBy(
    'agreed-state',
    'No newest entry is refused by one on which all states agree, which came after it or at the same time, and with which the checks begin (state resets, problem A of MSC4297).',
  ),
  noResetBy(
    'agreed-in-subgraph',
    'No newest entry is refused by one on which all states agree, which came after it or at the same time, and which the conflicted state subgraph put among those in conflict (a state reset; only version 2.1 has it).',
  ),
  noResetBy(
    'replaced-authority',
    'No newest entry is refused by authority that had been replaced when it was made (state resets, problem B of MSC4297).',
  ),
  noResetBy(
    'later-event',
    'No newest entry is refused by one in conflict that came after it, or at the same time, and that its own states know (a state reset; version 2.1 does not end them).',
  ),
  noResetBy(
    'order',
    'No allowed entry is overtaken by one that it had replaced (a state reset; version 2.1 ends only some of them).',
  ),
];

const orderIndependent: ResolutionInvariant = {
  id: 'order-independent',
  claim:
    'The resolved state does not depend on the order in which the states are given, nor on one given twice.',
  asked: 'at-times',
  violations: ({ states, context }, resolved) => {
    const [first] = states;
    const orders = [[...states].reverse(), first === undefined ? [] : [...states.slice(1), first, first]];
    return orders
      .filter((order) => !resolveState(order, context).equals(resolved))
      .map(() => ({
        invariant: 'order-independent',
        key: undefined,
        kind: 'order of states',
        words: 'The same states in another order resolve to another state.',
      }));
  },
};

const agreementKept: ResolutionInvariant = {
  id: 'agreement-kept',
  claim:
    'What all states agree on stands in the resolved state (the last step of versions 2 and 2.1; version 1 likewise).',
  asked: 'always',
  violations: ({ states }, resolved) => {
    const conflicted = new Set(StateMap.keysInConflict(states));
    return [...(states[0]?.entries() ?? [])]
      .filter(([key, id]) => !conflicted.has(key) && resolved.getKey(key) !== id)
      .map(([key]) => ({
        invariant: 'agreement-kept',
        key,
        kind: splitStateMapKey(key)[0],
        words: `${keyInWords(key)} is the same in every state and another in the resolved one.`,
      }));
  },
};

const nothingInvented: ResolutionInvariant = {
  id: 'nothing-invented',
  claim:
    'Every entry of the resolved state stands under its own key, and comes from a state or from the authority of one; none was rejected unless a state has it.',
  asked: 'always',
  violations: ({ states, context }, resolved) =>
    [...resolved.entries()]
      .filter(([key, id]) => {
        if (states.some((state) => state.getKey(key) === id)) return false;
        const event = context.find(id);
        return event?.stateMapKey !== key || context.isRejected(id);
      })
      .map(([key, id]) => ({
        invariant: 'nothing-invented',
        key,
        kind: splitStateMapKey(key)[0],
        words: `${keyInWords(key)} is ${id}, which no state has, and which cannot stand there.`,
      })),
};

/** All of them. */
export const resolutionInvariants: readonly ResolutionInvariant[] = [
  ...resetInvariants,
  orderIndependent,
  agreementKept,
  nothingInvented,
];

/** The invariant of this id; undefined when there is none. */
export function resolutionInvariant(id: string): ResolutionInvariant | undefined {
  return resolutionInvariants.find((each) => each.id === id);
}
