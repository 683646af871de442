// What a live run can do with a scenario, and in a sentence each what it cannot.
import type { FaultKind } from '../faults/fault.ts';
import type { SimulationPlan } from '../simulation.ts';

/** Faults that come down to processes that are killed, frames that are held back, work that takes longer, wrong clocks. */
const liveFaults: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'down',
  'power-loss',
  'latency',
  'loss',
  'bandwidth',
  'corruption',
  'partition',
  'bgp-withdrawal',
  'shutdown',
  'blocking',
  'slow',
  'clock',
]);

/** Why the plan cannot be run live; none when it can. */
export function hindrancesTo({ system, faults, actions = [], world }: SimulationPlan): readonly string[] {
  const said: string[] = [];
  if (system.live === undefined)
    said.push(`${system.id} cannot be run live: what its cores store has no form for a disk yet`);
  for (const fault of faults) {
    if (!liveFaults.has(fault.kind))
      said.push(
        `the fault ${fault.id} (${fault.kind}) cannot be brought about live: it happens only in the simulator`,
      );
    if (fault.kind === 'down' && fault.disk === 'rolled-back')
      said.push(`the fault ${fault.id} rolls disks back, which no operating system does when it is asked to`);
    if (fault.kind === 'blocking' && fault.manner === 'nxdomain')
      said.push(`the fault ${fault.id} falsifies names, which a live run does not resolve`);
  }
  for (const { id } of actions) said.push(`the action ${id}: nobody operates a live run`);
  if (world.room !== undefined) said.push('a live run has no imported room');
  return said;
}
