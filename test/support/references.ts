// References made from what the code says of itself: the commands, as the program declares them, and what is checked.
import type { Argument, Command, Option } from 'commander';
import { exitCode } from '../../cli/exit.ts';
import { checkKinds } from '../../reports/check-kinds.ts';
import { resolutionInvariants } from '../../scenarios/search/resolution/invariants.ts';

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The text of docs/reference/commands.md. */
export function commandReference(program: Command): string {
  const codes = Object.entries(exitCode).map(
    ([name, value]) => `- ${value}: ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`,
  );
  return `${[
    '# Commands',
    'Made from the definitions that `netsplit` parses its arguments with, by `npx vitest run test/docs/reference.test.ts -u`; do not edit. `--help` behind a command prints the same.',
    ...leaves(program).flatMap(section),
    '## Exit codes',
    codes.join('\n'),
  ].join('\n\n')}\n`;
}

/** Whether a command does something itself, beside its subcommands if it has some. */
export const acts = (command: Command): boolean =>
  command.commands.length === 0 || command.registeredArguments.length > 0;

/** Commands that do something, in the order of `--help`. */
function leaves(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [...(acts(child) ? [child] : []), ...leaves(child)]);
}

function section(command: Command): readonly string[] {
  const path = [command.name()];
  for (let { parent } = command; parent !== null; parent = parent.parent) path.unshift(parent.name());
  const rows = [
    ...command.registeredArguments.map((argument) => [code(shape(argument)), argument.description]),
    ...command.options.filter(({ hidden }) => !hidden).map((option) => [code(option.flags), meaning(option)]),
  ];
  const table = ['| argument or option | meaning |', '| --- | --- |', ...rows.map(row)].join('\n');
  return [`## \`${path.join(' ')}\``, command.description(), ...(rows.length === 0 ? [] : [table])];
}

const row = ([first = '', second = '']: readonly string[]): string => `| ${first} | ${second} |`;
const shape = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

function meaning({ description, argChoices, defaultValue, mandatory, envVar }: Option): string {
  const notes = [
    argChoices === undefined ? '' : `One of ${argChoices.map(code).join(', ')}.`,
    mandatory ? 'Required.' : '',
    envVar === undefined ? '' : `Also from the environment: ${code(envVar)}.`,
    isTold(defaultValue) ? `Default: ${code(String(defaultValue))}.` : '',
  ];
  const sentence = cell(description.charAt(0).toUpperCase() + description.slice(1));
  return [`${sentence}${/[.?)]$/.test(sentence) ? '' : '.'}`, ...notes.filter((note) => note !== '')].join(
    ' ',
  );
}

const isTold = (value: unknown): boolean =>
  value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

/** The text of docs/reference/checks.md. */
export function checkReference(): string {
  return `${[
    '# Checks and invariants',
    'Made from the code that checks them, by `npx vitest run test/docs/reference.test.ts -u`; do not edit.',
    '## Checks of every run',
    'They stand in `run.json` under `checks`, with the fault or the system behind the slash of the id. One that does not hold gives exit code 1. What a scenario itself expects: [scenario.md](scenario.md#expectations).',
    Object.entries(checkKinds)
      .map(([kind, claim]) => `- \`${kind}/…\`: ${claim}`)
      .join('\n'),
    '## Invariants of state resolution',
    'What `netsplit search state-resolution` holds every resolution against, and what a case may name under `violates` and `holds` ([search.md](../search.md)).',
    resolutionInvariants.map(({ id, claim }) => `- \`${id}\`: ${claim}`).join('\n'),
  ].join('\n\n')}\n`;
}
