// Charts as SVG text, drawn without a browser: Observable Plot on a document of its own. Equal input, equal bytes.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { xmlText } from '../room-drawing/xml-text.ts';

/** What a chart says about itself, inside the picture: a chart travels without its page. */
export interface ChartText {
  readonly title: string;
  readonly subtitle?: string;
  /** Source, seeds, range and limits; one line each. */
  readonly notes: readonly string[];
  /** What the colours mean, beneath the titles. */
  readonly legend?: readonly { readonly label: string; readonly colour: string }[];
}

/** Colours that people with any colour vision tell apart (P. Tol, "Colour Schemes", 2021: bright). */
export const palette = ['#4477AA', '#EE6677', '#228833', '#CCBB44', '#66CCEE', '#AA3377', '#BBBBBB'] as const;

/** Behind the curves, in no colour that a system can have. */
export const faultBand = { fill: '#555', fillOpacity: 0.1 } as const;

/** Width of every chart, and heights of its lines of text, in pixels. */
const width = 760;
const titleHeight = 26;
const lineHeight = 16;
const legendWidth = 130;

/** What is used of the element that Plot returns: this project is compiled without a browser's types. */
interface Drawn {
  readonly tagName: string;
  readonly outerHTML: string;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  querySelector(selector: string): Drawn | null;
}

/** Draws a plot with its texts above and below, as a self-contained SVG document. */
export function renderChart(options: Plot.PlotOptions, text: ChartText): string {
  const page = parseHTML('<html><body></body></html>') as unknown as { readonly document: never };
  const plot = Plot.plot({ width, ...options, document: page.document }) as unknown as Drawn;
  const figure = plot.tagName.toLowerCase() === 'svg' ? plot : plot.querySelector('svg');
  if (figure === null) throw new TypeError('a plot without a picture');
  const height = Number(figure.getAttribute('height'));
  const above = [text.title, ...(text.subtitle === undefined ? [] : [text.subtitle])];
  const legend = text.legend ?? [];
  const titles = titleHeight + (above.length - 1) * lineHeight;
  const top = titles + (legend.length === 0 ? 0 : lineHeight + 2) + 8;
  const bottom = text.notes.length * lineHeight + 12;
  figure.setAttribute('y', String(top));
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + height + bottom}" width="${width}" height="${top + height + bottom}" font-family="system-ui, sans-serif" role="img">`,
    `<title>${xmlText(text.title)}</title>`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...above.map(
      (line, index) =>
        `<text x="12" y="${titleHeight - 6 + index * lineHeight}" font-size="${index === 0 ? 16 : 12}"${index === 0 ? ' font-weight="600"' : ' fill="#555"'}>${xmlText(line)}</text>`,
    ),
    ...legend.map(
      ({ label, colour }, index) =>
        `<rect x="${12 + index * legendWidth}" y="${titles + 3}" width="10" height="10" fill="${colour}"/>` +
        `<text x="${27 + index * legendWidth}" y="${titles + 12}" font-size="12">${xmlText(label)}</text>`,
    ),
    figure.outerHTML,
    ...text.notes.map(
      (line, index) =>
        `<text x="12" y="${top + height + (index + 1) * lineHeight}" font-size="11" fill="#555">${xmlText(line)}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}
