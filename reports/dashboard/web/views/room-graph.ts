// The graph of a Matrix room beside the rows of its events.
import type { RoomEvent, RoomUnder } from '../../../views/room.ts';
import { element, svg } from '../dom.ts';

const rowHeight = 26;
const laneWidth = 18;
/** Rows drawn; older events of a longer room are left out. */
export const mostRows = 600;

const markWords: Readonly<Record<RoomEvent['mark'], string>> = {
  'in-state': 'in the state',
  superseded: 'replaced or resolved away',
  message: 'message',
  'soft-failed': 'soft-failed',
  rejected: 'rejected',
  unknown: 'unknown: what decides is missing',
};

function markOf({ mark }: RoomEvent): SVGElement {
  switch (mark) {
    case 'in-state':
      return svg('circle', { r: 5.5, class: 'm-state' });
    case 'superseded':
      return svg('circle', { r: 4.5, class: 'm-old' });
    case 'soft-failed':
      return svg('path', { d: 'M0-6 6 0 0 6-6 0Z', class: 'm-soft' });
    case 'rejected':
      return svg('path', { d: 'M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5', class: 'm-rejected' });
    case 'unknown':
      return svg('circle', { r: 5, class: 'm-unknown' });
    case 'message':
      return svg('circle', { r: 3, class: 'm-message' });
  }
}

function graphOf({ events, edges, lanes }: RoomUnder, from: number): SVGElement {
  const x = (lane: number): number => lane * laneWidth + laneWidth / 2;
  const y = (row: number): number => (row - from) * rowHeight + rowHeight / 2;
  const laneOf = new Map(events.map(({ row, lane }) => [row, lane]));
  const shown = events.slice(from);
  return svg(
    'svg',
    { width: lanes * laneWidth, height: shown.length * rowHeight, class: 'dag', 'aria-hidden': 'true' },
    ...shown
      .filter(({ undrawn }) => undrawn > 0)
      .map(({ lane, row }) =>
        svg('path', { d: `M${x(lane)} ${y(row)}l-5-${rowHeight * 0.75}`, class: 'edge stub' }),
      ),
    ...edges
      .filter(([older]) => older >= from)
      .map(([older, newer, lane]) => {
        const [x1, x2] = [x(laneOf.get(older) ?? 0), x(laneOf.get(newer) ?? 0)];
        const between = newer - older > 1 ? `L${x(lane)} ${y(older + 1)}L${x(lane)} ${y(newer - 1)}` : '';
        return svg('path', { d: `M${x1} ${y(older)}${between}L${x2} ${y(newer)}`, class: 'edge' });
      }),
    ...shown.map((event) => {
      const place = svg('g', { transform: `translate(${x(event.lane)} ${y(event.row)})` });
      if (event.isForwardExtremity) place.append(svg('circle', { r: 9, class: 'm-tip' }));
      place.append(markOf(event));
      return place;
    }),
  );
}

function eventRow(event: RoomEvent, selected: string | null, choose: (id: string) => void): HTMLElement {
  const { id, type, stateKey, membership, sender, mark, reason, isForwardExtremity } = event;
  const key = stateKey === null || stateKey === '' ? '' : ` ${stateKey}`;
  const button = element(
    'button',
    {
      type: 'button',
      class: 'eventrow',
      'data-event': id,
      'aria-pressed': id === selected ? 'true' : 'false',
      title: [id, `${type}${key} by ${sender}`, reason ?? ''].join('\n'),
    },
    element('code', {}, id.slice(0, 10)),
    element('span', { class: `what ${mark}` }, `${membership ?? type}${key}`),
    element('span', { class: 'quiet' }, sender),
    element(
      'span',
      { class: 'quiet' },
      `${markWords[mark]}${isForwardExtremity ? ', forward extremity' : ''}${reason === null ? '' : `: ${reason}`}`,
    ),
  );
  button.addEventListener('click', () => choose(id));
  return button;
}

/** The last {@link mostRows} events of a room, each to be chosen. */
export function roomGraph(under: RoomUnder, at: string | null, choose: (id: string) => void): HTMLElement {
  const from = Math.max(0, under.events.length - mostRows);
  return element(
    'div',
    { class: 'roomgraph', role: 'region', tabindex: 0, 'aria-label': `Events under ${under.algorithm}` },
    graphOf(under, from),
    element(
      'div',
      { class: 'rows' },
      ...under.events.slice(from).map((event) => eventRow(event, at, choose)),
    ),
  );
}
