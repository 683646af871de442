// A resolver as somebody else might write it, good or broken in the way that its argument says. Speaks the protocol of
// `netsplit resolve --subject`.
import { createInterface } from 'node:readline';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { sortedIdsOf } from '../../protocol/matrix/state-ids.ts';
import { resolvedIds, under } from '../../scenarios/search/resolution/outcome.ts';
import { openProblem, type ResolutionProblem } from '../../scenarios/search/resolution/problem.ts';
import {
  problemOfDocument,
  type ProblemDocument,
} from '../../scenarios/search/resolution/problem-document.ts';
import { faults, faultsOfVersion, resolveFaultily, type Fault } from './faulty-resolution.ts';

interface Asked extends Omit<ProblemDocument, 'states'> {
  readonly id: number;
  readonly state_sets: ProblemDocument['states'];
}

/** One of the faults of faulty-resolution.ts. */
function withFault(name: string): Resolver {
  return (problem) => {
    const { states, context } = openProblem(problem);
    const algorithm = problem.rules.stateResolution === 'v2' ? 'v2' : 'v2.1';
    const all: Readonly<Record<string, Fault>> = { ...faults, ...faultsOfVersion[algorithm] };
    const fault = all[name];
    if (fault === undefined) throw new Error(`no fault is called ${name}`);
    return sortedIdsOf(resolveFaultily(states, context, algorithm, fault));
  };
}

type Resolver = (problem: ResolutionProblem) => readonly string[];

const plainFaults: Readonly<Record<string, Resolver>> = {
  good: resolvedIds,
  'older algorithm': (problem) => resolvedIds(under(problem, 'v2')),
  'forgets rejections': (problem) => resolvedIds({ ...problem, rejected: new Set() }),
  'sees two states': (problem) => resolvedIds({ ...problem, stateSets: problem.stateSets.slice(0, 2) }),
  'misses the last event': (problem) => resolvedIds({ ...problem, events: [...problem.events].slice(0, -1) }),
  'crashes on three states': (problem) =>
    problem.stateSets.length > 2 ? process.exit(3) : resolvedIds(problem),
  'hangs on a knock': (problem) => {
    while (problem.events.some(({ content }) => content['membership'] === 'knock'));
    return resolvedIds(problem);
  },
};

const fault = process.argv[2] ?? 'good';
for await (const line of createInterface({ input: process.stdin })) {
  const { id, state_sets: states, ...rest } = JSON.parse(line) as Asked;
  const rules = specifiedRoomVersions.get(rest.room_version);
  const problem = rules === undefined ? undefined : problemOfDocument({ ...rest, states }, rules);
  if (problem?.ok !== true) throw new Error(`no problem: ${problem?.detail ?? rest.room_version}`);
  const resolve = plainFaults[fault] ?? withFault(fault);
  process.stdout.write(`${JSON.stringify({ id, resolved_state: resolve(problem.value) })}\n`);
}
