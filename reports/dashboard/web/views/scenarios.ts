// The library: what each scenario is about, and when what breaks.
import * as api from '../api.ts';
import { swatch } from '../colours.ts';
import { element, fill, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf } from '../router.ts';
import type { ScenarioSummary } from '../../wire.ts';
import { countInWords } from '../../../figures-in-words.ts';
import { faultTimeline } from './timeline.ts';

function scenarioCard(scenario: ScenarioSummary): Child {
  const { name, title, description, people, systems, faults } = scenario;
  return element(
    'li',
    { class: 'card half scenario' },
    element('h3', {}, element('a', { href: addressOf(['scenario', name]) }, title)),
    element(
      'p',
      { class: 'note' },
      element('code', {}, name),
      ` · ${countInWords(people)} people · ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}`,
    ),
    faultTimeline(scenario, false),
    element('p', { class: 'excerpt' }, description),
    element(
      'p',
      { class: 'note' },
      ...systems.flatMap(({ id, title: called }) => [swatch(id), `${called}  `]),
    ),
  );
}

const groups = [
  ['outage', 'Outages that happened'],
  ['what-if', 'What if'],
  ['study', 'Studies'],
] as const;

/** The library, with a field that narrows it. */
export const scenariosView: View = async (root, { query }) => {
  const all = await api.scenarios();
  const list = element('div', {});
  const count = element('p', { class: 'note', role: 'status' });
  const search = element('input', {
    type: 'search',
    id: 'search',
    autocomplete: 'off',
    value: query.get('q') ?? '',
  });
  const narrow = (): void => {
    const words = search.value.toLowerCase().split(/\s+/);
    const found = all.filter((each) => {
      const text = [each.name, each.title, each.description, ...each.faults.map(({ title }) => title)]
        .join(' ')
        .toLowerCase();
      return words.every((word) => text.includes(word));
    });
    fill(
      list,
      ...groups.flatMap(([depicted, heading]) => {
        const cards = found.filter(({ depicts }) => depicts === depicted).map(scenarioCard);
        return cards.length === 0
          ? []
          : [element('h2', {}, heading), element('ul', { class: 'grid plain' }, ...cards)];
      }),
    );
    count.textContent =
      found.length === 0
        ? 'No scenario has all these words.'
        : `${found.length} of ${all.length} scenarios. Grey in each picture: people are sending; bars: what is broken.`;
  };
  search.addEventListener('input', narrow);
  narrow();
  fill(
    root,
    element('h1', {}, 'Scenarios'),
    element(
      'p',
      { class: 'lead' },
      'Each describes a world, the people in it, what they say to each other, and what goes wrong. Choose one to see what it stands on and to run it.',
    ),
    element('p', { class: 'field' }, element('label', { for: 'search' }, 'Find'), search),
    count,
    list,
  );
  return { title: 'Scenarios' };
};
