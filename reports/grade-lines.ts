// How near the models are, a line per system: what stands under every table, picture and conclusion.
import { fidelityOf } from '../sim/systems/fidelity.ts';
import { systems as registry } from '../sim/systems/registry.ts';

/** `Signal, fidelity B: follows published source; production assumed.`; nothing of systems that are not registered. */
export function gradeLines(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => {
    const system = registry.get(id);
    return system === undefined ? [] : [`${system.title}, ${fidelityOf(system.fidelity)}.`];
  });
}
