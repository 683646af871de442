// Checks a report's file: runs again what its data say was run, and names the first figure that is another.
import { z } from 'zod';
import { figuresOf } from '../campaign/figures.ts';
import { packageVersion } from '../package-version.ts';
import { runRecordSchema, type RunRecord } from '../record.ts';
import { runScenario } from '../runner.ts';
import type { SimulationProgress } from '../simulation-job.ts';
import { StoreError } from '../store.ts';
import { EvidenceFold } from './campaign-evidence.ts';
import { campaignPageSchema, campaignReportKind } from './campaign-page-data.ts';
import { dataOfPage } from './html-page.ts';
import { campaignPage, runPage } from './render-report.ts';
import { runReportKind } from './run-document.ts';
import { variantsOf } from '../campaign/variants.ts';

/** What became of a check. */
export interface ReportCheck {
  readonly identical: boolean;
  /** What was computed again, or what differs, in words. */
  readonly words: string;
}

const runData = z.object({ kind: z.literal(runReportKind), record: runRecordSchema, scenario: z.string() });

const campaignData = z.object({
  kind: z.literal(campaignReportKind),
  netsplit: z.string(),
  name: z.string(),
  scenario: z.string(),
  overrides: z.array(z.string()),
  systems: z.array(z.string()),
  axes: z.array(z.object({ path: z.string(), values: z.array(z.string()) })),
  cells: z.array(
    z.object({
      variant: z.number(),
      seed: z.number(),
      digest: z.string(),
      systems: z.record(
        z.string(),
        z.object({ figures: z.record(z.string(), z.union([z.number(), z.string()])) }),
      ),
    }),
  ),
});

/**
 * Runs again what a page says was run.
 * @throws StoreError when the file is no report of netsplit, or its data are damaged
 */
export async function verifyReport(
  file: string,
  text: string,
  onProgress: (progress: SimulationProgress) => void,
): Promise<ReportCheck> {
  const data = dataOfPage(text);
  const run = runData.safeParse(data);
  if (run.success) return verifyRun(run.data, text, onProgress);
  const campaign = campaignData.safeParse(data);
  if (campaign.success) return verifyCampaign(campaign.data, data, text, onProgress);
  throw new StoreError(
    `${file}: expected a report written by \`netsplit report\`; its data are missing or damaged`,
  );
}

async function verifyRun(
  { record, scenario }: z.infer<typeof runData>,
  text: string,
  onProgress: (progress: SimulationProgress) => void,
): Promise<ReportCheck> {
  const again = await runScenario({
    scenario: { text: scenario, file: `${record.scenario}.yaml`, overrides: record.overrides },
    name: record.scenario,
    seed: record.seed,
    systems: Object.keys(record.systems),
    onProgress,
  });
  const difference = firstDifferentFigure(comparable(record), comparable(again.record));
  if (difference !== undefined)
    return { identical: false, words: `${difference}${otherVersion(record.netsplit)}` };
  return pageCheck(
    record.netsplit,
    () => runPage(record, scenario),
    text,
    `every figure of ${Object.keys(record.systems).join(', ')}, digest ${record.digest}`,
  );
}

/** Whether a page whose data are right shows them: another version may draw it otherwise, and is not asked. */
function pageCheck(netsplit: string, draw: () => string, text: string, words: string): ReportCheck {
  if (netsplit !== packageVersion())
    return {
      identical: true,
      words: `${words}; the page was drawn by netsplit ${netsplit}: this one (${packageVersion()}) has checked its data and not its looks`,
    };
  const drawn = draw();
  const shown = text.replaceAll('\r\n', '\n');
  if (drawn === shown) return { identical: true, words };
  return {
    identical: false,
    words: `every figure in its data is the same, but the page shows something else than its data say, ${whereTheyPart(shown, drawn)}`,
  };
}

/** Characters that are quoted on either side of a difference. */
const quotedAround = 30;

/** `first in line 25: “delivered 88.2 % within”, where they say “delivered 78.2 % within”`; the two differ. */
function whereTheyPart(shown: string, drawn: string): string {
  let at = 0;
  while (at < shown.length && shown[at] === drawn[at]) at++;
  const start = Math.max(shown.lastIndexOf('\n', at - 1) + 1, at - quotedAround);
  const quoted = (page: string): string =>
    `“${
      page
        .slice(start, at + quotedAround)
        .split('\n', 1)[0]
        ?.trim() ?? ''
    }”`;
  const line = shown.slice(0, at).split('\n').length;
  return `first in line ${line}: ${quoted(shown)}, where they say ${quoted(drawn)}`;
}

/** All but what depends on the machine, the hour and the way to call it. */
function comparable(record: RunRecord): object {
  const { recordedAt: _at, performance: _cost, reproduce: _command, netsplit: _version, ...rest } = record;
  return JSON.parse(JSON.stringify(rest)) as object;
}

async function verifyCampaign(
  data: z.infer<typeof campaignData>,
  whole: unknown,
  text: string,
  onProgress: (progress: SimulationProgress) => void,
): Promise<ReportCheck> {
  const variants = variantsOf(data.axes.map((axis) => ({ ...axis, numbers: undefined, unit: '' })));
  const evidence = new EvidenceFold();
  for (const { variant, seed, digest, systems } of data.cells) {
    const overrides = [...data.overrides, ...(variants[variant]?.overrides ?? [])];
    const { record } = await runScenario({
      scenario: { text: data.scenario, file: `${data.name}.yaml`, overrides },
      name: data.name,
      seed,
      systems: data.systems,
      onProgress,
    });
    evidence.add(variant, record);
    const figuresAgain = Object.fromEntries(
      Object.entries(record.systems).map(([id, system]) => [id, { figures: figuresOf(system) }]),
    );
    const difference = firstDifferentFigure(
      { systems: onlyFigures(systems), digest },
      { systems: onlyFigures(figuresAgain), digest: record.digest },
    );
    if (difference !== undefined)
      return {
        identical: false,
        words: `seed ${seed}${overrides.length === 0 ? '' : `, ${overrides.join(', ')}`}: ${difference}${otherVersion(data.netsplit)}`,
      };
  }
  const words = `every figure of ${data.cells.length} runs`;
  const page = campaignPageSchema.safeParse(whole);
  if (!page.success) return { identical: true, words }; // of a netsplit whose pages held less
  const difference = firstDifferentFigure(page.data.evidence, asJson(evidence.result()), 'evidence');
  if (difference !== undefined)
    return { identical: false, words: `${difference}${otherVersion(data.netsplit)}` };
  return pageCheck(data.netsplit, () => campaignPage(page.data), text, words);
}

function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function onlyFigures(
  systems: Readonly<Record<string, { readonly figures: object }>>,
): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(systems).map(([id, { figures }]) => [id, figures]));
}

function otherVersion(netsplit: string): string {
  const here = packageVersion();
  return netsplit === here ? '' : `; it was made by netsplit ${netsplit}, this is ${here}`;
}

/** `systems.signal.delivery.ratio: the report says 0.9, this netsplit computes 0.8`; digests are looked at last. */
function firstDifferentFigure(said: unknown, computed: unknown, path = ''): string | undefined {
  if (Object.is(said, computed)) return undefined;
  const [left, right] = [entriesOf(said), entriesOf(computed)];
  if (left === undefined || right === undefined)
    return `${path}: the report says ${JSON.stringify(said) ?? 'nothing'}, this netsplit computes ${JSON.stringify(computed) ?? 'nothing'}`;
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const hashes = new Set(['digest', 'outcome', 'events']);
  const inOrder = [...names.filter((name) => !hashes.has(name)), ...names.filter((name) => hashes.has(name))];
  for (const name of inOrder) {
    const found = firstDifferentFigure(
      left.get(name),
      right.get(name),
      path === '' ? name : `${path}.${name}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function entriesOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}
