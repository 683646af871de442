// A report as Markdown: everything but the pictures.
import { partsOf, type Block, type ReportDocument } from './document.ts';

/** The file's text. */
export function toMarkdown({ title, blocks }: ReportDocument): string {
  return `${[`# ${plain(title)}`, ...blocks.flatMap(linesOf)].join('\n\n')}\n`;
}

function linesOf(block: Block): readonly string[] {
  switch (block.kind) {
    case 'heading':
      return [`## ${plain(block.text)}`];
    case 'text':
      return [plain(block.text)];
    case 'caveat':
      return [block.lines.map((line) => `> ${plain(line)}`).join('\n>\n')];
    case 'list':
      return block.items.length === 0 ? [] : [block.items.map((item) => `- ${plain(item)}`).join('\n')];
    case 'table':
      return [tableOf(block.head, block.rows)];
    case 'chart':
      return [];
    case 'code':
      return [fenced(block.text)];
    case 'folded':
      return [`## ${plain(block.title)}`, ...block.blocks.flatMap(linesOf)];
  }
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)].join('\n');
}

/** In a fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.trimEnd()}\n${fence}`;
}

/** Text of anybody on one line, without what Markdown would read into it but names between backticks. */
function plain(text: string): string {
  return partsOf(text.replaceAll(/\s+/g, ' '))
    .map(({ text: part, isName }) => (isName ? `\`${part}\`` : part.replaceAll(/[\\`*_[\]<>#]/g, '\\$&')))
    .join('');
}
