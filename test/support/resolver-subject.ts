// A resolver as somebody else might write it, good or broken in the way that its argument says. Speaks the protocol of
// `netsplit resolve --subject`.
import { createInterface } from 'node:readline';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { resolvedIds, under } from '../../scenarios/search/resolution/outcome.ts';
import type { ResolutionProblem } from '../../scenarios/search/resolution/problem.ts';
import {
  problemOfDocument,
  type ProblemDocument,
} from '../../scenarios/search/resolution/problem-document.ts';

interface Asked extends Omit<ProblemDocument, 'states'> {
  readonly id: number;
  readonly state_sets: ProblemDocument['states'];
}

type Resolver = (problem: ResolutionProblem) => readonly string[];

const faults: Readonly<Record<string, Resolver>> = {
  good: resolvedIds,
  'older algorithm': (problem) => resolvedIds(under(problem, 'v2')),
  'forgets rejections': (problem) => resolvedIds({ ...problem, rejected: new Set() }),
  'sees two states': (problem) => resolvedIds({ ...problem, stateSets: problem.stateSets.slice(0, 2) }),
  'misses the last event': (problem) => resolvedIds({ ...problem, events: [...problem.events].slice(0, -1) }),
};

const fault = process.argv[2] ?? 'good';
for await (const line of createInterface({ input: process.stdin })) {
  const { id, state_sets: states, ...rest } = JSON.parse(line) as Asked;
  const rules = specifiedRoomVersions.get(rest.room_version);
  const problem = rules === undefined ? undefined : problemOfDocument({ ...rest, states }, rules);
  if (problem?.ok !== true) throw new Error('no problem');
  const resolve = faults[fault];
  if (resolve === undefined) throw new Error(`no fault is called ${fault}`);
  process.stdout.write(`${JSON.stringify({ id, resolved_state: resolve(problem.value) })}\n`);
}
