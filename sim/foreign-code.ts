// Software that is not netsplit's own, as a system may run it. A run gets it from whoever starts the run: it lives in
// sim/foreign/, which nothing else in sim/ imports.
import type { CoreFactory } from '../protocol/core.ts';

/** Runs other people's code on a system's nodes, in one run. */
export interface ForeignCode {
  /** A core around it, for one of the machines that it knows; the type of the machine is its own. */
  core(machine: unknown): CoreFactory;
}

/** Makes it for a run of that seed. */
export type CreateForeignCode = (seed: string) => ForeignCode;

/** Machines that do nothing: for a look at what a system declares. */
export const noForeignCode: CreateForeignCode = () => ({
  core: () => () => ({ step: () => undefined, inspect: () => null }),
});
