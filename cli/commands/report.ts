// `netsplit report`: a run or a campaign as one file that can be handed on.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCampaignFolder, writeFiles } from '../../reports/campaign/campaign-store.ts';
import {
  chartsOf,
  renderCampaign,
  renderRun,
  type ReportFormat,
} from '../../reports/documents/render-report.ts';
import { isRunFolder, readRecord, unlessRefused } from '../../reports/store.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface ReportOptions {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly charts?: string;
}

/** Writes a report; returns the exit code. */
export async function report(folder: string, { format, out, charts }: ReportOptions): Promise<number> {
  const isRun = isRunFolder(folder);
  if (!isRun && !isCampaignFolder(folder))
    throw new UsageError(
      `${folder}: expected the folder of a run (with a run.json) or of a campaign (with a campaign.json)`,
    );
  const text = isRun ? await renderRun(folder, format) : await renderCampaign(folder, format);
  const file = out ?? (format === 'html' ? join(folder, 'report.html') : undefined);
  if (file === undefined) process.stdout.write(text);
  else {
    await unlessRefused(file, () => writeFile(file, text));
    process.stdout.write(`${file}\n`);
  }
  if (charts !== undefined) {
    if (!isRun) throw new UsageError('--charts: a campaign has its charts in its folder already');
    const pictures = chartsOf(await readRecord(folder));
    await writeFiles(charts, Object.fromEntries(pictures.map(({ name, svg }) => [`${name}.svg`, svg])));
    for (const { name } of pictures) process.stdout.write(`${join(charts, `${name}.svg`)}\n`);
  }
  return exitCode.good;
}
