// What is checked of every run, whatever its scenario expects.

/** The kinds of checks, each with what must hold. */
export const checkKinds = {
  'fault-bites':
    'A fault changes the fate of at least one delivery or task in at least one system of the run. Holds without that where the scenario says why under `mayBeIdle`, and where systems were left out (`--systems`).',
  explained:
    'The faults on the way of each late or lost delivery of a system account for it: at most 1 % of what is late or lost is unexplained, or at most one in a thousand of everything expected.',
  divergence: 'Every replica of a system that differs from the others at the horizon has a named cause.',
  whole:
    'The simulation of a system reached the horizon. Otherwise a limit (events, events at one instant, time, memory) ended it, the busiest nodes are named, and the exit code is 3.',
} as const;

/** The id of a check of this kind, of a fault or a system. */
export function checkId(kind: keyof typeof checkKinds, of: string): string {
  return `${kind}/${of}`;
}
