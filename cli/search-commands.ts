// The commands that look for failures, keep them and show them again.
import { InvalidArgumentError, type Command } from 'commander';
import { seedNumber, wholeNumber } from './option-values.ts';

function minutes(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 100_000)
    throw new InvalidArgumentError(`expected minutes, more than 0, got "${text}".`);
  return value;
}

/** Adds them to the program. */
export function addSearchCommands(netsplit: Command): void {
  netsplit
    .command('search')
    .description(
      'Look for failures nobody thought of: rooms, or runs of a messaging system, drawn at random and guided by what was not seen yet; each finding is shrunk and kept as a case.',
    )
    .argument(
      '<target>',
      'state-resolution, or a system: matrix, p2p-matrix, bitchat, signal, … (`netsplit list`)',
    )
    .option(
      '--runs <n>',
      'rooms (2000 when neither this nor --minutes is given) or runs of a system (200)',
      wholeNumber(1, 1_000_000_000),
    )
    .option('--minutes <m>', 'search for so long; the round under way is ended first', minutes)
    .option('--seed <n>', 'what is drawn', seedNumber, 1)
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .option('--room-version <version>', 'of the rooms of state-resolution; 11 when left out')
    .option(
      '--merges <n>',
      'of state-resolution: in every room with missing history, look at up to so many further merges of three to eight states',
      wholeNumber(1, 100_000),
    )
    .option('--out <dir>', 'where findings are kept; a folder under searches/ when left out')
    .option('--resume', 'go on with the search kept in that folder')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (target: string, options: object) => {
      const { search } = await import('./commands/search.ts');
      process.exitCode = await search(target, options as Parameters<typeof search>[1]);
    });

  netsplit
    .command('replay')
    .description('Show a case again: what is expected, what comes out, why, and its room as a picture.')
    .argument('<case>', 'a case file (docs/search.md)')
    .option('--out <file>', 'where the picture goes; the case’s name with .svg, here, when left out')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (file: string, options: object) => {
      const { replay } = await import('./commands/replay.ts');
      process.exitCode = replay(file, options);
    });

  netsplit
    .command('regress')
    .description('Replay all cases of a folder and hold each against what it expects.')
    .argument('<folder>', 'with case files')
    .option('--junit <file>', 'write the results there, as JUnit XML')
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .option('--json', 'print one JSON document and nothing else')
    .action(async (folder: string, options: object) => {
      const { regress } = await import('./commands/regress.ts');
      process.exitCode = await regress(folder, options);
    });
}
