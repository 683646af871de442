// One system of a stored run, to be simulated again as it was.
import { present } from '../../protocol/assert.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import type { System } from '../../sim/systems/system.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { readReproduction } from '../store.ts';
import { NoAnswer } from './no-answer.ts';

/** A system of a stored run, ready to be simulated again. */
export interface Subject {
  readonly title: string;
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly system: System;
}

/** @throws StoreError, NoAnswer when the run has no such system */
export async function subjectOf(folder: string, id: string): Promise<Subject> {
  const { record, scenario, systems } = await readReproduction(folder);
  if (!systems.includes(id))
    throw new NoAnswer(`the run has no system "${id}": expected one of ${systems.join(', ')}`);
  const system = present(registry.get(id), `system ${id}`);
  return { title: record.title, compiled: compileScenario(scenario), seed: record.seed, system };
}

/** An instant or a node that is not there leaves the question without an answer. */
export async function orNoAnswer<Value>(look: () => Promise<Value>): Promise<Value> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RangeError) throw new NoAnswer(error.message);
    throw error;
  }
}
