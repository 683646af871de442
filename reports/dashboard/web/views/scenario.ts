// One scenario: what it says of the world, where that is known from, and the form that runs it.
import * as api from '../api.ts';
import { card, element, fill, table, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import type { ScenarioSummary, TimelineFault } from '../../wire.ts';
import { countInWords, durationInWords } from '../../../figures-in-words.ts';
import { clockTime } from '../clock-time.ts';
import { startForm } from './start-form.ts';
import { faultTimeline } from './timeline.ts';

function sourcesCard({ sources }: ScenarioSummary): Child {
  return card(
    { title: 'Sources', width: 'half' },
    sources.length === 0
      ? element('p', { class: 'note' }, 'The scenario names none.')
      : element(
          'ul',
          {},
          ...sources.map(({ title, url }) =>
            element(
              'li',
              {},
              url !== undefined && /^https?:/.test(url)
                ? element('a', { href: url, rel: 'noreferrer' }, title)
                : title,
            ),
          ),
        ),
  );
}

function faultsCard(scenario: ScenarioSummary): Child {
  const { faults, epoch } = scenario;
  const time = (seconds: number): string => clockTime(Date.parse(epoch) + seconds * 1_000, true);
  return card(
    { title: 'What breaks, and when' },
    faultTimeline(scenario, true),
    faults.length === 0
      ? element('p', {}, 'Nothing: it is about how the systems behave while all is well.')
      : table(
          'Faults by their start',
          [
            { title: 'fault', cell: ({ title }: TimelineFault) => title },
            { title: 'kind', cell: ({ kind }) => kind },
            { title: 'from', cell: ({ start }) => time(start) },
            { title: 'for', cell: ({ start, end }) => durationInWords(end - start) },
          ],
          [...faults].sort((left, right) => left.start - right.start),
        ),
  );
}

/** The view of one scenario. */
export const scenarioView: View = async (root, { path: [, name = ''] }) => {
  const all = await api.scenarios();
  const scenario = all.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`The library has no scenario called “${name}”.`);
  const { title, description, people, cities, windows } = scenario;
  const where =
    cities.length > 6 ? `${cities.slice(0, 6).join(', ')} and ${cities.length - 6} more` : cities.join(', ');
  fill(
    root,
    element('p', { class: 'crumbs' }, element('a', { href: '#/scenarios' }, 'Scenarios')),
    element('h1', {}, title),
    element('p', { class: 'lead' }, description),
    element(
      'p',
      { class: 'note' },
      `${countInWords(people)} people in ${where}; they send for ${durationInWords(windows.sendingEnd - windows.sendingStart)} and are watched for ${durationInWords(windows.horizon)}.`,
    ),
    element('div', { class: 'grid' }, startForm(scenario), sourcesCard(scenario), faultsCard(scenario)),
  );
  return { title };
};
