// Every command in the documents is one that netsplit has: parsed by the program itself, with files that exist.
import { existsSync, readdirSync } from 'node:fs';
import { CommanderError, type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { netsplitProgram } from '../../cli/command-line.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import {
  commandsInProse,
  commandsOf,
  documentNames,
  documentText,
  fencesOf,
  type DocumentedCommand,
} from '../support/documents.ts';
import { acts } from '../support/references.ts';

const library = new Set(readdirSync(packageFile('scenarios', 'library')).map((name) => name.slice(0, -5)));
const documents = documentNames();
const fenced = documents.flatMap((document) =>
  fencesOf(documentText(document)).flatMap((fence) => commandsOf(document, fence)),
);
const named = documents.flatMap(commandsInProse);

/** What is left out where prose only names a command or an option. */
const incomplete = new Set([
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.optionMissingArgument',
]);

/** Gives every command something harmless to do. */
function disarm(command: Command, parsed: (what: Command) => void): void {
  for (const child of command.commands) {
    child.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (acts(child)) child.action(() => parsed(child));
    disarm(child, parsed);
  }
}

/** What is wrong with a command, in words; nothing when it is right. */
async function complaint({ words, inProse }: DocumentedCommand): Promise<string | undefined> {
  const program = netsplitProgram();
  program.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  let command: Command | undefined;
  disarm(program, (what) => (command = what));
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const placeholder = words.some((word) => word.startsWith('<'));
    if (error instanceof CommanderError && inProse && incomplete.has(error.code)) return undefined;
    if (error instanceof CommanderError && placeholder && error.code === 'commander.invalidArgument')
      return undefined;
    return (error as Error).message;
  }
  const [name] = command?.registeredArguments ?? [];
  const scenario = name?.name().startsWith('scenario') ? (command?.args[0] ?? '') : '';
  if (/^[a-z0-9-]+$/.test(scenario) && !library.has(scenario)) return `no scenario "${scenario}"`;
  const missing = words
    .filter((word) => /^(examples|cases|docs|test|scenarios)\//.test(word))
    .filter((word) => !word.includes('<') && !existsSync(packageFile(word)));
  return missing.length === 0 ? undefined : `no file ${missing.join(', ')}`;
}

async function complaintsOf(commands: readonly DocumentedCommand[]): Promise<readonly string[]> {
  const complaints: string[] = [];
  for (const command of commands) {
    const what = await complaint(command);
    if (what !== undefined) complaints.push(`${command.place}: netsplit ${command.words.join(' ')}: ${what}`);
  }
  return complaints;
}

describe('the commands in the documents', () => {
  it('are all found', () => {
    expect(fenced.length).toBeGreaterThan(60);
    expect(named.length).toBeGreaterThan(60);
  });

  it('are right where they stand in a block to copy', async () => {
    expect(await complaintsOf(fenced)).toEqual([]);
  });

  it('are right where prose and tables name them', async () => {
    expect(await complaintsOf(named)).toEqual([]);
  });

  it('stand in blocks that say whether they are run', () => {
    const unmarked = documents.flatMap((document) =>
      fencesOf(documentText(document))
        .filter(({ language, lines }) => language !== 'sh' && lines.some((line) => line.startsWith('npx ')))
        .map(({ line }) => `${document}:${line}`),
    );
    expect(unmarked).toEqual([]);
  });

  it('are refused when they are not right', async () => {
    const wrong = ['run nowhere', 'run small-town --sed 1', 'rum small-town', 'replay cases/none.yaml'];
    const complaints = await complaintsOf(
      wrong.map((line) => ({ place: 'here', words: line.split(' '), inProse: false })),
    );
    expect(complaints).toHaveLength(wrong.length);
  });
});
