// The commands for those who write scenarios: what there is, what can be written, whether it is right.
import { Option, type Command } from 'commander';
import { collect, wholeNumber } from './option-values.ts';

/** Adds them to the program. */
export function addAuthorCommands(netsplit: Command): void {
  netsplit
    .command('list')
    .description('The scenarios of the library.')
    .action(async () => {
      const { list } = await import('./commands/list.ts');
      process.exitCode = list();
    });

  netsplit
    .command('new')
    .description('Write a scenario to begin with, explained line by line, and its JSON Schema for editors.')
    .argument('<name>', 'id of the scenario: lower-case letters, digits and hyphens')
    .option('--out <file>', 'a new file; <name>.yaml when left out')
    .action(async (name: string, options: object) => {
      const { newScenario } = await import('./commands/new.ts');
      process.exitCode = newScenario(name, options);
    });

  netsplit
    .command('schema')
    .description('The scenario language: every field, its kind, default and meaning.')
    .addOption(
      new Option('--format <format>', 'JSON Schema for editors, or a document')
        .choices(['json', 'md'])
        .default('json'),
    )
    .action(async (options: object) => {
      const { schema } = await import('./commands/schema.ts');
      process.exitCode = schema(options as Parameters<typeof schema>[0]);
    });

  netsplit
    .command('validate')
    .description('Check a scenario file without running it.')
    .argument('<file>')
    .option('--set <path=value>', 'as for run; may repeat', collect, [])
    .option('--sources', 'also list where everything in it is from; exit code 1 if something is from nowhere')
    .action(async (file: string, options: object) => {
      const { validate } = await import('./commands/validate.ts');
      process.exitCode = validate(file, options as Parameters<typeof validate>[1]);
    });

  const world = netsplit.command('world').description('Worlds of your own.');
  world
    .command('import')
    .description('Make a scenario from two spreadsheets: which homeservers there are, and where people live.')
    .argument('<servers.csv>', 'columns name, provider, region, users, and software (synapse or dendrite)')
    .argument('<people.csv>', 'columns city, people, and server where it is known')
    .option('--out <file>', 'a new scenario file; standard output when left out')
    .option('--name <id>', 'id of the scenario; from the file name when left out')
    .option(
      '--people <n>',
      'people to simulate, in the proportions of the table',
      wholeNumber(2, 100_000),
      500,
    )
    .action(async (servers: string, people: string, options: object) => {
      const { importWorldFiles } = await import('./commands/world.ts');
      process.exitCode = importWorldFiles(servers, people, options as Parameters<typeof importWorldFiles>[2]);
    });

  netsplit
    .command('params')
    .description('List what can be turned in a scenario: value, unit, plausible range, source, meaning.')
    .argument('<scenario>', 'name in the library or path of a YAML file')
    .argument('[filter]', 'only paths that contain this')
    .option('--set <path=value>', 'as for run; may repeat', collect, [])
    .option('--all', 'modelled constants, too, which reports list but nobody can set')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (scenario: string, filter: string | undefined, options: object) => {
      const { params } = await import('./commands/params.ts');
      process.exitCode = params(scenario, filter, options as Parameters<typeof params>[2]);
    });
}
