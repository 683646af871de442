// The command that judges a Matrix room and resolves its state, and holds other implementations against this one.
import { Option, type Command } from 'commander';
import type { ResolveOptions } from './commands/resolve.ts';
import { UsageError } from './exit.ts';
import { seedNumber, wholeNumber } from './option-values.ts';

/** Adds it to the program. */
export function addResolveCommand(netsplit: Command): void {
  netsplit
    .command('resolve')
    .description('Judge every event of a Matrix room file and resolve its state.')
    .argument(
      '[file]',
      'events line by line, JSON array of PDUs, room in vector form, or state sets to resolve; plain or gzip',
    )
    .argument('[args...]', 'with --subject: its command and arguments, after --')
    .option(
      '--subject',
      'hold another implementation against this one: --subject -- <command> <args…> (docs/search.md)',
    )
    .option('--problems <n>', 'with --subject: most problems to ask', wholeNumber(1, 1_000_000_000), 10_000)
    .option('--seed <n>', 'with --subject: of the problems', seedNumber, 1)
    .option('--timeout <s>', 'with --subject: seconds to wait for an answer', wholeNumber(1, 3_600), 10)
    .option('--out <file>', 'with --subject: the case of a disagreement; disagreement.yaml when left out')
    .option('--room-version <version>', 'judge by this room version instead of the room’s own')
    .option('--room-module <file>', 'a module that defines experimental room versions (docs/matrix-rooms.md)')
    .addOption(
      new Option('--follow <what>', 'where the specification and deployed servers differ, follow this')
        .choices(['deployed', 'text'])
        .default('deployed'),
    )
    .addOption(
      new Option(
        '--algorithm <name>',
        'resolve states by this algorithm instead of the version’s own',
      ).choices(['v1', 'v2', 'v2.1']),
    )
    .option('--state <file>', 'the state where part of a room begins (docs/matrix-rooms.md)')
    .option(
      '--against <file>',
      'what a server has stored of the state: names where it departs and what explains it (docs/matrix-rooms.md)',
    )
    .option('--at <event>', 'the state after this event, instead of at the forward extremities')
    .option('--diff <two>', 'run under two algorithms, e.g. v2,v2.1, and print where they differ')
    .option('--explain', 'say of each conflicted key why each contender won or lost')
    .addOption(
      new Option('--export <form>', 'print the events as DAG debuggers read them, and judge nothing').choices(
        ['ndjson'],
      ),
    )
    .option('--json', 'print one JSON document and nothing else')
    .action(
      async (
        file: string | undefined,
        args: readonly string[],
        options: ResolveOptions & { subject?: true },
      ) => {
        if (options.subject === true) {
          const { resolveSubject } = await import('./commands/resolve-subject.ts');
          const words = file === undefined ? [] : [file, ...args];
          process.exitCode = await resolveSubject(
            words,
            options as ResolveOptions & Parameters<typeof resolveSubject>[1],
          );
          return;
        }
        if (file === undefined) throw new UsageError("missing required argument 'file'");
        const { resolve } = await import('./commands/resolve.ts');
        process.exitCode = await resolve(file, options);
      },
    );
}
