// What stands beside a slice wherever it goes: whose it is, and how far it can be trusted.
import { present } from '../../protocol/assert.ts';
import type { CompiledScenario } from '../../scenarios/compile.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { packageVersion } from '../package-version.ts';
import { gradeInWords } from '../summarise.ts';
import type { Slice } from './slice.ts';

/** By name, for the head of a trace or of a diagram. */
export function aboutSlice(slice: Slice, { document }: CompiledScenario): Readonly<Record<string, string>> {
  const system = present(registry.get(slice.system), `system ${slice.system}`);
  return {
    netsplit: packageVersion(),
    scenario: document.name,
    title: document.title,
    system: slice.system,
    seed: String(slice.seed),
    variant: slice.variant,
    epoch: new Date(slice.epochMs).toISOString(),
    range: 'One run with one seed: no range.',
    fidelity: gradeInWords(system),
  };
}
