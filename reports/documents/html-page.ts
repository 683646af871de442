// A page in one file: no script, no request to anywhere; its data lie in it as JSON, for `netsplit verify`.
import { xmlText } from '../room-drawing/xml-text.ts';

/** HTML that is safe to stand in a page as it is. */
export interface Markup {
  readonly html: string;
}

/** Text of anybody, made harmless. */
export function text(content: string): Markup {
  return { html: xmlText(content) };
}

/** Markup with values in it; strings and numbers are text, markup stays markup, lists are joined. */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
  const parts = strings.flatMap((part, index) => {
    const value = values[index];
    return value === undefined ? [part] : [part, rendered(value)];
  });
  return { html: parts.join('') };
}

function rendered(value: string | number | Markup | readonly Markup[]): string {
  if (typeof value === 'string' || typeof value === 'number') return xmlText(String(value));
  return 'html' in value ? value.html : value.map((each) => each.html).join('\n');
}

/** A picture made here. */
export function picture(svg: string): Markup {
  return { html: `<figure>${svg}</figure>` };
}

/** A table: a head and rows of cells; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Markup {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${head.map((cell) => html`<th scope="col">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(cellOf)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function cellOf(value: string | number, index: number): Markup {
  const numeric = typeof value === 'number' || /^(–|[−+-]?\d.{0,24})$/.test(value);
  if (index === 0) return html`<th scope="row">${value}</th>`;
  return numeric ? html`<td class="number">${value}</td>` : html`<td>${value}</td>`;
}

/** A section that readers may fold away. */
export function folded(title: string, content: Markup): Markup {
  return html`<details>
    <summary>${title}</summary>
    ${content}
  </details>`;
}

const style = `
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { margin-top: 2.2rem; font-size: 1.25rem; }
table { border-collapse: collapse; font-size: 0.9rem; } .wide { overflow-x: auto; }
th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; font-weight: normal; }
thead th { font-weight: 600; border-bottom: 2px solid #999; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1.2rem 0; overflow-x: auto; } figure > svg { max-width: 100%; height: auto; }
.caveat { border-left: 4px solid #EE6677; padding: 0.3rem 0.9rem; background: #fdf3f4; }
pre { overflow-x: auto; background: #f5f5f5; padding: 0.8rem; font-size: 0.8rem; } code { font-size: 0.9em; overflow-wrap: anywhere; }
details { margin: 0.8rem 0; } summary { cursor: pointer; font-weight: 600; }
@media print { details > * { display: block; } }
`;

/** Where the data of a page lie. */
const dataId = 'netsplit-data';

interface Page {
  readonly title: string;
  readonly body: Markup;
  /** What `netsplit verify` needs: JSON. */
  readonly data: object;
}

/** The whole document. The policy forbids it any script and any connection: it can be mailed and opened anywhere. */
export function page({ title, body, data }: Page): string {
  // "<" would let text in the data end the element.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${xmlText(title)}</title>
<style>${style}</style>
</head>
<body>
${body.html}
<script type="application/json" id="${dataId}">${json}</script>
</body>
</html>
`;
}

/** The data of a page; undefined when it has none, or they are damaged. */
export function dataOfPage(document: string): unknown {
  const [, json] =
    new RegExp(`<script type="application/json" id="${dataId}">(.*?)</script>`, 's').exec(document) ?? [];
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
