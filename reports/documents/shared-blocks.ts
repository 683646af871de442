// What the reports of runs and of campaigns have in common.
import type { AssumptionRecord } from '../record.ts';
import type { Block } from './document.ts';

/** Every modelled constant, folded away. */
export function assumptionsBlock(all: readonly AssumptionRecord[]): Block {
  return {
    kind: 'folded',
    title: `Assumptions: ${all.length} modelled constants`,
    blocks: [
      {
        kind: 'table',
        head: ['path', 'value', 'plausible range', 'source', 'meaning'],
        rows: all.map(({ scope, path, value, unit, range, source, calibratedOn, meaning }) => [
          `${scope}: ${path}`,
          `${value}${unit === '' ? '' : ` ${unit}`}`,
          range === undefined ? '–' : `${range[0]} to ${range[1]}`,
          `${source ?? 'assumed'}${calibratedOn === undefined ? '' : `; calibrated on ${calibratedOn.join(', ')}`}`,
          meaning,
        ]),
      },
    ],
  };
}

/** An instant so many seconds after the epoch: `2025-10-20 07:48 UTC`. */
export function clock(epoch: string, seconds: number): string {
  return `${new Date(Date.parse(epoch) + seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
