// What must hold of Matrix rooms in a run, on servers and on phones that are servers.
import { kindOf } from './common-invariants.ts';
import type { SystemInvariant } from './system-invariants.ts';
import type { WatchedRun } from './watched-run.ts';

/** Servers that a fault has turned hostile at some time. */
function isHostileRun({ plan }: WatchedRun): boolean {
  return plan.faults.some(({ kind }) => kind === 'byzantine');
}

const hostility = (run: WatchedRun): string => (isHostileRun(run) ? ', among hostile servers' : '');

const noUnexplained: SystemInvariant = {
  id: 'disagreement-is-explained',
  nature: 'safety',
  claim: 'Where two servers differ on a room at the end, what one of them holds and does not hold says why.',
  violations: (run) =>
    (run.result?.findings ?? [])
      .filter(({ cause }) => cause === 'unexplained')
      .map(({ object, aspect, node }) => ({
        invariant: 'disagreement-is-explained',
        kind: aspect,
        words: `${node} differs from others on the ${aspect} of ${object}, and nothing explains it.`,
      })),
};

const agreement: SystemInvariant = {
  id: 'rooms-agree',
  nature: 'liveness',
  claim: 'Hours after the last fault all servers of a room agree on its state and on what was said in it.',
  violations: (run) =>
    run.system.usesRadio
      ? []
      : (run.result?.findings ?? [])
          .filter(({ aspect, cause }) => aspect !== 'state-reset' && cause !== 'unexplained')
          .map(({ object, aspect, node, cause }) => ({
            invariant: 'rooms-agree',
            kind: `${aspect} ${cause}${hostility(run)}`,
            words: `${node} differs from others on the ${aspect} of ${object}: ${cause}.`,
          })),
};

const noStateReset: SystemInvariant = {
  id: 'no-state-reset',
  nature: 'safety',
  claim: 'Nobody’s newest accepted change of a room is lost in a resolution (state resets, MSC4297).',
  violations: (run) =>
    (run.result?.findings ?? [])
      .filter(({ aspect }) => aspect === 'state-reset')
      .map(({ object, cause, detail }) => ({
        invariant: 'no-state-reset',
        kind: `${cause}${hostility(run)}`,
        words: `${object}: ${detail ?? cause}`,
      })),
};

const honestIsTaken: SystemInvariant = {
  id: 'honest-is-taken',
  nature: 'safety',
  claim: 'Among honest servers nobody rejects or drops for what it says what another one sends.',
  violations: (run) =>
    isHostileRun(run)
      ? []
      : (run.result?.refusals ?? [])
          .filter(({ fate }) => fate === 'rejected' || fate === 'dropped' || fate === 'redacted')
          .map(({ node, from, fate, rule }) => ({
            invariant: 'honest-is-taken',
            kind: `${fate} ${rule} ${kindOf(run)}`.trim(),
            words: `${node} has ${fate} something from ${from} (${rule}), and nobody was hostile.`,
          })),
};

/** They apply where there are rooms. */
export const matrixInvariants: readonly SystemInvariant[] = [
  noUnexplained,
  agreement,
  noStateReset,
  honestIsTaken,
];
