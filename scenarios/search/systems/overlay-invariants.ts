// What must hold of the overlay below P2P Matrix.
import { timeInWords } from './common-invariants.ts';
import type { OverlayProblem } from './overlay-watch.ts';
import type { SystemInvariant } from './system-invariants.ts';

function ofProblems(
  id: string,
  nature: SystemInvariant['nature'],
  which: OverlayProblem['kind'],
  claim: string,
): SystemInvariant {
  return {
    id,
    nature,
    claim,
    violations: ({ overlay }) =>
      (overlay?.problems ?? [])
        .filter(({ kind }) => kind === which)
        .map(({ at, after, words }) => ({
          invariant: id,
          kind: after === '' ? '' : `after ${after}`,
          words: `After ${timeInWords(at)} ${words}.`,
        })),
  };
}

const noCircles: SystemInvariant = {
  id: 'no-circles',
  nature: 'safety',
  claim:
    'No datagram comes to the same node three times (watermarks and hop limits keep it from going round), where nothing doubles frames.',
  violations: ({ links, plan }) =>
    // What a fault doubles on every link comes several times without going round.
    links.loops
      .slice(0, plan.faults.some(({ kind }) => kind === 'duplication') ? 0 : 1)
      .map(({ at, node }) => ({
        invariant: 'no-circles',
        kind: '',
        words: `After ${timeInWords(at)} a datagram came to node ${node} for the third time.`,
      })),
};

/** They apply to P2P Matrix. */
export const overlayInvariants: readonly SystemInvariant[] = [
  ofProblems(
    'one-root',
    'safety',
    'root',
    'Phones whose links have not changed for minutes have one root, the highest key of those who reach each other.',
  ),
  ofProblems(
    'hangs-below-the-root',
    'safety',
    'tree',
    'Every such phone hangs below that root: no loop, nobody apart.',
  ),
  ofProblems(
    'line-of-keys',
    'safety',
    'line',
    'Every such phone knows the next lower key: any two can route to each other.',
  ),
  ofProblems(
    'keeps-its-place',
    'claim',
    'restless',
    'A phone whose own links stay keeps its place in the tree (coordinates are addresses; those who change lose what is on its way).',
  ),
  ofProblems(
    'keeps-its-routes',
    'claim',
    'cut-off',
    'A phone whose own links stay keeps a way to the next lower key of those who reach each other (datagrams that are routed by keys need it).',
  ),
  noCircles,
];
