// Blame as a flow: from the faults, through where messages waited, to what was late and what was lost.
import { sankey, sankeyLinkHorizontal, type LaidNode } from 'd3-sankey';
import { countInWords } from '../../../figures-in-words.ts';
import { reasonWords } from '../../../reason-words.ts';
import type { SpanReason } from '../../../fates.ts';
import type { BlameAccount, BlameLine, SystemRecord } from '../../../record-system.ts';
import { element, svg, type Child } from '../dom.ts';

const width = 900;
const rowHeight = 34;

interface Flow {
  readonly source: string;
  readonly target: string;
  readonly value: number;
}

const waitOf = ({ reason }: BlameLine): string => reasonWords[reason as SpanReason] ?? reason;

/** A delivery counts once for each line of blame on its way; never-delivered ones flow to the lost. */
function flowsOf(lines: readonly BlameLine[]): readonly Flow[] {
  const sums = new Map<string, Flow>();
  const add = (source: string, target: string, value: number): void => {
    if (value <= 0) return;
    const key = JSON.stringify([source, target]);
    sums.set(key, { source, target, value: (sums.get(key)?.value ?? 0) + value });
  };
  for (const line of lines) {
    const wait = `wait ${waitOf(line)}`;
    add(`fault ${line.title}`, wait, line.deliveries);
    add(wait, 'end late', line.deliveries - line.neverDelivered);
    add(wait, 'end lost', line.neverDelivered);
  }
  return [...sums.values()];
}

const nameOf = (id: string): string => id.slice(id.indexOf(' ') + 1);

/** At the ends stands how many deliveries there were; on their way each is counted wherever it waited. */
function label({ id, x0, x1, y0, y1, value }: LaidNode, { late, lost }: BlameAccount): SVGElement {
  const isLast = id.startsWith('end ');
  const count = id === 'end late' ? late : id === 'end lost' ? lost : value;
  const text = `${nameOf(id)} · ${countInWords(count)}`;
  return svg(
    'text',
    {
      x: isLast ? x0 - 6 : x1 + 6,
      y: (y0 + y1) / 2,
      dy: '0.35em',
      'text-anchor': isLast ? 'end' : 'start',
    },
    text.length > 58 ? `${text.slice(0, 57)}…` : text,
  );
}

/** The flow of one system; nothing when nothing was late or lost. */
export function blameFlow({ title, blame, blameAccount }: SystemRecord): Child {
  const flows = flowsOf(blame);
  if (flows.length === 0) return undefined;
  const ids = [...new Set(flows.flatMap(({ source, target }) => [source, target]))];
  const inColumn = (kind: string): number => ids.filter((id) => id.startsWith(kind)).length;
  const height = Math.max(64, Math.max(inColumn('fault'), inColumn('wait')) * rowHeight);
  const { nodes, links } = sankey()
    .nodeId(({ id }) => id)
    .nodeWidth(10)
    .nodePadding(16)
    .extent([
      [1, 6],
      [width - 1, height - 10],
    ])({
    nodes: ids.map((id) => ({ id })),
    links: flows.map((flow) => ({ ...flow })),
  });
  const path = sankeyLinkHorizontal();
  const words = flows
    .map(({ source, target, value }) => `${nameOf(source)} to ${nameOf(target)}: ${countInWords(value)}`)
    .join('; ');
  return element(
    'div',
    { class: 'flow', role: 'region', tabindex: 0, 'aria-label': `Flow of blame, ${title}` },
    svg(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': `Deliveries from fault to outcome. ${words}`,
      },
      ...links.map((link) =>
        svg(
          'path',
          {
            d: path(link) ?? '',
            class: link.target.id === 'end lost' ? 'stream lost' : 'stream',
            'stroke-width': Math.max(1, link.width),
          },
          svg(
            'title',
            {},
            `${nameOf(link.source.id)} → ${nameOf(link.target.id)}: ${countInWords(link.value)}`,
          ),
        ),
      ),
      ...nodes.map(({ id, x0, x1, y0, y1 }) =>
        svg('rect', {
          class: `stop ${id.slice(0, id.indexOf(' '))}`,
          x: x0,
          y: y0,
          width: x1 - x0,
          height: Math.max(1, y1 - y0),
        }),
      ),
      ...nodes.map((node) => label(node, blameAccount)),
    ),
    element(
      'p',
      { class: 'note' },
      'From the faults by where messages waited to what became of them. As wide as the number of deliveries that waited there: one that waited at several places is drawn at each.',
    ),
  );
}
