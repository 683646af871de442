// What stands in the documents that a test can hold against netsplit: fenced blocks, and the commands in them and in prose.
import { readdirSync, readFileSync } from 'node:fs';
import { packageFile } from '../../scenarios/package-file.ts';

/** A fenced block of a document. */
export interface Fence {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** The first word behind the fence: `sh`, `yaml`, `text`. */
  readonly language: string;
  /** What stands after it: `slow`, `no-run`, `exit=1`, a file name. */
  readonly notes: readonly string[];
  readonly lines: readonly string[];
}

/** A command of a document, as words. */
export interface DocumentedCommand {
  /** `README.md:12`. */
  readonly place: string;
  /** The words after the program's name. */
  readonly words: readonly string[];
  /** File that standard output goes to. */
  readonly into?: string;
  /** In prose a command may be named without all that it needs. */
  readonly inProse: boolean;
}

/** Every document of the project, by its path from the root. */
export function documentNames(): readonly string[] {
  const below = (folder: string): string[] =>
    readdirSync(packageFile(folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) return path.endsWith('.md') ? [path] : [];
      return folder === '.' ? [] : below(path);
    });
  return ['.', 'docs', 'cases', 'scenarios', 'protocol', 'sim', 'reports'].flatMap(below).sort();
}

export const documentText = (name: string): string => readFileSync(packageFile(name), 'utf8');

/** The fenced blocks of a document, in order. */
export function fencesOf(text: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; words: string[]; lines: string[] } | undefined;
  text.split('\n').forEach((line, index) => {
    const [, words] = /^```(.*)$/.exec(line) ?? [];
    if (words === undefined) open?.lines.push(line);
    else if (open === undefined) open = { line: index + 1, words: words.split(' '), lines: [] };
    else {
      const [language = '', ...notes] = open.words;
      fences.push({ line: open.line, language, notes, lines: open.lines });
      open = undefined;
    }
  });
  return fences;
}

/** The commands of a fenced block, of which each begins a line with `npx netsplit`. */
export function commandsOf(document: string, fence: Fence): readonly DocumentedCommand[] {
  const joined = fence.lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n');
  return joined
    .filter((line) => line.startsWith('npx netsplit '))
    .map((line) => ({ place: `${document}:${fence.line}`, inProse: false, ...shellWords(line) }));
}

/** The commands that a document names in its prose and tables: `netsplit run <scenario>`. */
export function commandsInProse(document: string): readonly DocumentedCommand[] {
  const fenced = /^```[\s\S]*?^```$/gm;
  const text = documentText(document).replaceAll(fenced, (block) => block.replaceAll(/[^\n]/g, ''));
  return [...text.matchAll(/`(?:npx )?netsplit\s([^`…][^`]*)`/g)].map((match) => ({
    place: `${document}:${text.slice(0, match.index).split('\n').length}`,
    inProse: true,
    // `[message]` stands for what may be left out.
    words: shellWords(`npx netsplit ${match[1]!.replaceAll('\n', ' ')}`).words.filter(
      (word) => !/^\[.*\]$/.test(word),
    ),
  }));
}

/** Splits a line as a shell would: quotes, a comment, `> file`, `&`. The first two words are `npx netsplit`. */
function shellWords(line: string): { words: readonly string[]; into?: string } {
  const words: string[] = [];
  for (const [, single, double, plain] of line.matchAll(
    /'([^']*)'|"([^"]*)"|(<[^>]*>\S*|(?:[^\s'"]|(?<=\S)['"])+)/g,
  )) {
    if (plain?.startsWith('#')) break;
    if (plain === '|') break;
    if (plain !== '&') words.push(single ?? double ?? plain!);
  }
  const redirection = words.indexOf('>');
  if (redirection < 0) return { words: words.slice(2) };
  return { words: words.slice(2, redirection), into: words[redirection + 1]! };
}
