// The commands that look at one Matrix room: as a picture, and as the smallest room that still shows what is wrong with it.
import { Option, type Command } from 'commander';
import { questionForms } from '../scenarios/room-shrink/room-question.ts';
import { wholeNumber } from './option-values.ts';

const follow = (): Option =>
  new Option('--follow <what>', 'as for resolve').choices(['deployed', 'text']).default('deployed');

/** Adds them to the program. */
export function addRoomCommands(netsplit: Command): void {
  const room = netsplit
    .command('room')
    .description(
      'Draw the graph of a Matrix room file as an SVG picture; or, with `shrink`, make the room small.',
    )
    .argument('<file>', 'as for resolve')
    .option('--out <file>', 'where the picture goes; standard output when left out')
    .option('--last <n>', 'draw only the newest events, this many', wholeNumber(1, 1_000_000))
    .option('--room-version <version>', 'as for resolve')
    .option('--room-module <file>', 'as for resolve')
    .addOption(follow())
    .action(async (file: string, options: object) => {
      const { room: draw } = await import('./commands/room.ts');
      process.exitCode = await draw(file, options);
    });

  room
    .command('shrink')
    .description(
      'Find the smallest room that still shows what is wrong with this one, under invented names, without contents, signed anew: fit to be published.',
    )
    .argument('<dump>', 'a whole room, or states to resolve, as for resolve')
    .requiredOption('--keep <what>', `what it must go on showing: ${questionForms}`)
    .option('--out <file>', 'where the room goes; the dump’s name with -shrunk.json, here, when left out')
    .option('--case <file>', 'keep a state reset there as a case, too, for replay and regress')
    .option('--room-version <version>', 'as for resolve')
    .option('--room-module <file>', 'as for resolve')
    .addOption(follow())
    .option('--json', 'print one JSON document and nothing else')
    .action(async (dump: string, _options: object, command: Command) => {
      const { roomShrink } = await import('./commands/room-shrink.ts');
      // Options that the picture has, too, are taken by it.
      process.exitCode = await roomShrink(dump, command.optsWithGlobals());
    });
}
