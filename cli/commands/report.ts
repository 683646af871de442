// `netsplit report`: a run or a campaign as one file that can be handed on.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCampaignFolder, writeFiles } from '../../reports/campaign/campaign-store.ts';
import type { NamedChart } from '../../reports/charts/run-charts.ts';
import { toPng } from '../../reports/charts/to-png.ts';
import { chartsOfFolder, renderCampaign, renderRun } from '../../reports/documents/render-report.ts';
import type { ReportFormat } from '../../reports/documents/report-formats.ts';
import { isRunFolder, unlessRefused } from '../../reports/store.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface ReportOptions {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly charts?: string;
  /** Charts as PNG, too. */
  readonly png?: boolean;
}

/** Writes a report; returns the exit code. */
export async function report(folder: string, { format, out, charts, png }: ReportOptions): Promise<number> {
  if (png === true && charts === undefined) throw new UsageError('--png: expected --charts <dir>');
  const isRun = isRunFolder(folder);
  if (!isRun && !isCampaignFolder(folder))
    throw new UsageError(
      `${folder}: expected the folder of a run (with a run.json) or of a campaign (with a campaign.json)`,
    );
  const text = isRun ? await renderRun(folder, format) : await renderCampaign(folder, format);
  const file = out ?? (format === 'html' ? join(folder, 'report.html') : undefined);
  // Pictures first: their folder is the likelier one to be refused, and then there is no report either.
  const pictures =
    charts === undefined ? [] : await writeCharts(await chartsOfFolder(folder, isRun), charts, png === true);
  if (file === undefined) process.stdout.write(text);
  else await unlessRefused(file, () => writeFile(file, text));
  for (const path of file === undefined ? pictures : [file, ...pictures]) process.stdout.write(`${path}\n`);
  return exitCode.good;
}

/** Each picture has its source, range and caveats inside: it travels without its page. Returns where they are. */
async function writeCharts(
  pictures: readonly NamedChart[],
  folder: string,
  png: boolean,
): Promise<readonly string[]> {
  const files = new Map<string, string | Uint8Array>(pictures.map(({ name, svg }) => [`${name}.svg`, svg]));
  if (png) for (const { name, svg } of pictures) files.set(`${name}.png`, await toPng(svg));
  await writeFiles(folder, Object.fromEntries(files));
  return [...files.keys()].map((name) => join(folder, name));
}
