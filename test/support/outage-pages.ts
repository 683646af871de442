// The parts of an outage's page that follow from the scenario, the pinned run and the seeds: made, not written.
import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { interval } from '../../reports/evaluate.ts';
import type { OutagePin } from './outage-pins.ts';
import type { OutageSeeds } from './outage-seeds.ts';

type Expectations = ReturnType<typeof compileScenario>['document']['expectations'];

/** Where the page of a scenario is. */
export function pageFile(name: string): URL {
  return new URL(`../../docs/outages/${name}.md`, import.meta.url);
}

const seedsHeading = '## Without the faults, and over seeds';

/** The page with its tables as the pinned run and the seeds have it; the rest stays. */
export async function pageAsMeasured(
  name: string,
  page: string,
  pin: OutagePin,
  seeds: OutageSeeds | undefined,
): Promise<string> {
  const { expectations } = compileScenario(loadScenario(name)).document;
  const [before = '', after = ''] = page
    .replace(new RegExp(`\\n${seedsHeading}\\n[^]*?(?=\\n## |$)`), '')
    .split(/^\| expectation [^]*?^Outcome `[0-9a-f]*`\./m);
  const [, byHand = ''] = seeds === undefined ? (/^ (Over seeds: .*)\n/.exec(after) ?? []) : [];
  const rest = after.slice(after.indexOf('\n'));
  const text = [
    before.trimEnd(),
    mainTable(name, expectations, pin),
    `Outcome \`${pin.outcome}\`.`,
    seedsHeading,
    seedsTable(expectations, pin, seeds),
    seeds === undefined ? byHand : seedsSentence(seeds),
    rest.trim(),
  ];
  const filepath = fileURLToPath(pageFile(name));
  const options = await resolveConfig(filepath);
  return format(text.filter((part) => part !== '').join('\n\n'), { ...options, filepath });
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}

const valueOf = (measured: number | null | undefined): string =>
  measured === null || measured === undefined ? '–' : String(measured);

function mainTable(name: string, expectations: Expectations, pin: OutagePin): string {
  const rows = expectations.map(({ id, text, basis, amended, calibratedOn = [], least, most, metric }) => {
    const { measured = null, holds = null } = pin.expectations[id] ?? {};
    return [
      `\`${id}\``,
      text.replaceAll('|', '\\|'),
      `${basis}${amended !== undefined ? ', amended' : calibratedOn.includes(name) ? ', fit' : ''}`,
      interval({ least, most, metric }),
      valueOf(measured),
      holds === true ? 'holds' : 'misses',
    ];
  });
  return tableOf(['expectation', 'what it says', 'basis', 'expected', 'measured', ''], rows);
}

function seedsTable(expectations: Expectations, pin: OutagePin, seeds: OutageSeeds | undefined): string {
  const rows = expectations.map(({ id }) => {
    const without = pin.expectations[id]?.withoutFaults;
    const words =
      without?.holds === true ? 'holds' : without?.holds === false ? 'would miss' : 'nothing to measure';
    const row = [`\`${id}\``, valueOf(without?.measured), words];
    const over = seeds?.expectations[id];
    if (over === undefined) return row;
    return [
      ...row,
      `${over.holds} of ${over.of}`,
      valueOf(over.least),
      valueOf(over.median),
      valueOf(over.most),
    ];
  });
  const overSeeds = seeds === undefined ? [] : ['holds in', 'least', 'median', 'most'];
  return tableOf(['expectation', 'without the faults', '', ...overSeeds], rows);
}

function seedsSentence({ command, seeds, failedChecks }: OutageSeeds): string {
  const failed = Object.entries(failedChecks).map(([id, times]) => `\`${id}\` fails in ${times}`);
  const checks = failed.length === 0 ? 'no check of the run fails in any' : failed.join(', ');
  return `\`${command}\`: measured in the world with the faults, least, median and most of ${seeds} seeds; ${checks}. Without the faults: seed 1.`;
}
