// The commands that look closely at runs: a node's state, traces and pictures of what went on, queries over many runs.
import { Option, type Command } from 'commander';
import { collect, seedNumber, wholeNumber } from './option-values.ts';

/** Adds them to the program. */
export function addEvidenceCommands(netsplit: Command): void {
  netsplit
    .command('inspect')
    .description(
      'A node’s state at an instant of a run, by simulating again up to there; without --node, which nodes there are.',
    )
    .argument('<run>', 'a run folder, or a scenario')
    .option('--node <name>', 'e.g. hs/matrix.org, phone/17 or signal/chat-1')
    .option('--at <instant>', 'e.g. 45m or 2h30m after the epoch, or 2025-10-20T15:30Z')
    .option('--system <id>', 'where the run has several')
    .option('--twin', 'in the twin, which has no faults')
    .option('--seed <n>', 'where a scenario is given; 1 when left out', seedNumber)
    .option('--set <path=value>', 'where a scenario is given, as for run; may repeat', collect, [])
    .option('--json', 'print one JSON document and nothing else')
    .action(async (subject: string, options: object) => {
      const { inspect } = await import('./commands/inspect.ts');
      process.exitCode = await inspect(subject, options as Parameters<typeof inspect>[1]);
    });

  netsplit
    .command('trace')
    .description(
      'What went on between nodes: as a trace for ui.perfetto.dev, or as a space-time (Lamport) diagram.',
    )
    .argument('<run>', 'a run folder, or a scenario')
    .addOption(
      new Option('--format <format>', 'trace events as JSON, or a diagram as SVG or PNG')
        .choices(['perfetto', 'svg', 'png'])
        .default('perfetto'),
    )
    .option('--out <file>', 'where it goes; standard output when left out')
    .option('--system <id>', 'where the run has several')
    .option('--from <instant>', 'e.g. 45m after the epoch, or 2025-10-20T15:30Z')
    .option('--until <instant>', 'likewise; simulates no further than this')
    .option('--nodes <names>', 'only what leaves or reaches these nodes, separated by commas')
    .option('--message <n>', 'only what carries this message', wholeNumber(0, 1_000_000_000))
    .option('--twin', 'of the twin, which has no faults')
    .option('--seed <n>', 'where a scenario is given; 1 when left out', seedNumber)
    .option('--set <path=value>', 'where a scenario is given, as for run; may repeat', collect, [])
    .action(async (subject: string, options: object) => {
      const { trace } = await import('./commands/trace.ts');
      process.exitCode = await trace(subject, options as Parameters<typeof trace>[1]);
    });

  netsplit
    .command('query')
    .description('SQL over all kept runs, thousands of them (needs the optional package @duckdb/node-api).')
    .argument('[sql]', 'one statement; without one, which tables there are')
    .option('--runs <dir>', 'folder with run folders or campaigns below it', 'runs')
    .addOption(
      new Option('--format <format>', 'of what is printed')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .action(
      async (
        sql: string | undefined,
        options: { runs: string; format: 'table' | 'csv' | 'json'; json?: boolean },
      ) => {
        const { query } = await import('./commands/query.ts');
        process.exitCode = await query(sql, options.json === true ? { ...options, format: 'json' } : options);
      },
    );

  netsplit
    .command('record')
    .description('A kept run once more, with more or less of it kept: runs repeat exactly.')
    .argument('<run>', 'a run folder')
    .addOption(
      new Option(
        '--level <level>',
        'the record alone; also a row per expected delivery and the account; also every observation and every way',
      )
        .choices(['summary', 'fates', 'full'])
        .default('full'),
    )
    .action(async (folder: string, options: object) => {
      const { record } = await import('./commands/record.ts');
      process.exitCode = await record(folder, options as Parameters<typeof record>[1]);
    });

  netsplit
    .command('metrics')
    .description('What every figure means: definition, unit, caveats (docs/reference/metrics.md).')
    .action(async () => {
      const { metricsReference } = await import('../reports/metrics/reference.ts');
      process.stdout.write(metricsReference());
    });
}
