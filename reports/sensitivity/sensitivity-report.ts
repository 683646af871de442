// Sensitivity in words and as a table: which assumptions move the answer, which turn it round, which cannot be varied.
import { gradeLines } from '../grade-lines.ts';
import { changesInWords } from '../summarise.ts';
import pc from 'picocolors';
import { differenceInWords, valueInWords } from '../campaign/conclusions.ts';
import type { Figure } from '../campaign/figures.ts';
import { fewestSeeds } from '../statistics/estimate.ts';
import type { FixedAssumption } from './assumption-ranges.ts';
import type { TrialPlan } from './one-at-a-time.ts';
import type { Reversal } from './reversal.ts';
import type { RankedAssumption, Swing } from './tornado.ts';

/** What `netsplit sensitivity` found. */
export interface SensitivityReport {
  readonly plan: TrialPlan;
  readonly figure: Figure;
  readonly ranked: readonly RankedAssumption[];
  readonly reversals: readonly Reversal[];
  readonly fixed: readonly FixedAssumption[];
}

/** Rows that the terminal shows; the JSON document has all. */
const rowsShown = 15;

/** The report as text for a terminal. */
export function sensitivityTable(report: SensitivityReport): string {
  const { plan, figure, ranked, fixed } = report;
  const moving = ranked.filter(({ size }) => size > 0);
  const subject = (swing: Swing): string => swing.subject.padEnd(20);
  return [
    pc.bold(plan.title),
    pc.dim(
      `${figure.title}; ${ranked.length} assumptions, each at the ends of its plausible range; ${plan.seeds.length} seeds`,
    ),
    '',
    ...moving
      .slice(0, rowsShown)
      .flatMap(({ assumption, swings, size, reverses }, index) => [
        `${String(index + 1).padStart(2)}. ${pc.bold(assumption.path)} = ${assumption.value} (${assumption.low} to ${assumption.high}${assumption.unit === '' ? '' : ` ${assumption.unit}`}): ` +
          `${differenceInWords(size, figure.unit)}${reverses ? pc.yellow('  turns the answer round') : ''}`,
        ...swings
          .filter((swing) => swing.size > 0)
          .map((swing) => `      ${subject(swing)} ${swingInWords(swing, figure)}`),
      ]),
    ...(moving.length > rowsShown ? [pc.dim(`    and ${moving.length - rowsShown} that move less`)] : []),
    ...(moving.length < ranked.length ? [pc.dim(`    ${ranked.length - moving.length} move nothing`)] : []),
    '',
    ...conclusions(report).map((line) => line),
    '',
    pc.dim(
      `${fixed.length} further assumptions were not varied: they have a source and no range, are no numbers, or no scenario can set them.`,
    ),
    '',
  ].join('\n');
}

/** `81 % → 64 % at 3, 90 % at 30`. */
function swingInWords({ base, ends, systems }: Swing, { unit }: Figure): string {
  const words = (value: number | null): string => {
    if (value === null) return 'no mean';
    if (systems.length === 1) return valueInWords(value, unit);
    return `${value < 0 ? '−' : '+'}${differenceInWords(Math.abs(value), unit)}`;
  };
  const at = ends.map(({ value, mean, change }) => {
    const { difference } = change;
    const chance = difference.kind === 'interval' && difference.low <= 0 && difference.high >= 0;
    return `${words(mean)} at ${value}${chance ? ' (may be chance)' : ''}`;
  });
  return `${words(base)}; ${at.join(', ')}`;
}

/** What a reader should take home, a sentence each. */
export function conclusions({ plan, figure, ranked, reversals }: SensitivityReport): readonly string[] {
  const [first] = ranked;
  const few =
    plan.seeds.length < fewestSeeds
      ? [
          `${plan.seeds.length} seeds: fewer than ${fewestSeeds} cannot tell small swings from chance; the order of the small ones means nothing.`,
        ]
      : [];
  if (first === undefined || first.size === 0)
    return [
      'No assumption moves the answer within its plausible range.',
      ...few,
      ...changesInWords(plan.overrides),
      ...gradeLines(plan.systems),
    ];
  const answer = plan.systems.length > 1 ? 'the difference between systems' : 'the figure';
  return [
    `${first.assumption.path} moves ${answer} most: by ${differenceInWords(first.size, figure.unit)} over its plausible range.`,
    ...reversalWords(reversals, plan.systems.length > 1),
    'One assumption is moved at a time; how they act together is what `netsplit campaign --assumptions` samples.',
    ...few,
    ...changesInWords(plan.overrides),
    ...gradeLines(plan.systems),
  ];
}

/** The smallest change that turns each pair round. */
export function reversalWords(reversals: readonly Reversal[], comparable: boolean): readonly string[] {
  if (!comparable) return [];
  if (reversals.length === 0)
    return ['No single assumption within its plausible range turns the order of two systems round.'];
  const nearest = new Map<string, Reversal>();
  for (const reversal of reversals)
    if (!nearest.has(reversal.systems.join())) nearest.set(reversal.systems.join(), reversal);
  return [...nearest.values()].map(
    ({ assumption, systems: [left, right], at, distance }) =>
      `The smallest change that turns ${left ?? ''} against ${right ?? ''} round: ${assumption.path} from ${assumption.value} to ` +
      `${Number(at.toPrecision(3))}, which is ${Math.round(distance * 100)} % of its plausible range.`,
  );
}

/** What sensitivity.json and `--json` hold. */
export function sensitivityDocument({ plan, figure, ranked, reversals, fixed }: SensitivityReport): object {
  const { id, title, seeds, systems, engine, scenarioDigest } = plan;
  return {
    version: 1,
    scenario: id,
    title,
    seeds,
    systems,
    engine,
    scenarioDigest,
    figure: { id: figure.id, title: figure.title, unit: figure.unit, definition: figure.definition },
    ranked,
    reversals,
    fixed: [...fixed, ...plan.refused],
    conclusions: conclusions({ plan, figure, ranked, reversals, fixed }),
  };
}
