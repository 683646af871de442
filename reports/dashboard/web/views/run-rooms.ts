// The Matrix rooms of a run at an instant: which servers hold which and whether they agree, and one server's copy.
import type { RoomCopy, RunRooms } from '../../../views/run-rooms.ts';
import * as api from '../api.ts';
import { clockTime } from '../clock-time.ts';
import { card, element, fill, table } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf, remember } from '../router.ts';
import { RoomDesk } from './room-desk.ts';
import { runViews } from './run-links.ts';

/** Copies with the same letter have the same state. */
const letter = (number: number): string => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[Math.min(number, 25)] ?? '';

function different(copies: readonly RoomCopy[]): string {
  const states = 1 + Math.max(...copies.map(({ state }) => state));
  const fronts = 1 + Math.max(...copies.map(({ front }) => front));
  if (states > 1) return `${states} states`;
  return fronts > 1 ? 'one state, different ends' : 'all agree';
}

/** The view of a run's rooms. */
export const runRoomsView: View = async (root, { path: [, id = ''], query }) => {
  const record = await api.run(id);
  const systems = Object.entries(record.systems).filter(
    ([, { convergence }]) => convergence.converged !== null,
  );
  const system = query.get('system') ?? systems[0]?.[0];
  const asked = Number(query.get('t') ?? Number.NaN);
  const lastHeal = Math.max(0, ...record.faults.map(({ end }) => end));
  const at = Number.isFinite(asked) ? asked : Math.min(record.windows.horizon, Math.floor(lastHeal));
  const heading = [runViews(id, 'rooms'), element('h1', {}, `Rooms: ${record.title}`)];
  if (system === undefined) {
    fill(
      root,
      ...heading,
      card({ title: 'No rooms' }, element('p', {}, 'No system of this run keeps rooms on several servers.')),
    );
    return { title: `Rooms: ${record.title}` };
  }
  const wait = element('p', { class: 'note', role: 'status' }, 'Simulating the run again up to there…');
  fill(root, ...heading, wait);
  const found = await api.runRooms(id, {
    system,
    at,
    room: query.get('room') ?? undefined,
    server: query.get('server') ?? undefined,
  });
  const { chosen } = found;
  const place = {
    system,
    t: at,
    ...(chosen === null ? {} : { room: chosen.roomId, server: chosen.server }),
  };
  const go = (change: Readonly<Record<string, string | number | undefined>>): void => {
    location.hash = addressOf(['run', id, 'rooms'], { ...place, ...change });
  };
  fill(
    root,
    ...heading,
    whenForm(
      found,
      systems.map(([each, { title }]) => [each, title]),
      go,
    ),
    chosen === null
      ? card({ title: 'No rooms' }, element('p', {}, 'Nobody holds a room at this instant.'))
      : element('div', { class: 'grid' }, roomsCard(found, chosen.roomId, go), copiesCard(found, chosen, go)),
  );
  if (chosen !== null) {
    const desk = new RoomDesk(query, (here) =>
      remember(addressOf(['run', id, 'rooms'], { ...place, ...here })),
    );
    const own = element('p', { class: 'note' });
    desk.onShown = ({ at: event, under }) => {
      const [first] = under;
      own.textContent =
        event !== null || first === undefined || first.sha256 === chosen.sha256
          ? ''
          : 'The server itself has another state than the one that follows from these events: it took events whose predecessors it lacked, or failed some softly.';
    };
    root.append(own, desk.root);
    const states = chosen.states === null ? undefined : { text: chosen.states, name: 'states it was told' };
    void desk.open({ text: chosen.text, name: chosen.server, states }, false);
  }
  return { title: `Rooms: ${record.title}` };
};

type Go = (change: Readonly<Record<string, string | number | undefined>>) => void;

function whenForm(
  { system, at, epoch, horizon }: RunRooms,
  systems: readonly (readonly [string, string])[],
  go: Go,
): HTMLElement {
  const time = element('input', {
    type: 'number',
    id: 't',
    min: 0,
    max: Math.floor(horizon),
    step: 'any',
    value: at,
  });
  const choice = element(
    'select',
    { id: 'system' },
    ...systems.map(([each, title]) => element('option', { value: each, selected: each === system }, title)),
  );
  const form = element(
    'form',
    { class: 'row noprint' },
    element('span', { class: 'pair' }, element('label', { for: 'system' }, 'System'), choice),
    element('span', { class: 'pair' }, element('label', { for: 't' }, 'Seconds after the epoch'), time),
    element('button', { type: 'submit' }, 'Show'),
    element('span', { class: 'note' }, clockTime(Date.parse(epoch) + at * 1_000, true)),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    go({ system: choice.value, t: time.value, room: undefined, server: undefined, at: undefined });
  });
  return form;
}

function roomsCard({ rooms, unlisted }: RunRooms, current: string, go: Go): HTMLElement {
  const choice = element(
    'select',
    { id: 'room', size: Math.min(10, Math.max(2, rooms.length)) },
    ...rooms.map(({ roomId, copies }) =>
      element(
        'option',
        { value: roomId, selected: roomId === current },
        `${different(copies)} · ${copies.length} servers · ${Math.max(...copies.map(({ events }) => events))} events · ${roomId}`,
      ),
    ),
  );
  choice.addEventListener('change', () => go({ room: choice.value, server: undefined }));
  return card(
    {
      title: 'Rooms',
      width: 'half',
      note: `Those on which servers disagree come first.${unlisted > 0 ? ` ${unlisted} more are not listed.` : ''}`,
    },
    element('label', { for: 'room', class: 'hint' }, 'Room'),
    choice,
  );
}

function copiesCard({ rooms }: RunRooms, chosen: NonNullable<RunRooms['chosen']>, go: Go): HTMLElement {
  const copies = rooms.find(({ roomId }) => roomId === chosen.roomId)?.copies ?? [];
  return card(
    {
      title: 'Whose copy',
      width: 'half',
      note: 'Copies with the same letter have the same state, or the same forward extremities.',
    },
    table<RoomCopy>(
      `Servers with ${chosen.roomId}`,
      [
        {
          title: 'server',
          cell: ({ server }) => {
            const button = element(
              'button',
              {
                type: 'button',
                class: 'plainbutton',
                'aria-pressed': server === chosen.server ? 'true' : 'false',
              },
              server,
            );
            button.addEventListener('click', () => go({ server }));
            return button;
          },
        },
        { title: 'events', number: true, cell: ({ events }) => events },
        { title: 'state', cell: ({ state }) => letter(state) },
        { title: 'ends', cell: ({ front }) => letter(front) },
      ],
      copies,
    ),
  );
}
