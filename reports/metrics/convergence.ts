// When all replicas of each shared object agreed again: for Matrix, the servers of a room on extremities and state.
import { inSeconds, minutes } from '../../protocol/time.ts';
import type { Disagreement } from '../agreement.ts';
import type { ConvergenceFigures } from '../record-system.ts';
import type { Finding } from '../../sim/systems/system.ts';
import { lastHeal, type Metric } from './metric.ts';

/** What every message causes for as long as it is on its way between servers is shorter, and is not divergence. */
const ordinaryPropagation = minutes(1);

/** Agreement of replicas at the horizon, and since when. */
export const convergence: Metric<ConvergenceFigures> = {
  id: 'convergence',
  title: 'Agreement of replicas',
  unit: 's',
  definition:
    'Replicas of an object agree when all of them report the same aspects (for a Matrix room: forward extremities and ' +
    'state). `seconds` runs from the end of the last fault until no object’s replicas differ for longer than a minute ' +
    'any more, up to the horizon; `strictSeconds` until they do not differ at all any more. `diverged` counts the objects whose ' +
    'replicas differed for longer than a minute, `longestSeconds` is the longest such time. `aspects` says the same of ' +
    'each aspect by itself, `historyComplete` whether every copy holds at the horizon what the others hold, `resets` how ' +
    'many entries fell back to older ones although nobody revoked them.',
  caveats: [
    'Replicas differ for a moment with every message, so `strictSeconds` mostly tells when people stopped talking.',
    'A server that left a room, or never had it, has no replica.',
    '`causes` also counts `history`: events of a room that a server does not hold, though its front and state may agree.',
    'Null when there were no faults, when the system has no replicas, or when some still differ at the horizon.',
  ],
  compute({ workload, faults, run }) {
    const { disagreements, disagreementsByAspect, sharedObjects } = run.fates;
    const { findings } = run.result;
    const { horizon } = workload.windows;
    const healed = sharedObjects === 0 ? undefined : lastHeal(faults);
    const of = (list: readonly Disagreement[]): AgreementFigures =>
      agreementOf(list, healed, horizon, sharedObjects > 0);
    const isComplete = !findings.some(({ aspect }) => aspect === 'history');
    return {
      ...of(disagreements),
      objects: sharedObjects,
      aspects: Object.fromEntries(
        Object.entries(disagreementsByAspect).map(([aspect, list]) => [aspect, of(list)]),
      ),
      historyComplete: sharedObjects === 0 ? null : isComplete,
      resets: findings.filter(({ aspect }) => aspect === 'state-reset').length,
      causes: causesOf(findings),
      details: findings.flatMap(({ object, aspect, node, detail }) =>
        detail === undefined ? [] : [{ object, aspect, node, detail }],
      ),
    };
  },
};

type AgreementFigures = ConvergenceFigures['aspects'][string];

function agreementOf(
  disagreements: readonly Disagreement[],
  healed: number | undefined,
  horizon: number,
  hasObjects: boolean,
): AgreementFigures {
  const lengthOf = ({ start, end }: Disagreement): number => (Number.isNaN(end) ? horizon : end) - start;
  const long = disagreements.filter((each) => lengthOf(each) > ordinaryPropagation);
  const since = (list: readonly Disagreement[]): number | null => {
    if (healed === undefined || list.some(({ end }) => Number.isNaN(end))) return null;
    return inSeconds(Math.max(0, ...list.map(({ end }) => end - healed)));
  };
  return {
    converged: hasObjects ? !disagreements.some(({ end }) => Number.isNaN(end)) : null,
    seconds: since(long),
    strictSeconds: since(disagreements),
    diverged: new Set(long.map(({ object }) => object)).size,
    longestSeconds: inSeconds(Math.max(0, ...long.map(lengthOf))),
  };
}

/** Findings counted by aspect and cause, in the order in which they first appear. */
function causesOf(findings: readonly Finding[]): ConvergenceFigures['causes'] {
  const counts = new Map<string, { aspect: string; cause: string; replicas: number; objects: Set<string> }>();
  for (const { aspect, cause, object } of findings) {
    const name = `${aspect} ${cause}`;
    const count = counts.get(name) ?? { aspect, cause, replicas: 0, objects: new Set<string>() };
    counts.set(name, count);
    count.replicas++;
    count.objects.add(object);
  }
  return [...counts.values()].map(({ objects, ...count }) => ({ ...count, objects: objects.size }));
}
