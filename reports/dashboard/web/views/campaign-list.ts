// The campaigns that are kept here.
import type { CampaignSummary } from '../../../views/campaigns.ts';
import * as api from '../api.ts';
import { card, element, fill, table } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf } from '../router.ts';

/** The view of all campaigns. */
export const campaignListView: View = async (root) => {
  const all = await api.campaigns();
  fill(
    root,
    element('h1', {}, 'Campaigns'),
    element(
      'p',
      { class: 'lead' },
      'One run is an anecdote. A campaign runs many seeds, and variants of a scenario, and says what they can tell apart.',
    ),
    all.length === 0
      ? card(
          { title: 'No campaigns yet' },
          element(
            'p',
            {},
            element('a', { href: '#/scenarios' }, 'Choose a scenario and run a campaign here'),
            ', or on the command line:',
          ),
          element('pre', {}, 'npx netsplit campaign small-town --seeds 1..20'),
        )
      : card(
          { title: 'Kept here' },
          table(
            'Campaigns by name',
            [
              {
                title: 'campaign',
                cell: ({ id, title }: CampaignSummary) =>
                  element('a', { href: addressOf(['campaign', id]) }, title ?? id),
              },
              { title: 'folder', cell: ({ id }) => element('code', {}, id) },
              { title: 'systems', cell: ({ systems, problem }) => problem ?? systems?.join(', ') ?? '' },
              { title: 'seeds', number: true, cell: ({ seeds }) => seeds ?? '–' },
              { title: 'variants', number: true, cell: ({ variants }) => variants ?? '–' },
            ],
            all,
          ),
        ),
  );
  return { title: 'Campaigns' };
};
