// One run: the headline, the curves, the blame, what was expected, what was assumed, and how to repeat it.
import { caveatOf, changesInWords, deadlineCaveats } from '../../../summarise.ts';
import * as api from '../api.ts';
import { DrawnCharts } from '../charts.ts';
import { element, fill, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import { blameCards } from './blame.ts';
import { chartCards, type DrawnCard } from './run-charts.ts';
import { classCard, figuresCard, headlineCards } from './run-figures.ts';
import { convergenceCard } from './divergence.ts';
import { downloadsCard, runViews } from './run-links.ts';
import { assumptionsCard, expectationsCard, faultsCard, provenanceCard } from './run-evidence.ts';

/** The view of one run. */
export const runView: View = async (root, { path: [, id = ''] }) => {
  const record = await api.run(id);
  const drawn: readonly DrawnCard[] = chartCards(record);
  const cardOf = (which: DrawnCard['id']): Child => drawn.find((each) => each.id === which)?.card;
  fill(
    root,
    runViews(id, 'run'),
    element('h1', {}, record.title),
    headlineCards(record),
    element(
      'p',
      { class: 'note' },
      [caveatOf(record), ...deadlineCaveats(record), ...changesInWords(record.overrides)].join(' '),
    ),
    element(
      'div',
      { class: 'grid' },
      cardOf('delivery'),
      faultsCard(record),
      cardOf('latency'),
      cardOf('cut-off'),
      cardOf('backlog'),
      classCard(record),
      convergenceCard(id, record),
      ...blameCards(record),
      expectationsCard(record),
      figuresCard(record),
      assumptionsCard(record),
      downloadsCard(id, record),
      provenanceCard(record),
    ),
  );
  const charts = new DrawnCharts(() => drawn.map(({ draw }) => draw()));
  return { title: record.title, leave: charts.close, repaint: charts.repaint };
};
