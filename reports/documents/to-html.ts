// A report as one self-contained HTML file.
import { folded, html, page, picture, table, text, type Markup } from './html-page.ts';
import { partsOf, type Block, type ReportDocument } from './document.ts';

/** The file's text. */
export function toHtml({ title, blocks, data }: ReportDocument): string {
  return page({
    title,
    body: html`<h1>${title}</h1>
      ${blocks.map(markupOf)}`,
    data,
  });
}

function markupOf(block: Block): Markup {
  switch (block.kind) {
    case 'heading':
      return html`<h2>${block.text}</h2>`;
    case 'text':
      return html`<p>${prose(block.text)}</p>`;
    case 'caveat':
      return html`<div class="caveat">${block.lines.map((line) => html`<p>${prose(line)}</p>`)}</div>`;
    case 'list':
      return html`<ul>
        ${block.items.map((item) => html`<li>${prose(item)}</li>`)}
      </ul>`;
    case 'table':
      return table(block.head, block.rows);
    case 'chart':
      return picture(block.svg);
    case 'code':
      return html`<pre><code>${block.text}</code></pre>`;
    case 'folded':
      return folded(block.title, html`${block.blocks.map(markupOf)}`);
  }
}

/** Text with the names in it that stand between backticks as code. */
function prose(content: string): Markup {
  const parts = partsOf(content).map(({ text: part, isName }) =>
    isName ? html`<code>${part}</code>` : text(part),
  );
  return { html: parts.map((part) => part.html).join('') };
}
