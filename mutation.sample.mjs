// A random sample of the mutants, the same again for one seed: the others are told apart before any test runs, and count nowhere.
//   SAMPLE=0.2 SEED=1 npm run mutate -- --checkers sample
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { CheckStatus } from '@stryker-mutator/api/check';
import { PluginKind, declareClassPlugin } from '@stryker-mutator/api/plugin';

const share = Number(process.env['SAMPLE'] ?? 1);
const seed = process.env['SEED'] ?? '1';

/** A number from 0 to 1 that rests on what the mutant is, not on how many there are. */
function drawn({ fileName, location, mutatorName, replacement }) {
  const file = relative(process.cwd(), fileName)
    .replaceAll('\\', '/')
    .replace(/^.*\.stryker\/[^/]+\//, '');
  const { start, end } = location;
  const what = [seed, file, start.line, start.column, end.line, end.column, mutatorName, replacement];
  return createHash('sha256').update(JSON.stringify(what)).digest().readUInt32BE() / 2 ** 32;
}

class Sample {
  async init() {}

  async check(mutants) {
    return Object.fromEntries(
      mutants.map((mutant) => [
        mutant.id,
        drawn(mutant) < share
          ? { status: CheckStatus.Passed }
          : { status: CheckStatus.CompileError, reason: 'not drawn' },
      ]),
    );
  }

  group(mutants) {
    return [mutants.map(({ id }) => id)];
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Checker, 'sample', Sample)];
