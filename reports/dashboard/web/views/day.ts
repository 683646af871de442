// One person's day in sentences, all systems side by side.
import type { DayInSystem, PersonDay } from '../../../views/person-day.ts';
import * as api from '../api.ts';
import { swatch } from '../colours.ts';
import { element, fill, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf } from '../router.ts';
import { runViews } from './run-links.ts';

function dayCard(id: string, day: DayInSystem): Child {
  return element(
    'section',
    { class: 'card third' },
    element('h2', {}, swatch(day.system), day.title),
    element('p', {}, day.summary),
    day.events.length > 0 &&
      element(
        'ol',
        { class: 'day' },
        ...day.events.map(({ words, isTrouble, at, message }) =>
          element(
            'li',
            { class: isTrouble ? 'trouble' : '' },
            isTrouble && element('span', { class: 'tag' }, 'trouble'),
            words,
            message !== undefined &&
              isTrouble &&
              element(
                'a',
                {
                  class: 'why',
                  href: addressOf(['run', id, 'replay'], { system: day.system, t: Math.floor(at), message }),
                },
                'why?',
              ),
          ),
        ),
      ),
    day.uneventful > 0 &&
      element('p', { class: 'note' }, `${day.uneventful} more went as without the faults.`),
  );
}

function chooser(id: string, { person, people, choice }: PersonDay): Child {
  const input = element('input', {
    id: 'person',
    type: 'number',
    min: 0,
    max: people - 1,
    step: 1,
    value: person,
  });
  const form = element(
    'form',
    { class: 'row noprint' },
    ...(
      [
        ['the median person', choice.median],
        ['the worst hit', choice.worstHit],
        ['helped most by a choice of system', choice.mostHelped],
      ] as const
    ).map(([label, number]) =>
      element(
        'a',
        {
          class: 'button',
          href: addressOf(['run', id, 'day'], { person: number }),
          ...(number === person ? { 'aria-current': 'true' } : {}),
        },
        label,
      ),
    ),
    element('label', { for: 'person' }, `person (0 to ${people - 1})`),
    input,
    element('button', { type: 'submit' }, 'Show'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = addressOf(['run', id, 'day'], { person: input.valueAsNumber });
  });
  return form;
}

/** The view of one person's day. */
export const dayView: View = async (root, { path: [, id = ''], query }) => {
  const wanted = query.get('person');
  const day = await api.day(id, wanted === null ? undefined : Number(wanted));
  fill(
    root,
    runViews(id, 'day'),
    element('h1', {}, `The day of person ${day.person}`),
    element(
      'p',
      { class: 'lead' },
      `The same person says the same things at the same instants in every system. All times are UTC, ${day.epoch.slice(0, 10)}.`,
    ),
    chooser(id, day),
    element('div', { class: 'grid' }, ...day.systems.map((each) => dayCard(id, each))),
  );
  return { title: `Day of person ${day.person}` };
};
