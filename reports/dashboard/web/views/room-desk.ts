// Where a room is looked at, wherever it came from: one or two algorithms, and an event at which the state is asked for.
import type { RoomQuestion, RoomView } from '../../../views/room.ts';
import * as api from '../api.ts';
import { element, fill } from '../dom.ts';
import { underCard } from './room-card.ts';

const algorithms = ['v1', 'v2', 'v2.1'] as const;

/** A room as it was read. */
export type RoomSource = Pick<RoomQuestion, 'text' | 'name' | 'states' | 'roomVersion'>;

/** What of a desk stands in an address. */
export type DeskPlace = Readonly<Record<'at' | 'algorithms', string | undefined>>;

/** The server judges what it is sent and keeps nothing of it. */
export class RoomDesk {
  readonly root: HTMLElement;
  /** Of the room that is shown. */
  onShown: (view: RoomView) => void = () => undefined;
  readonly #objection = element('pre', { class: 'objection', role: 'alert', hidden: true });
  readonly #status = element('p', { class: 'note', role: 'status' });
  readonly #body = element('div', { class: 'grid' });
  readonly #boxes: readonly { readonly name: (typeof algorithms)[number]; readonly box: HTMLInputElement }[];
  readonly #onPlace: (place: DeskPlace) => void;
  #source: RoomSource | undefined;
  #at: string | undefined;
  #number = 0;

  /** `onPlace`: what is to stand in the address from now on. */
  constructor(query: URLSearchParams, onPlace: (place: DeskPlace) => void) {
    this.#at = query.get('at') ?? undefined;
    this.#onPlace = onPlace;
    const wanted = (query.get('algorithms') ?? '').split(',');
    this.#boxes = algorithms.map((name) => {
      const box = element('input', { type: 'checkbox', value: name });
      box.checked = wanted.includes(name);
      box.addEventListener('change', () => {
        if (this.#boxes.filter((each) => each.box.checked).length > 2) box.checked = false;
        else void this.#ask();
      });
      return { name, box };
    });
    this.root = element(
      'div',
      {},
      element(
        'fieldset',
        { class: 'noprint' },
        element('legend', {}, 'State resolution'),
        ...this.#boxes.map(({ name, box }) => element('label', { class: 'choice' }, box, name)),
        element(
          'span',
          { class: 'hint' },
          'two beside each other; the room version’s own when none is chosen',
        ),
      ),
      this.#objection,
      this.#status,
      this.#body,
    );
  }

  /** Shows a room. `isOther`: another than the one that the address speaks of, whose event it cannot have. */
  open(source: RoomSource, isOther: boolean): Promise<void> {
    this.#source = source;
    if (isOther) this.#at = undefined;
    return this.#ask();
  }

  /** Shows something else in its place. */
  instead(child: Node): void {
    fill(this.#body, child);
  }

  async #ask(): Promise<void> {
    if (this.#source === undefined) return;
    const asked = ++this.#number;
    const chosen = this.#boxes.filter(({ box }) => box.checked).map(({ name }) => name);
    this.#onPlace({ at: this.#at, algorithms: chosen.length === 0 ? undefined : chosen.join(',') });
    this.#objection.hidden = true;
    this.#status.textContent = 'Judging every event…';
    try {
      const view = await api.room({ ...this.#source, at: this.#at, algorithms: chosen.slice(0, 2) });
      if (asked !== this.#number) return;
      this.#show(view);
    } catch (error) {
      if (asked !== this.#number) return;
      this.#status.textContent = '';
      this.#objection.textContent = error instanceof Error ? error.message : String(error);
      this.#objection.hidden = false;
    }
  }

  #show(view: RoomView): void {
    const { name, roomId, roomVersion, missing } = view;
    const gaps = missing === 0 ? '' : `; part of a room: ${missing} events are cited and not here`;
    this.#status.textContent = `${name}: ${roomId}, room version ${roomVersion}${gaps}`;
    fill(
      this.#body,
      ...view.under.map((under) =>
        underCard(under, view, (id) => {
          this.#at = id === this.#at ? undefined : id;
          void this.#ask();
        }),
      ),
    );
    this.onShown(view);
  }
}
