// A Matrix room: its graph, the state at any event, and why a resolution ended as it did, under one or two algorithms.
import type { ResolvedKey, RoomEvent, RoomUnder, RoomView } from '../../../views/room.ts';
import * as api from '../api.ts';
import { card, element, fill, svg, table, type Child } from '../dom.ts';
import type { View } from '../main.ts';

const algorithms = ['v1', 'v2', 'v2.1'] as const;
type Algorithm = (typeof algorithms)[number];

const rowHeight = 26;
const laneWidth = 18;
/** Rows drawn; older events of a longer room are left out. */
const mostRows = 600;

const markWords: Readonly<Record<RoomEvent['mark'], string>> = {
  'in-state': 'in the state',
  superseded: 'replaced or resolved away',
  message: 'message',
  'soft-failed': 'soft-failed',
  rejected: 'rejected',
  unknown: 'unknown',
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
    default:
      return svg('circle', { r: 3, class: 'm-message' });
  }
}

function graphOf({ events, edges, lanes }: RoomUnder, from: number): SVGElement {
  const x = (lane: number): number => lane * laneWidth + laneWidth / 2;
  const y = (row: number): number => (row - from) * rowHeight + rowHeight / 2;
  const laneOf = new Map(events.map(({ row, lane }) => [row, lane]));
  return svg(
    'svg',
    {
      width: lanes * laneWidth,
      height: (events.length - from) * rowHeight,
      class: 'dag',
      'aria-hidden': 'true',
    },
    ...edges
      .filter(([older]) => older >= from)
      .map(([older, newer, lane]) => {
        const [x1, x2] = [x(laneOf.get(older) ?? 0), x(laneOf.get(newer) ?? 0)];
        const between = newer - older > 1 ? `L${x(lane)} ${y(older + 1)}L${x(lane)} ${y(newer - 1)}` : '';
        return svg('path', { d: `M${x1} ${y(older)}${between}L${x2} ${y(newer)}`, class: 'edge' });
      }),
    ...events.slice(from).map((event) => {
      const place = svg('g', { transform: `translate(${x(event.lane)} ${y(event.row)})` });
      if (event.isForwardExtremity) place.append(svg('circle', { r: 9, class: 'm-tip' }));
      place.append(markOf(event));
      return place;
    }),
  );
}

function eventRow(event: RoomEvent, selected: string | null, choose: (id: string) => void): HTMLElement {
  const { id, type, stateKey, membership, sender, mark, reason, isForwardExtremity } = event;
  const what = membership ?? type;
  const key = stateKey === null || stateKey === '' ? '' : ` ${stateKey}`;
  const button = element(
    'button',
    {
      type: 'button',
      class: 'eventrow',
      'aria-pressed': id === selected ? 'true' : 'false',
      title: [id, `${type}${key} by ${sender}`, reason ?? ''].join('\n'),
    },
    element('code', {}, id.slice(0, 10)),
    element('span', { class: `what ${mark}` }, `${what}${key}`),
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

function keyStory({ key, origin, winner, contenders }: ResolvedKey): Child {
  return element(
    'details',
    { class: 'key' },
    element('summary', {}, `${key}: ${winner === null ? 'nothing' : winner.slice(0, 10)}`),
    element('p', { class: 'note' }, origin),
    element(
      'ol',
      {},
      ...contenders.map(({ id, place, fate }) =>
        element(
          'li',
          {},
          element('code', {}, id.slice(0, 10)),
          ` ${fate}.`,
          element('span', { class: 'hint' }, place),
        ),
      ),
    ),
  );
}

function underCard(
  under: RoomUnder,
  { at, under: both }: RoomView,
  choose: (id: string) => void,
): HTMLElement {
  const other = both.find((each) => each !== under);
  const others = new Map(other?.state.map(([type, key, id]) => [JSON.stringify([type, key]), id]));
  const isOther = (type: string, key: string, id: string): boolean =>
    other !== undefined && others.get(JSON.stringify([type, key])) !== id;
  const differing = under.state.filter(([type, key, id]) => isOther(type, key, id)).length;
  const from = Math.max(0, under.events.length - mostRows);
  return element(
    'section',
    { class: both.length === 2 ? 'card half' : 'card' },
    element('h2', {}, `State resolution ${under.algorithm}`),
    element(
      'p',
      { class: 'note' },
      `${under.events.length} events, ${under.events.filter(({ mark }) => mark === 'rejected').length} rejected${from > 0 ? `; the last ${mostRows} drawn` : ''}. Choose one to see the state after it. ${at === null ? 'Now: at the forward extremities.' : `Now: after ${at.slice(0, 10)}.`}${other === undefined ? '' : ` ${differing === 0 ? 'The state is the same under both.' : `${differing} entries of the state differ from the other algorithm’s.`}`}`,
    ),
    element(
      'div',
      { class: 'roomgraph', role: 'region', tabindex: 0, 'aria-label': `Events under ${under.algorithm}` },
      graphOf(under, from),
      element(
        'div',
        { class: 'rows' },
        ...under.events.slice(from).map((event) => eventRow(event, at, choose)),
      ),
    ),
    element('h3', {}, 'How it was resolved'),
    element(
      'p',
      { class: 'note' },
      under.met <= 1
        ? 'One state came in: nothing was to be resolved.'
        : `${under.met} different states met; ${under.unconflicted} keys agreed.`,
    ),
    ...under.keys.map(keyStory),
    element('h3', {}, 'The state'),
    element('p', { class: 'note' }, 'SHA-256 ', element('code', {}, under.sha256.slice(0, 32))),
    table(
      `${under.state.length} entries`,
      [
        { title: 'type', cell: ([type]: readonly [string, string, string]) => type },
        { title: 'state key', cell: ([, key]) => key },
        {
          title: 'event',
          cell: ([type, key, id]) =>
            element(
              'span',
              {},
              element('code', {}, id.slice(0, 10)),
              isOther(type, key, id) && element('strong', {}, ' differs'),
            ),
        },
      ],
      under.state,
    ),
  );
}

/** The view of rooms: a file is read here and judged by the server, which keeps nothing of it. */
export const roomView: View = (root, { query }) => {
  const file = element('input', { type: 'file', id: 'file', accept: '.json,.ndjson,.jsonl,.txt' });
  const objection = element('pre', { class: 'objection', role: 'alert', hidden: true });
  const status = element('p', { class: 'note', role: 'status' });
  const body = element('div', { class: 'grid' });
  const boxes = algorithms.map((name) => {
    const box = element('input', { type: 'checkbox', value: name });
    box.checked = (query.get('algorithms') ?? '').split(',').includes(name);
    return { name, box };
  });
  let text: string | undefined;
  let at: string | undefined = query.get('at') ?? undefined;
  let name = '';
  let number = 0;
  const ask = async (): Promise<void> => {
    if (text === undefined) return;
    const asked = ++number;
    const chosen = boxes.filter(({ box }) => box.checked).map((each): Algorithm => each.name);
    objection.hidden = true;
    status.textContent = 'Judging every event…';
    try {
      const view = await api.room({ text, name, at, algorithms: chosen.slice(0, 2) });
      if (asked !== number) return;
      status.textContent = `${view.name}: ${view.roomId}, room version ${view.roomVersion}`;
      fill(
        body,
        ...view.under.map((under) =>
          underCard(under, view, (id) => {
            at = id === at ? undefined : id;
            void ask();
          }),
        ),
      );
    } catch (error) {
      if (asked !== number) return;
      status.textContent = '';
      objection.textContent = error instanceof Error ? error.message : String(error);
      objection.hidden = false;
    }
  };
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen === undefined) return;
    name = chosen.name;
    at = undefined;
    void chosen.text().then((read) => {
      text = read;
      return ask();
    });
  });
  for (const { box } of boxes)
    box.addEventListener('change', () => {
      const chosen = boxes.filter((each) => each.box.checked);
      if (chosen.length > 2) box.checked = false;
      else void ask();
    });
  fill(
    root,
    element('h1', {}, 'Rooms'),
    element(
      'p',
      { class: 'lead' },
      'Open a Matrix room from a file, as the command netsplit resolve takes it: see its graph, the state at any event, and why a resolution ended as it did.',
    ),
    element('p', { class: 'field' }, element('label', { for: 'file' }, 'Room file'), file),
    element(
      'fieldset',
      {},
      element('legend', {}, 'State resolution'),
      ...boxes.map(({ name: label, box }) => element('label', { class: 'choice' }, box, label)),
      element('span', { class: 'hint' }, 'two beside each other; the room version’s own when none is chosen'),
    ),
    objection,
    status,
    body,
  );
  if (text === undefined)
    fill(
      body,
      card(
        { title: 'Nothing open yet' },
        element(
          'p',
          {},
          'The page sends the file to its own server, which judges it and keeps nothing of it. What such a file looks like stands in docs/matrix-rooms.md.',
        ),
      ),
    );
  return { title: 'Rooms' };
};
