// A room under one algorithm: graph, state, and why the resolution ended as it did.
import type { ResolvedKey, RoomUnder, RoomView } from '../../../views/room.ts';
import { element, table, type Child } from '../dom.ts';
import { mostRows, roomGraph } from './room-graph.ts';

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

/** Where one stands, and whether both algorithms have the same state there. */
function whereWeAre(under: RoomUnder, { kind, at }: RoomView, differing: number | undefined): string {
  const rejected = under.events.filter(({ mark }) => mark === 'rejected').length;
  const undecided = under.events.filter(({ mark }) => mark === 'unknown').length;
  const counts = [
    `${under.events.length} events`,
    kind !== 'states' && `${rejected} rejected`,
    undecided > 0 && `${undecided} undecided`,
  ].filter((each) => each !== false);
  const drawn = under.events.length > mostRows ? `; the last ${mostRows} drawn` : '';
  const place =
    kind === 'states'
      ? 'The file names states to resolve; no event is judged.'
      : `Choose one to see the state after it. ${at === null ? 'Now: at the forward extremities.' : `Now: after ${at.slice(0, 10)}.`}`;
  const same =
    differing === undefined
      ? ''
      : ` ${differing === 0 ? 'The state is the same under both.' : `${differing} of its keys differ from the other algorithm’s.`}`;
  return `${counts.join(', ')}${drawn}. ${place}${same}`;
}

function unknownNote({ unknown }: RoomUnder): Child {
  if (unknown === null) return undefined;
  const { why, keys } = unknown;
  const open = keys === 'rest' ? 'nothing is known of any other key' : `unknown: ${keys.join('; ')}`;
  return element('p', { class: 'note' }, `Certain is only what stands below (${open}): ${why}.`);
}

function resolutionStory({ told, untold }: RoomUnder): readonly Child[] {
  if (told === null)
    return [element('p', { class: 'note' }, `Cannot be told: ${untold ?? 'something is missing'}.`)];
  const { met, unconflicted, keys } = told;
  return [
    element(
      'p',
      { class: 'note' },
      met <= 1
        ? 'One state came in: nothing was to be resolved.'
        : `${met} different states met; ${unconflicted} keys agreed.`,
    ),
    ...keys.map(keyStory),
  ];
}

/** One algorithm’s card; a second one beside it is compared with. */
export function underCard(under: RoomUnder, view: RoomView, choose: (id: string) => void): HTMLElement {
  const rows = rowsOf(
    under,
    view.under.find((each) => each !== under),
  );
  const differing = view.under.length === 1 ? undefined : rows.filter(({ differs }) => differs).length;
  return element(
    'section',
    { class: view.under.length === 2 ? 'card half' : 'card' },
    element('h2', {}, `State resolution ${under.algorithm}`),
    element('p', { class: 'note' }, whereWeAre(under, view, differing)),
    roomGraph(under, view.at, choose),
    element('h3', {}, 'How it was resolved'),
    ...resolutionStory(under),
    element('h3', {}, 'The state'),
    unknownNote(under),
    under.sha256 !== null &&
      element('p', { class: 'note' }, 'SHA-256 ', element('code', {}, under.sha256.slice(0, 32))),
    table<StateRow>(
      `${under.state.length} entries`,
      [
        { title: 'type', cell: ({ type }) => type },
        { title: 'state key', cell: ({ key }) => key },
        {
          title: 'event',
          cell: ({ id, differs }) =>
            element(
              'span',
              {},
              id === undefined ? 'nothing' : element('code', {}, id.slice(0, 10)),
              differs && element('strong', {}, ' differs'),
            ),
        },
      ],
      rows,
    ),
  );
}

interface StateRow {
  readonly type: string;
  readonly key: string;
  /** Undefined where only the other algorithm has something. */
  readonly id: string | undefined;
  readonly differs: boolean;
}

/** The state; with another beside it, what either has. */
function rowsOf(under: RoomUnder, other: RoomUnder | undefined): readonly StateRow[] {
  const entriesOf = ({ state }: RoomUnder): ReadonlyMap<string, string> =>
    new Map(state.map(([type, key, id]) => [JSON.stringify([type, key]), id]));
  const own = entriesOf(under);
  const others = other === undefined ? own : entriesOf(other);
  return [...new Set([...own.keys(), ...others.keys()])].sort().map((place) => {
    const [type, key] = JSON.parse(place) as [string, string];
    return { type, key, id: own.get(place), differs: own.get(place) !== others.get(place) };
  });
}
