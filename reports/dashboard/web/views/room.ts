// Matrix rooms: of the server's own folder, each with an address, or from a file that is opened here.
import type { StoredRoom } from '../../wire.ts';
import * as api from '../api.ts';
import { card, element, fill, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf, remember } from '../router.ts';
import { RoomDesk, type RoomSource } from './room-desk.ts';

function shelf(rooms: readonly StoredRoom[], current: string | undefined): Child {
  return element(
    'ul',
    { class: 'plain shelf' },
    ...rooms.map(({ name, about }) =>
      element(
        'li',
        {},
        element(
          'a',
          { href: addressOf(['room', name]), ...(name === current ? { 'aria-current': 'page' } : {}) },
          name,
        ),
        about !== null && element('span', { class: 'hint' }, about),
      ),
    ),
    rooms.length === 0 && element('li', { class: 'note' }, 'The server has no room files.'),
  );
}

/** A file that is chosen on this machine. */
function chosenFile(id: string, label: string, onText: (name: string, text: string) => void): HTMLElement {
  const input = element('input', { type: 'file', id, accept: '.json,.ndjson,.jsonl,.txt' });
  input.addEventListener('change', () => {
    const [chosen] = input.files ?? [];
    if (chosen !== undefined) void chosen.text().then((text) => onText(chosen.name, text));
  });
  return element('p', { class: 'field' }, element('label', { for: id }, label), input);
}

/** The view of rooms. */
export const roomView: View = async (root, { path: [, stored], query }) => {
  const rooms = await api.rooms();
  let path = stored === undefined ? ['room'] : ['room', stored];
  const desk = new RoomDesk(query, (place) => remember(addressOf(path, place)));
  const version = element('input', { id: 'version', size: 6, maxlength: 60, autocomplete: 'off' });
  let source: RoomSource | undefined;
  const open = (next: RoomSource, isOther: boolean): void => {
    source = next;
    const { value } = version;
    void desk.open(value === '' ? next : { ...next, roomVersion: value }, isOther);
  };
  const openHere = (next: RoomSource): void => {
    path = ['room'];
    open(next, next.name !== source?.name);
  };
  version.addEventListener('change', () => source !== undefined && open(source, false));
  fill(
    root,
    element('h1', {}, 'Rooms'),
    element(
      'p',
      { class: 'lead' },
      'A Matrix room as the command netsplit resolve takes it, whole or in part: its graph, the state at any event, and why a resolution ended as it did.',
    ),
    element(
      'div',
      { class: 'grid noprint' },
      card({ title: 'Rooms of this server', width: 'half' }, shelf(rooms, stored)),
      card(
        { title: 'A file of yours', width: 'half', note: 'The server judges it and keeps nothing of it.' },
        chosenFile('file', 'Room file', (name, text) => openHere({ name, text })),
        chosenFile('states', 'States, where it begins in the middle', (name, text) => {
          if (source !== undefined) openHere({ ...source, states: { name, text } });
        }),
        element(
          'p',
          { class: 'field' },
          element('label', { for: 'version' }, 'Room version, if the file does not say'),
          version,
        ),
      ),
    ),
    desk.root,
  );
  if (stored === undefined)
    desk.instead(
      card(
        { title: 'Nothing open yet' },
        element('p', {}, 'What a room file looks like stands in docs/matrix-rooms.md.'),
      ),
    );
  else open({ name: stored, ...(await api.storedRoom(stored)) }, false);
  return { title: stored ?? 'Rooms' };
};
