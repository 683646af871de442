// Blame: which fault made messages late or lost, where they waited, and what no fault explains.
import { countInWords, durationInWords, percent } from '../../../figures-in-words.ts';
import { holderInWords, reasonWords } from '../../../reason-words.ts';
import type { SpanReason } from '../../../fates.ts';
import type { RunRecord } from '../../../record.ts';
import type { BlameLine, SystemRecord } from '../../../record-system.ts';
import { ownColour } from '../colours.ts';
import { blameFlow } from './blame-flow.ts';
import { card, element, table, type Child } from '../dom.ts';

/** Lines shown at once; the rest unfolds. */
const shown = 8;

function meter(share: number, system: string): HTMLElement {
  const bar = element('span', { class: 'meter', 'aria-hidden': 'true' });
  bar.style.width = `${Math.max(0, share) * 8}rem`;
  bar.style.color = ownColour(system);
  return bar;
}

function blameTable(id: string, lines: readonly BlameLine[], most: number): HTMLElement {
  return table(
    'Excess: delay beyond the same without the faults, summed over late deliveries.',
    [
      { title: 'fault', cell: ({ title }: BlameLine) => title },
      {
        title: 'the message was',
        cell: ({ reason, holder }) =>
          `${reasonWords[reason as SpanReason] ?? reason} (${holderInWords(holder)})`,
      },
      { title: 'deliveries', number: true, cell: ({ deliveries }) => countInWords(deliveries) },
      {
        title: 'excess',
        cell: ({ excessSeconds }) =>
          element('span', {}, meter(excessSeconds / most, id), ` ${durationInWords(excessSeconds)}`),
      },
      { title: 'in consequence', cell: ({ consequenceSeconds }) => durationInWords(consequenceSeconds) },
      { title: 'never came', number: true, cell: ({ neverDelivered }) => countInWords(neverDelivered) },
    ],
    lines,
  );
}

function missing({ blameAccount }: SystemRecord): Child {
  const causes = blameAccount.missingInTwinToo;
  if (causes.length === 0) return undefined;
  const words = causes.map(({ why, deliveries }) => `${countInWords(deliveries)} ${why}`).join('; ');
  return element('p', { class: 'note' }, `Missing with and without the faults: ${words}.`);
}

/** One card of blame for each system. */
export function blameCards({ systems, faults }: RunRecord): readonly Child[] {
  return Object.entries(systems).map(([id, system]) => {
    const { blame, blameAccount: account, title } = system;
    const note =
      faults.length === 0
        ? 'There were no faults.'
        : account.late + account.lost === 0
          ? 'Nothing was late or lost against the twin.'
          : `${countInWords(account.late)} late, ${countInWords(account.lost)} lost against the twin; no fault explains ${percent(account.unexplainedShare)}.`;
    const most = Math.max(1, ...blame.map(({ excessSeconds }) => excessSeconds));
    const rest = blame.slice(shown);
    return card(
      { title: `Blame: ${title}`, note, ...(blame.length === 0 ? { width: 'half' } : {}) },
      blameFlow(system),
      blame.length > 0 && blameTable(id, blame.slice(0, shown), most),
      rest.length > 0 &&
        element(
          'details',
          {},
          element('summary', {}, `${rest.length} more lines`),
          blameTable(id, rest, most),
        ),
      missing(system),
    );
  });
}
