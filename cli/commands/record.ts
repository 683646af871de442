// `netsplit record`: a kept run once more, with more (or less) of it kept. Runs repeat exactly.
import { resolve } from 'node:path';
import { present } from '../../protocol/assert.ts';
import { writeFullRecord } from '../../reports/observations-file.ts';
import { runScenario } from '../../reports/runner.ts';
import { readReproduction, StoreError, writeRunFolder, type RecordLevel } from '../../reports/store.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { exitCode } from '../exit.ts';
import { ProgressLine } from '../progress.ts';

/** Options as the command line gives them. */
export interface RecordOptions {
  readonly level: RecordLevel | 'full';
}

/** Records a run again at another level; returns the exit code. */
export async function record(folder: string, { level }: RecordOptions): Promise<number> {
  const { record: before, scenario, systems } = await readReproduction(folder);
  const progress = new ProgressLine();
  const again = await runScenario({
    scenario,
    name: before.scenario,
    seed: before.seed,
    systems,
    onProgress: ({ system, variant, now, horizon }) =>
      progress.update({ label: variant === 'twin' ? `${system} twin` : system, share: now / horizon }),
  }).finally(() => progress.end());
  if (again.record.digest !== before.digest)
    throw new StoreError(
      `${folder}: this netsplit does not repeat that run (digest ${again.record.digest.slice(0, 16)} instead of ${before.digest.slice(0, 16)}); nothing was changed, \`netsplit verify\` tells more`,
    );
  const path = resolve(folder);
  const compiled = compileScenario(scenario);
  await writeRunFolder(
    path,
    // When and how it ran first stays in the record.
    {
      ...again,
      record: {
        ...again.record,
        recordedAt: before.recordedAt,
        performance: before.performance,
        reproduce: before.reproduce,
      },
    },
    {
      level: level === 'full' ? 'fates' : level,
      more: async (partial) => {
        if (level !== 'full') return;
        const chosen = systems.map((id) => present(registry.get(id), `system ${id}`));
        await writeFullRecord(partial, { compiled, seed: before.seed, systems: chosen });
      },
    },
  );
  process.stdout.write(
    `${path}: recorded at level ${level}, digest ${before.digest.slice(0, 16)} as before\n`,
  );
  return exitCode.good;
}
