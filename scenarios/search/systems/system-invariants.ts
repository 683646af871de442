// What must hold of a run of a messaging system. Safety: at every instant, while faults act. Liveness: in the end, once all
// works again. Claims: what a product or its papers promise; its own code may break them, and that is worth knowing, too.
import type { Instant } from '../../../protocol/time.ts';
import type { System } from '../../../sim/systems/system.ts';
import type { WatchedRun } from './watched-run.ts';
import { commonInvariants } from './common-invariants.ts';
import { meshInvariants } from './mesh-invariants.ts';
import { matrixInvariants } from './matrix-invariants.ts';
import { overlayInvariants } from './overlay-invariants.ts';

/** A property that a run broke. */
export interface SystemViolation {
  readonly invariant: string;
  /** In which way: what differs in kind is another finding. A few words of a closed list. */
  readonly kind: string;
  /** In a sentence, for people. */
  readonly words: string;
  /** When the message was sent that it is about: shrinking tries that one first. */
  readonly sentAt?: Instant;
}

/** One property of runs. */
export interface SystemInvariant {
  readonly id: string;
  readonly nature: 'safety' | 'liveness' | 'claim';
  /** What must hold, in a sentence, with its source. */
  readonly claim: string;
  /** Needs further runs of the same: asked of some runs only. */
  readonly isCostly?: boolean;
  /** What breaks it; nothing where it does not apply. */
  readonly violations: (run: WatchedRun) => readonly SystemViolation[];
}

/** All of them. */
export const systemInvariants: readonly SystemInvariant[] = [
  ...commonInvariants,
  ...matrixInvariants,
  ...meshInvariants,
  ...overlayInvariants,
];

/** Systems with homeservers in them; for Matrix rooms that is what decides, not what the system is called. */
const withHomeservers: ReadonlySet<string> = new Set([
  'matrix',
  'matrix-closed',
  'p2p-matrix',
  'hybrid-matrix',
  'bridge',
]);

/** Those that a run of this system can break, for reports; a run is held against all of them. */
export function invariantsOf({ id, usesRadio }: System): readonly SystemInvariant[] {
  return [
    ...commonInvariants,
    ...(withHomeservers.has(id) ? matrixInvariants : []),
    ...(usesRadio ? meshInvariants : []),
    ...(id === 'p2p-matrix' ? overlayInvariants : []),
  ];
}

/** The invariant of this id; undefined when there is none. */
export function systemInvariant(id: string): SystemInvariant | undefined {
  return systemInvariants.find((each) => each.id === id);
}

/** Everything that a run breaks, one violation of each kind; what needs further runs only when asked for. */
export function violationsIn(run: WatchedRun, withCostly: boolean): readonly SystemViolation[] {
  const found = new Map<string, SystemViolation>();
  for (const { isCostly = false, violations } of systemInvariants) {
    if (isCostly && !withCostly) continue;
    for (const violation of violations(run)) {
      const name = violationName(violation);
      if (!found.has(name)) found.set(name, violation);
    }
  }
  return [...found.values()];
}

/** What findings are told apart by. */
export function violationName({ invariant, kind }: SystemViolation): string {
  return kind === '' ? invariant : `${invariant} ${kind}`;
}
