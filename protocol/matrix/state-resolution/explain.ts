// A resolution with the reason why each contender for each key won or lost. Works from the steps that the algorithm
// reports; a resolution that nobody asks about reports none.
import { ruleNumber } from '../auth-rules/rule-numbers.ts';
import { algorithmName } from '../room-version.ts';
import type { StateMap } from '../state-map.ts';
import { resolveState, type ResolutionContext } from '../state-resolution.ts';
import { AuthGraph } from './auth-graph.ts';
import { contestV1 } from './explain-v1.ts';
import { contestV2 } from './explain-v2.ts';
import { ResolutionLog, type ResolutionStep } from './explanation.ts';
import type { Contest, ExplainedKey } from './explained-key.ts';

/** A resolution and its reasons. */
export interface ExplainedResolution {
  readonly algorithm: string;
  /** The same as without an explanation. */
  readonly resolved: StateMap;
  /** The different states that were resolved: contenders name them by their place here. */
  readonly states: readonly StateMap[];
  /** Keys on which all states agree. */
  readonly unconflictedKeys: number;
  readonly keys: readonly ExplainedKey[];
  readonly steps: readonly ResolutionStep[];
}

/** Resolves states and says why. Costs about twice the time. */
export function explainResolution(
  states: readonly StateMap[],
  context: ResolutionContext,
): ExplainedResolution {
  const log = new ResolutionLog();
  const resolved = resolveState(states, { ...context, explain: log.note });
  const distinct = distinctStates(states);
  const { rules } = context;
  const contest: Contest = {
    states: distinct,
    resolved,
    steps: log.steps,
    graph: new AuthGraph(context),
    numberOfRule: (rule) => ruleNumber(rule, rules),
  };
  const keys = rules.stateResolution === 'v1' ? contestV1(contest) : contestV2(contest);
  const inSomeState = new Set(distinct.flatMap((state) => [...state.entries()].map(([key]) => key)));
  const conflicted = keys.filter(({ origin }) => origin === 'conflicted').length;
  return {
    algorithm: algorithmName(rules),
    resolved,
    states: distinct,
    unconflictedKeys: inSomeState.size - conflicted,
    keys,
    steps: log.steps,
  };
}

function distinctStates(states: readonly StateMap[]): readonly StateMap[] {
  const distinct: StateMap[] = [];
  for (const state of states) if (!distinct.some((each) => each.equals(state))) distinct.push(state);
  return distinct;
}
