// The reference of metrics, made from what the metrics say of themselves.
import { fidelityInWords } from '../../sim/systems/fidelity.ts';
import { figures } from '../campaign/figures.ts';
import { energyAssumptions } from './energy.ts';
import { metrics } from './registry.ts';

/** The text of docs/reference/metrics.md. */
export function metricsReference(): string {
  return `${[
    '# Metrics',
    'Made from [reports/metrics](../../reports/metrics) by `npx vitest run test/reports/metrics/reference.test.ts -u`; do not edit. Each metric is one function from what was observed in a run and in its twin to its figures.',
    ...metrics.flatMap(({ metric: { title, id, unit, definition, caveats }, record, files }) => [
      `## ${title}`,
      definition,
      [
        `- Metric \`${id}\`, in ${unit}.`,
        `- In \`run.json\` below \`systems.<id>\`: ${code(record)}. ${sourceOf(files)}`,
        ...caveats.map((caveat) => `- Caveat: ${caveat}`),
      ].join('\n'),
    ]),
    '## Figures of campaigns',
    'One number per system and seed; differences are formed seed by seed ([campaigns](../campaigns.md)).',
    figures
      .map(
        ({ id, title, unit, better, definition }) =>
          `- \`${id}\`: ${title} (${unit}, ${better} is better). ${definition}`,
      )
      .join('\n'),
    '## Grades of fidelity',
    Object.entries(fidelityInWords)
      .map(([grade, words]) => `- \`${grade}\`: ${words}.`)
      .join('\n'),
    '## What metrics assume',
    energyAssumptions
      .map(
        ({ path, value, unit, meaning, range, ...rest }) =>
          `- \`${path}\`: ${value} ${unit}, plausibly ${range[0]} to ${range[1]}. ${capital(meaning)}. ${'source' in rest ? `Source: ${rest.source}.` : 'Assumed.'}`,
      )
      .join('\n'),
  ].join('\n\n')}\n`;
}

function sourceOf(files: readonly string[]): string {
  return files.length === 0
    ? 'Counted while the run goes; in none of its Parquet files.'
    : `Can be computed again from ${code(files.map((file) => `${file}.parquet`))}.`;
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
