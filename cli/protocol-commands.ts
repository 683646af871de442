// The commands that look at one protocol alone: its packets, its routing.
import { Argument, Option, type Command } from 'commander';
import { seedNumber, wholeNumber } from './option-values.ts';

/** Adds them to the program. */
export function addProtocolCommands(netsplit: Command): void {
  netsplit
    .command('overlay')
    .description(
      "Study Pinecone's routing on a fixed graph: convergence, stretch, control traffic, recovery.",
    )
    .argument(
      '<graph>',
      'line:<n>, grid:<w>x<h>, random:<n>:<neighbours>, freifunk-bielefield, dn42, or a file',
    )
    .option('--seed <n>', 'seed of keys, delays, the graph where it is random, and the pairs', seedNumber, 1)
    .option('--hop-limit', 'drop traffic that has come too far, as the applications do', false)
    .option('--pairs <n>', 'most pairs of nodes that are tried', wholeNumber(1, 1_000_000), 2_000)
    .addOption(
      new Option('--disturb <how>', 'what happens once it has converged')
        .choices(['none', 'root-leaves', 'root-churns', 'halves'])
        .default('none'),
    )
    .option('--json', 'print one JSON document and nothing else')
    .action(async (graph: string, options: object) => {
      const { overlay } = await import('./commands/overlay.ts');
      process.exitCode = overlay(graph, options as Parameters<typeof overlay>[1]);
    });

  netsplit
    .command('decode')
    .description('Explain one packet field by field: a Bitchat or Pinecone frame, or a Matrix event (PDU).')
    .addArgument(new Argument('<format>', 'what it is').choices(['bitchat', 'pinecone', 'pdu']))
    .argument(
      '<packet>',
      'hexadecimal digits of a frame, JSON of a PDU, a file with either, or - for standard input',
    )
    .option('--room-version <version>', 'of a PDU; told by its shape as far as that goes when left out')
    .option('--json', 'print one JSON document and nothing else')
    .action(async (format: 'bitchat' | 'pinecone' | 'pdu', packet: string, options: object) => {
      const { decode } = await import('./commands/decode.ts');
      process.exitCode = decode(format, packet, options);
    });
}
