// One campaign under one figure: what the seeds say of each system, paired differences, sweeps, sensitivity.
import { valueInWords, differenceInWords } from '../../../campaign/conclusions.ts';
import type { Sweep } from '../../../campaign/sweeps.ts';
import type { Estimate } from '../../../statistics/estimate.ts';
import type { CampaignView } from '../../../views/campaigns.ts';
import * as api from '../api.ts';
import { DrawnCharts } from '../charts.ts';
import { sweepChart } from '../sweep-chart.ts';
import { swatch } from '../colours.ts';
import { card, element, fill, table, type Child } from '../dom.ts';
import { intervalPlot, type Line } from '../interval-plot.ts';
import type { View } from '../main.ts';
import { addressOf } from '../router.ts';

/** Sentences and rows that are shown at once; those of a wide sweep are folded. */
const mostConclusions = 3;
const mostHeadlines = 9;
const mostEstimates = 16;
const mostLines = 24;

function signed(value: number, campaign: CampaignView): string {
  const words = differenceInWords(Math.abs(value), campaign.figure.unit);
  return value === 0 ? words : `${value < 0 ? '−' : '+'}${words}`;
}

function boundsOf(estimate: Estimate): { low: number; high: number; mean: number } | undefined {
  if (estimate.kind === 'none') return undefined;
  const { mean } = estimate;
  return estimate.kind === 'interval'
    ? { low: estimate.low, high: estimate.high, mean }
    : { low: mean, high: mean, mean };
}

function differencesCard(campaign: CampaignView): Child {
  const all = campaign.differences.flatMap(({ left, right, difference }): Line[] => {
    const bounds = boundsOf(difference);
    if (bounds === undefined) return [];
    const { low, high, mean } = bounds;
    const isInterval = difference.kind === 'interval';
    return [
      {
        label: `${left} − ${right}`,
        low,
        high,
        middle: mean,
        words: isInterval
          ? `${signed(mean, campaign)} (${signed(low, campaign)} to ${signed(high, campaign)})`
          : `${signed(mean, campaign)}, no interval`,
        isStrong: isInterval && (low > 0 || high < 0),
      },
    ];
  });
  // The largest first: of a wide sweep the others are in the exports.
  const lines =
    all.length <= mostLines
      ? all
      : [...all].sort((left, right) => Math.abs(right.middle) - Math.abs(left.middle)).slice(0, mostLines);
  return card(
    {
      title: 'Paired differences',
      note: `Seed by seed, with 95 % intervals where the seeds bear one. Strong: the interval does not hold zero.${all.length > mostLines ? ` The ${mostLines} largest of ${all.length}.` : ''}`,
    },
    lines.length === 0
      ? element('p', {}, 'Nothing to compare.')
      : intervalPlot('Paired differences', lines, 0, false),
  );
}

/** What the seeds say, first of all: a few sentences, the rest folded. */
function conclusionsOf({ conclusions, sensitivity }: CampaignView): readonly Child[] {
  // Of a sensitivity analysis all but the first are about what the tornado shows at a glance.
  const most = sensitivity === null ? mostConclusions : 1;
  const [first, rest] = [conclusions.slice(0, most), conclusions.slice(most)];
  return [
    ...first.map((words) => element('p', { class: 'lead' }, words)),
    rest.length > 0 &&
      element(
        'details',
        {},
        element('summary', {}, `${rest.length} more conclusions`),
        element('ul', {}, ...rest.map((words) => element('li', {}, words))),
      ),
  ];
}

const bandWords = ({ curves }: Sweep): string =>
  curves.some(({ points }) => points.some(({ estimate }) => estimate.kind === 'interval'))
    ? 'Bands: 95 % intervals over seeds.'
    : 'Means over seeds; fewer than twenty bear no interval.';

/** Every system in every variant; those of a wide sweep are folded. */
function estimatesCard({ estimates, changes, figure, titles }: CampaignView): Child {
  const unvaried = changes.length === 0 ? 'as written' : changes.join(', ');
  const made = table(
    'Mean over seeds, with its interval',
    [
      {
        title: 'system',
        cell: ({ system }: CampaignView['estimates'][number]) =>
          element('span', {}, swatch(system), titles[system] ?? system),
      },
      { title: 'variant', cell: ({ variant }) => (variant === '' ? unvaried : variant) },
      { title: figure.title, number: true, cell: ({ words }) => words },
    ],
    estimates,
  );
  return card(
    { title: `Each system: ${figure.title}` },
    estimates.length <= mostEstimates
      ? made
      : element('details', {}, element('summary', {}, `All ${estimates.length}, by variant`), made),
  );
}

function sensitivityCard(campaign: CampaignView): Child {
  const { sensitivity, figure } = campaign;
  if (sensitivity === null || sensitivity.swings.length === 0) return undefined;
  const base = sensitivity.swings[0]?.base ?? 0;
  const isPair = sensitivity.subject.includes(' - ');
  const words = (value: number): string =>
    isPair ? signed(value, campaign) : valueInWords(value, figure.unit);
  return card(
    {
      title: `What the answer hangs on: ${sensitivity.subject}`,
      note: 'Each assumption over its plausible range, all others as written. Strong: it turns the answer round.',
    },
    intervalPlot(
      'Tornado of assumptions',
      sensitivity.swings.map(({ path, low, high, reverses }) => ({
        label: path,
        low,
        high,
        middle: base,
        words: `${words(low)} to ${words(high)}`,
        isStrong: reverses,
      })),
      base,
      true,
    ),
  );
}

function headlines({ headlines: sentences }: CampaignView): Child {
  if (sentences.length === 0) return undefined;
  const list = element('ul', {}, ...sentences.map((words) => element('li', {}, words)));
  return sentences.length <= mostHeadlines
    ? list
    : element(
        'details',
        {},
        element('summary', {}, `Median and range of each, ${sentences.length} sentences`),
        list,
      );
}

function figureChooser(id: string, { figure, figures }: CampaignView): Child {
  const select = element(
    'select',
    { id: 'figure' },
    ...figures.map((each) =>
      element('option', { value: each.id, selected: each.id === figure.id }, each.title),
    ),
  );
  select.addEventListener('change', () => {
    location.hash = addressOf(['campaign', id], { figure: select.value });
  });
  return element('p', { class: 'field' }, element('label', { for: 'figure' }, 'Figure'), select);
}

/** The view of one campaign. */
export const campaignView: View = async (root, { path: [, id = ''], query }) => {
  const campaign = await api.campaign(id, query.get('figure') ?? undefined);
  const { figure, runs, titles } = campaign;
  const plots = campaign.sweeps.map((sweep): { sweep: Sweep; box: HTMLElement } => ({
    sweep,
    box: element('div', { class: 'plot tall' }),
  }));
  fill(
    root,
    element('p', { class: 'crumbs' }, element('a', { href: '#/campaigns' }, 'Campaigns')),
    element('h1', {}, campaign.title),
    ...conclusionsOf(campaign),
    element(
      'p',
      { class: 'note' },
      [`${runs.finished} of ${runs.planned} runs, ${campaign.seeds} seeds.`, ...campaign.caveats].join(' '),
    ),
    headlines(campaign),
    figureChooser(id, campaign),
    element('p', { class: 'note' }, figure.definition),
    element(
      'div',
      { class: 'grid' },
      sensitivityCard(campaign),
      ...plots.map(({ sweep, box }) =>
        card(
          {
            title: `Along ${sweep.axis}`,
            note: `${bandWords(sweep)}${sweep.held === '' ? '' : ` Held: ${sweep.held}.`}`,
          },
          box,
        ),
      ),
      campaign.crossovers.length > 0 &&
        card(
          { title: 'Where curves change places' },
          element('ul', {}, ...campaign.crossovers.map((words) => element('li', {}, words))),
        ),
      differencesCard(campaign),
      estimatesCard(campaign),
      campaign.failed.length > 0 &&
        card(
          { title: 'What did not hold', width: 'half' },
          element(
            'ul',
            {},
            ...campaign.failed.map((each) =>
              element('li', {}, `${each.id}: in ${each.runs} of ${campaign.runs.finished} runs`),
            ),
          ),
        ),
      card(
        { title: 'Take it away', width: 'half' },
        element(
          'ul',
          { class: 'downloads plain' },
          ...['html', 'md', 'json', 'csv', 'junit'].map((format) =>
            element(
              'li',
              {},
              element('a', { href: api.campaignReportOf(id, format), download: true }, format),
            ),
          ),
        ),
      ),
    ),
  );
  const charts = new DrawnCharts(() => plots.map(({ sweep, box }) => sweepChart(box, sweep, titles, figure)));
  return { title: campaign.title, leave: charts.close, repaint: charts.repaint };
};
