// One run: the headline, the curves, the blame, what was expected, what was assumed, and how to repeat it.
import { caveatOf, headline } from '../../../summarise.ts';
import type { RunRecord } from '../../../record.ts';
import { element, type Child } from '../dom.ts';
import { blameCards } from './blame.ts';
import { chartCards, type DrawnCard } from './run-charts.ts';
import { classCard, figuresCard, headlineCards } from './run-figures.ts';
import { assumptionsCard, expectationsCard, faultsCard, provenanceCard } from './run-evidence.ts';

/** Puts the view into a place of the page; returns how to take it down again. */
export function runView(record: RunRecord, place: HTMLElement): () => void {
  const drawn: readonly DrawnCard[] = chartCards(record);
  const cardOf = (id: DrawnCard['id']): Child => drawn.find((each) => each.id === id)?.card;
  place.replaceChildren(
    element('h1', {}, record.title),
    ...headline(record).map((sentence) => element('p', { class: 'lead' }, sentence)),
    element(
      'p',
      { class: 'note' },
      `${caveatOf(record)} ${record.overrides.length > 0 ? `Changed: ${record.overrides.join(', ')}.` : ''}`,
    ),
    element(
      'div',
      { class: 'grid' },
      ...headlineCards(record),
      cardOf('delivery'),
      faultsCard(record),
      cardOf('latency'),
      cardOf('cut-off'),
      cardOf('backlog'),
      classCard(record),
      ...blameCards(record),
      expectationsCard(record),
      figuresCard(record),
      assumptionsCard(record),
      provenanceCard(record),
    ),
  );
  const charts = drawn.map(({ draw }) => draw());
  return () => {
    for (const chart of charts) chart.destroy();
  };
}
