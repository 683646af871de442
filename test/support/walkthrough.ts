// A document followed as its reader would: its commands in order, in a folder of their own, with what it says they print.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFile } from '../../scenarios/package-file.ts';
import { commandsOf, fencesOf, type Fence } from './documents.ts';
import { netsplitHere } from './netsplit-here.ts';

/** What following a document came to. */
export interface Walk {
  /** How many commands were run. */
  readonly commands: number;
  /** The document with what its commands really printed, line for line where it quotes them. */
  readonly text: string;
  /** Exit codes other than said, quoted lines that nothing like was printed, edits that do not fit. */
  readonly complaints: readonly string[];
}

/** Follows a document. `slow` blocks are left out unless asked for, with what is quoted from them. */
export async function follow(document: string, text: string, withSlow: boolean): Promise<Walk> {
  const before = process.cwd();
  const folder = readersFolder();
  process.chdir(folder);
  try {
    return await followHere(document, text, withSlow);
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a reader's clone has, as far as documents write of it. */
function readersFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-docs-'));
  for (const name of ['examples', 'cases', 'test'])
    symlinkSync(packageFile(name), join(folder, name), 'junction');
  cpSync(packageFile('docs', 'tutorials', 'exercises'), join(folder, 'docs', 'tutorials', 'exercises'), {
    recursive: true,
  });
  return folder;
}

async function followHere(document: string, text: string, withSlow: boolean): Promise<Walk> {
  const lines = text.split('\n');
  const complaints: string[] = [];
  let commands = 0;
  let printed: readonly string[] | undefined;
  for (const fence of fencesOf(text)) {
    const { language, notes } = fence;
    const [file] = notes;
    const complain = (what: string) => complaints.push(`${document}:${fence.line}: ${what}`);
    if (language === 'sh') {
      printed = undefined;
      if (notes.includes('no-run') || (notes.includes('slow') && !withSlow)) continue;
      const ran = await runFence(document, fence);
      commands += ran.commands;
      printed = ran.printed;
      ran.complaints.forEach(complain);
    } else if (language === 'text' && printed !== undefined) {
      const quoted = asPrinted(fence.lines, printed);
      quoted.missing.forEach((line) => complain(`not printed: ${line}`));
      lines.splice(fence.line, fence.lines.length, ...quoted.lines);
    } else if (language === 'diff' && file !== undefined && !applyEdit(file, fence.lines))
      complain(`does not fit ${file}`);
  }
  return { commands, text: lines.join('\n'), complaints };
}

async function runFence(
  document: string,
  fence: Fence,
): Promise<{ commands: number; printed: readonly string[]; complaints: readonly string[] }> {
  const expected = Number(/exit=(\d)/.exec(fence.notes.join(' '))?.[1] ?? 0);
  const complaints = fence.lines
    .filter((line) => !/^(npx netsplit |cp \S+ \S+$|\s|#|$)/.test(line))
    .map((line) => `cannot be run by a test: ${line}`);
  for (const line of fence.lines) {
    const [, from, to] = /^cp (\S+) (\S+)$/.exec(line) ?? [];
    if (from !== undefined && to !== undefined) cpSync(from, to);
  }
  const commands = commandsOf(document, fence);
  let printed = '';
  for (const { words, into } of commands) {
    const { exitCode, stdout, stderr } = await netsplitHere(...words.map(newestFolder));
    printed = stdout;
    if (into !== undefined) writeFileSync(into, stdout);
    if (exitCode !== expected) complaints.push(`ended with ${exitCode}: ${words.join(' ')}\n${stderr}`);
  }
  return { commands: commands.length, printed: printed.split('\n'), complaints };
}

/** `runs/<folder>` stands for the run folder that was made last. */
function newestFolder(word: string): string {
  const [, parent] = /^(\w+)\/<folder>$/.exec(word) ?? [];
  if (parent === undefined) return word;
  if (parent === 'runs')
    return `runs/${(JSON.parse(readFileSync('runs/latest.json', 'utf8')) as { run: string }).run}`;
  return `${parent}/${readdirSync(parent)[0]}`;
}

/** Figures, and the beginnings of digests, made alike: what is left is which line it is. */
const shape = (line: string): string =>
  line
    .replaceAll(/\b[0-9a-f]{8,}\b|[-+−]?\d[\d.,]*/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim();

/**
 * Quoted lines as they were printed: each has to be there, in order, and next to the one before it unless `…` stands
 * between them. A line whose figures alone have moved is replaced by what was printed.
 */
export function asPrinted(
  quoted: readonly string[],
  printed: readonly string[],
): { readonly lines: readonly string[]; readonly missing: readonly string[] } {
  const lines: string[] = [];
  const missing: string[] = [];
  let next = 0;
  let gap = true;
  for (const line of quoted) {
    if (line.trim() === '…') {
      gap = true;
      lines.push(line);
      continue;
    }
    const ahead = gap ? printed.slice(next) : printed.slice(next, next + 1);
    const exact = ahead.findIndex((each) => each.trimEnd() === line);
    const found = exact >= 0 ? exact : ahead.findIndex((each) => shape(each) === shape(line));
    if (found < 0) {
      missing.push(line);
      lines.push(line);
      continue;
    }
    lines.push(ahead[found]!.trimEnd());
    next += found + 1;
    gap = false;
  }
  return { lines, missing };
}

/** Applies the lines of an edit (`-` out, `+` in, the others to find the place); false when they do not fit. */
function applyEdit(file: string, edit: readonly string[]): boolean {
  const side = (sign: string): string =>
    edit
      .filter((line) => line.startsWith(sign) || line.startsWith(' '))
      .map((line) => line.slice(1))
      .join('\n');
  const text = readFileSync(file, 'utf8');
  const [before, after] = ['-', '+'].map((sign) => `\n${side(sign)}\n`) as [string, string];
  if (text.split(before).length !== 2) return false;
  writeFileSync(
    file,
    text.replace(before, () => after),
  );
  return true;
}
