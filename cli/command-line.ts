// The command line: parses arguments, calls the layers below, prints. No logic of its own.
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { packageFile } from '../scenarios/package-file.ts';
import { didYouMean } from '../scenarios/scenario-error.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { addAuthorCommands } from './author-commands.ts';
import { exitCode, UsageError } from './exit.ts';
import { addEvidenceCommands } from './evidence-commands.ts';
import { collect, seedNumber, wholeNumber } from './option-values.ts';
import { addRoomCommands } from './room-commands.ts';
import { addProtocolCommands } from './protocol-commands.ts';
import { addResolveCommand } from './resolve-command.ts';
import { addSearchCommands } from './search-commands.ts';
import { sixThings } from './six-things.ts';

const version = (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string })
  .version;

/** Commander takes a mistyped command for an argument, because `netsplit` alone does something. */
function unknownCommand(name: string, { commands }: Command): UsageError {
  const known = commands.map((command) => command.name());
  return new UsageError(
    `unknown command "${name}"${didYouMean(nearest(name, known))} (\`netsplit --help\` lists all)`,
  );
}

/** The options of both commands that serve the dashboard. */
function served(command: Command): Command {
  return command
    .option('--port <n>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 4_480)
    .option('--host <address>', 'listen on another address than loopback; needs a token')
    .addOption(
      new Option('--token <text>', 'whoever asks must know it: 16 characters or more').env('NETSPLIT_TOKEN'),
    )
    .option('--runs <dir>', 'where run folders are kept', 'runs')
    .option('--campaigns <dir>', 'where campaign folders are kept', 'campaigns')
    .option('--rooms <dir>', 'where Matrix room files are that the page lists', 'rooms')
    .option(
      '--verbose',
      'log every request, not only refusals and failures, as JSON lines on standard error',
    );
}

/** The whole of `netsplit`: its commands, their arguments and options. Parsing does what is asked for. */
export function netsplitProgram(): Command {
  const netsplit = new Command('netsplit')
    .description('Messaging systems under the same outage, on their real protocol cores.')
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .action(() => {
      const [unknown] = netsplit.args;
      if (unknown !== undefined) throw unknownCommand(unknown, netsplit);
      process.stdout.write(sixThings);
    });

  netsplit
    .command('run')
    .description('Run a scenario on every system it names, each with its fault-free twin, and compare them.')
    .argument('<scenario>', 'name in the library (see `netsplit list`) or path of a YAML file')
    .option('--seed <n>', 'seed of every chance in the run; drawn and printed when left out', seedNumber)
    .option('--systems <ids>', 'only these systems, separated by commas')
    .option(
      '--set <path=value>',
      "change a value of the scenario, e.g. 'people.count=200' or 'faults=[]'; may repeat",
      collect,
      [],
    )
    .option('--out <dir>', 'where run folders are kept', 'runs')
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .option('--max-seconds <n>', 'end with what there is after so much wall time', wholeNumber(1, 10_000_000))
    .option(
      '--max-memory <MiB>',
      'end with what there is when the process takes so much',
      wholeNumber(1, 100_000_000),
    )
    .option(
      '--resend-bounds',
      'also with nobody and with everybody sending again what failed: two more runs of each system that shows failures',
    )
    .option('--json', 'print one JSON document and nothing else')
    .action(async (scenario: string, options: object) => {
      const { run } = await import('./commands/run.ts');
      process.exitCode = await run(scenario, options as Parameters<typeof run>[1]);
    });

  netsplit
    .command('live')
    .description(
      'Run one system of a scenario in real time, each node a process, over Hyperswarm on a DHT on loopback, and hold the simulator against it.',
    )
    .argument('<scenario>', 'name or path, as for run; it takes as long as its horizon says')
    .option('--seed <n>', 'seed of everything but real time; drawn and printed when left out', seedNumber)
    .option('--system <id>', 'which of its systems; the first that can be run live when left out')
    .option('--nodes <n>', 'so many people, each with a process (people.count)', wholeNumber(2, 500))
    .option(
      '--races',
      'who comes first decides in this scenario: hold only distributions against the simulator',
    )
    .option('--port <n>', 'UDP port of the DHT on loopback; a free one when left out', wholeNumber(1, 65_535))
    .option('--set <path=value>', 'as for run; may repeat', collect, [])
    .option('--out <dir>', 'where run folders are kept', 'runs')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (scenario: string, options: object) => {
      const { live } = await import('./commands/live.ts');
      process.exitCode = await live(scenario, options as Parameters<typeof live>[1]);
    });

  netsplit
    .command('verify')
    .description(
      'Run again and say whether every event is the same; the first different one is named otherwise.',
    )
    .argument('<scenario|run folder|report.html>')
    .option('--seed <n>', 'seed, where a scenario is given', seedNumber)
    .option('--systems <ids>', 'only these systems, separated by commas')
    .option('--set <path=value>', 'as for run; may repeat', collect, [])
    .action(async (subject: string, options: object) => {
      if (/\.html?$/i.test(subject)) {
        const { verifyReportFile } = await import('./commands/verify-report.ts');
        process.exitCode = await verifyReportFile(subject);
        return;
      }
      const { verify } = await import('./commands/verify.ts');
      process.exitCode = await verify(subject, options as Parameters<typeof verify>[1]);
    });

  netsplit
    .command('diff')
    .description('Run two variants side by side and name, in words, the first event in which they differ.')
    .argument('<scenario>', 'name or path')
    .requiredOption('--system <id>', 'the system to compare')
    .option('--seed <n>', 'seed of both', seedNumber)
    .option('--set <path=value>', 'change for the second variant; may repeat', collect, [])
    .option('--other-seed <n>', 'seed of the second variant', seedNumber)
    .option('--perturb <from,to,us>', 'make one path of the second variant slower by this many microseconds')
    .action(async (scenario: string, options: object) => {
      const { diff } = await import('./commands/diff.ts');
      process.exitCode = diff(scenario, options as Parameters<typeof diff>[1]);
    });

  netsplit
    .command('campaign')
    .description('Run a scenario with many seeds and variants; compare systems and variants seed by seed.')
    .argument('<scenario>', 'name or path, as for run')
    .option('--seeds <list>', 'e.g. 1..200 or 7,11,20..29; fewer than 20 bear no intervals', '1..20')
    .option(
      '--vary <path=values>',
      'values of a path: path=a,b,c or path=lo..hi:n (n values from lo to hi); may repeat: every combination',
      collect,
      [],
    )
    .option(
      '--queue <url>',
      'let workers at this Redis queue run it (`netsplit worker`), e.g. redis://127.0.0.1:6379',
    )
    .option('--assumptions', 'draw every assumed number from its plausible range: chance against ignorance')
    .option('--set <path=value>', 'as for run, in every variant; may repeat', collect, [])
    .option('--systems <ids>', 'only these systems, separated by commas')
    .option('--figures <ids>', 'what conclusions are drawn from: within-1m, loss-1m, delivered when left out')
    .option('--out <dir>', 'folder of the campaign; campaigns/<scenario>-<digest> when left out')
    .option('--resume', 'keep what the folder has and run the rest')
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .addOption(
      new Option(
        '--record <level>',
        'what is kept of each run: its figures, or a row per expected delivery too',
      )
        .choices(['summary', 'fates'])
        .default('fates'),
    )
    .option(
      '--recheck <n>',
      'runs that are repeated to see that they are identical',
      wholeNumber(0, 1_000_000),
      1,
    )
    .option('--json', 'print one JSON document and nothing else')
    .action(async (scenario: string, options: object) => {
      if ('assumptions' in options) {
        const { campaignWorlds } = await import('./commands/campaign-worlds.ts');
        process.exitCode = await campaignWorlds(scenario, options as Parameters<typeof campaignWorlds>[1]);
        return;
      }
      const { campaign } = await import('./commands/campaign.ts');
      process.exitCode = await campaign(scenario, options as Parameters<typeof campaign>[1]);
    });

  netsplit
    .command('worker')
    .description('Run the cells of campaigns that were started with --queue, from any machine.')
    .requiredOption('--queue <url>', 'the Redis queue, e.g. redis://127.0.0.1:6379')
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .option(
      '--lock <seconds>',
      'without a sign of life for so long, a worker’s jobs go to others',
      wholeNumber(1, 3_600),
      30,
    )
    .action(async (options: object) => {
      const { worker } = await import('./commands/worker.ts');
      process.exitCode = await worker(options as Parameters<typeof worker>[0]);
    });

  netsplit
    .command('sensitivity')
    .description('Vary each assumption over its plausible range and rank them: which one decides the answer?')
    .argument('<scenario>', 'name or path, as for run')
    .option('--seeds <list>', 'as for campaign; fewer than 20 cannot tell small effects from chance', '1..5')
    .option('--figure <id>', 'the figure that is the answer (docs/campaigns.md lists them)', 'within-1m')
    .option('--only <path>', 'only assumptions whose path begins so; may repeat', collect, [])
    .option('--set <path=value>', 'as for run; may repeat', collect, [])
    .option('--systems <ids>', 'only these systems, separated by commas')
    .option('--out <dir>', 'folder for runs and charts; what it has is not run again')
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .option('--json', 'print one JSON document and nothing else')
    .action(async (scenario: string, options: object) => {
      const { sensitivity } = await import('./commands/sensitivity.ts');
      process.exitCode = await sensitivity(scenario, options as Parameters<typeof sensitivity>[1]);
    });

  netsplit
    .command('compare')
    .description(
      'Two runs side by side; or a run against an observed series, with its errors of level and timing.',
    )
    .argument('<run>', 'a run folder')
    .argument('[other]', 'another run folder')
    .option(
      '--record <file.csv>',
      'what was observed: lines of time,value, e.g. 2025-10-20T07:48Z,0.31 (shares from 0 to 1, not per cent)',
    )
    .addOption(
      new Option('--series <name>', 'what of the run it is held against')
        .choices(['within-1m', 'ever', 'cut-off', 'outstanding', 'undecryptable'])
        .default('within-1m'),
    )
    .option('--column <name>', 'column of the values, where there are several')
    .option('--systems <ids>', 'only these systems, separated by commas')
    .option('--chart <file>', 'draw the record over the curves, as .svg or .png')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (first: string, second: string | undefined, options: object) => {
      const { compare } = await import('./commands/compare.ts');
      process.exitCode = await compare(first, second, options as Parameters<typeof compare>[2]);
    });

  netsplit
    .command('report')
    .description(
      'A run or a campaign as one file: a page that can be mailed and checked, or data for a machine.',
    )
    .argument('<folder>', 'of a run or of a campaign')
    .addOption(
      new Option('--format <format>', 'of the file')
        .choices(['html', 'md', 'json', 'csv', 'junit'])
        .default('html'),
    )
    .option('--out <file>', 'where it goes; report.html in the folder, or standard output, when left out')
    .option('--charts <dir>', 'also write the charts there, as SVG')
    .option('--png', 'the charts as PNG, too')
    .action(async (folder: string, options: object) => {
      const { report } = await import('./commands/report.ts');
      process.exitCode = await report(folder, options as Parameters<typeof report>[1]);
    });

  netsplit
    .command('explain')
    .description(
      'One message’s life hop by hop, from the fault to the message; without one, which suffered most.',
    )
    .argument('<run>', 'a run folder, or a scenario')
    .argument('[message]', 'number of the message, as in fates.parquet', wholeNumber(0, 1_000_000_000))
    .option('--systems <ids>', 'only on these systems, separated by commas')
    .option('--recipient <n>', 'only to this person', wholeNumber(0, 1_000_000_000))
    .option('--seed <n>', 'where a scenario is given; 1 when left out', seedNumber)
    .option('--set <path=value>', 'where a scenario is given, as for run; may repeat', collect, [])
    .option('--json', 'print one JSON document and nothing else')
    .action(async (subject: string, message: number | undefined, options: object) => {
      const { explain } = await import('./commands/explain.ts');
      process.exitCode = await explain(subject, message, options as Parameters<typeof explain>[2]);
    });

  addEvidenceCommands(netsplit);

  addAuthorCommands(netsplit);

  netsplit
    .command('whatif')
    .description('Run a scenario as it is and with something changed, and print the paired difference.')
    .argument('<scenario>', 'name in the library or path of a YAML file')
    .option('--change <path=value>', 'what to change; may repeat', collect, [])
    .option('--set <path=value>', 'for both, as for run; may repeat', collect, [])
    .option('--seeds <seeds>', 'e.g. 1, 1..5 or 3,7', '1')
    .option('--systems <ids>', 'only these systems, separated by commas')
    .option('--workers <n>', 'worker threads; as many as processors when left out', wholeNumber(1, 256))
    .option('--json', 'print one JSON document and nothing else')
    .action(async (scenario: string, options: object) => {
      const { whatif } = await import('./commands/whatif.ts');
      process.exitCode = await whatif(scenario, options as Parameters<typeof whatif>[1]);
    });

  addResolveCommand(netsplit);

  netsplit
    .command('mesh')
    .description('Replay a contact trace and a list of messages through a store-carry-forward router.')
    .argument(
      '<contacts>',
      'connection events as The ONE writes them, or a SocioPatterns list; plain or gzip',
    )
    .requiredOption('--messages <file>', 'lines of "<seconds> C <id> <from> <to> <bytes>", plain or gzip')
    .option(
      '--router <name>',
      'epidemic, spray-and-wait, prophet, direct, or the path of a module of your own (docs/mesh.md)',
      'epidemic',
    )
    .option(
      '--copies <n>',
      'copies per message of spray-and-wait; 6 when left out',
      wholeNumber(1, 1_000_000),
    )
    .option('--rate <rate>', 'of a transfer, e.g. 250kB/s; transfers take no time when left out')
    .option('--buffer <size>', 'of a node, e.g. 50MB; unlimited when left out')
    .option('--ttl <duration>', 'how long a message lives, e.g. 60min; for ever when left out')
    .option('--step <duration>', "The ONE's update interval, e.g. 100ms; exact times when left out")
    .option('--until <duration>', 'when to end; 10 s after the last line of the input when left out')
    .option(
      '--seed <n>',
      'seed of what routers leave to chance; those of netsplit leave nothing',
      seedNumber,
      1,
    )
    .option('--range <distance>', 'for a file of positions: "<seconds>,<node>,<x>,<y>" in metres; e.g. 30m')
    .option('--resolution <duration>', 'interval of a row of a SocioPatterns list; 20s when left out')
    .option('--ties <n>', 'shuffle the order of nodes that decides ties, with this seed', seedNumber)
    .option('--json', 'print one JSON document and nothing else')
    .action(async (contacts: string, options: object) => {
      const { mesh } = await import('./commands/mesh.ts');
      process.exitCode = await mesh(contacts, options as Parameters<typeof mesh>[1]);
    });

  addProtocolCommands(netsplit);
  addSearchCommands(netsplit);

  addRoomCommands(netsplit);

  netsplit
    .command('bench')
    .description('How fast this machine runs netsplit, beside reference loops measured in the same run.')
    .argument('[name]', 'one bench; all when left out')
    .option('--list', 'name the benches and run none')
    .option('--all', 'with the parts that take very long')
    .option('--json', 'print one JSON document and nothing else')
    .addOption(new Option('--part <name>', 'one part, in this process').hideHelp())
    .action(async (name: string | undefined, options: object) => {
      const { bench } = await import('./commands/bench.ts');
      process.exitCode = bench(name, options);
    });

  served(
    netsplit
      .command('serve')
      .description(
        'The dashboard: runs, campaigns, scenarios to start, rooms. On this machine only unless told.',
      ),
  ).action(async (options: object) => {
    const { serve } = await import('./commands/serve.ts');
    process.exitCode = await serve(options as Parameters<typeof serve>[0]);
  });

  served(
    netsplit
      .command('start')
      .description(
        'The dashboard, with a run of the AWS outage of 20 October 2025 under way (what `npm start` does).',
      )
      .argument('[scenario]', 'another scenario', 'aws-us-east-1-2025-10-20'),
  )
    .option('--seed <n>', 'seed of the run', seedNumber, 1)
    .action(async (scenario: string, options: object) => {
      const { start } = await import('./commands/serve.ts');
      process.exitCode = await start(scenario, options as Parameters<typeof start>[1]);
    });

  // Commands made before this keep refusing what they have no place for.
  return netsplit.allowExcessArguments();
}

/** Does what these arguments ask for, prints, and sets the exit code of the process. */
export async function commandLine(args: readonly string[]): Promise<void> {
  try {
    await netsplitProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCode.good : exitCode.badInput;
    } else {
      const { explainFailure } = await import('./explain-failure.ts');
      process.exitCode = explainFailure(error);
    }
  }
}
