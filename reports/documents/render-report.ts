// Reports of stored runs and campaigns in every format. A page is a function of its data alone, so it can be checked.
import { figuresCsv, reportCampaign } from '../campaign/campaign-report.ts';
import { readCampaign } from '../campaign/campaign-store.ts';
import { cellsFolder } from '../campaign/campaign-runner.ts';
import { readCells } from '../campaign/cell-store.ts';
import { figures } from '../campaign/figures.ts';
import { runCharts, type NamedChart } from '../charts/run-charts.ts';
import { campaignCharts } from '../charts/campaign-charts.ts';
import { fidelityInWords } from '../../sim/systems/fidelity.ts';
import { readRecord, readReproduction } from '../store.ts';
import { caveatOf, changesInWords, fidelityNote } from '../summarise.ts';
import type { RunRecord } from '../record.ts';
import { campaignDocument } from './campaign-document.ts';
import { readEvidence } from './campaign-evidence.ts';
import { campaignOfPage, campaignPageData, type CampaignPageData } from './campaign-page-data.ts';
import type { ReportDocument } from './document.ts';
import { campaignJunit, runJunit } from './junit.ts';
import type { ReportFormat } from './report-formats.ts';
import { runDocument } from './run-document.ts';
import { toHtml } from './to-html.ts';
import { toMarkdown } from './to-markdown.ts';

/** The charts of a run, each with its source, seed and limits inside. */
export function chartsOf(record: RunRecord): readonly NamedChart[] {
  return runCharts(record, [
    `netsplit ${record.netsplit} · ${record.scenario} · seed ${record.seed} · digest ${record.digest.slice(0, 16)}`,
    caveatOf(record),
    ...changesInWords(record.overrides),
    fidelityNote(record),
  ]);
}

/**
 * The charts of a run folder or of a campaign's.
 * @throws StoreError when the folder cannot be read
 */
export async function chartsOfFolder(folder: string, isRun: boolean): Promise<readonly NamedChart[]> {
  if (isRun) return chartsOf(await readRecord(folder));
  const campaign = await readCampaign(folder);
  const { byKey } = await readCells(cellsFolder(folder));
  return campaignCharts(campaign.netsplit, reportCampaign(campaign.shape, byKey));
}

/** The page of a campaign. */
export function campaignPage(data: CampaignPageData): string {
  return toHtml(campaignDocumentOf(data, true));
}

function campaignDocumentOf(data: CampaignPageData, withCharts: boolean): ReportDocument {
  const { shape, results } = campaignOfPage(data);
  const report = reportCampaign(shape, results);
  return campaignDocument(data, report, withCharts ? campaignCharts(data.netsplit, report) : []);
}

/** The page of a run. */
export function runPage(record: RunRecord, scenario: string): string {
  return toHtml(runDocument(record, scenario, chartsOf(record)));
}

/**
 * The report of a run folder.
 * @throws StoreError when the folder cannot be read
 */
export async function renderRun(folder: string, format: ReportFormat): Promise<string> {
  const { record, scenario } = await readReproduction(folder);
  switch (format) {
    case 'html':
      return runPage(record, scenario.text);
    case 'md':
      return toMarkdown(runDocument(record, scenario.text, []));
    case 'json':
      return `${JSON.stringify(record, null, 1)}\n`;
    case 'csv':
      return runCsv(record);
    case 'junit':
      return runJunit(record);
  }
}

/** One line per system and figure, each with what it must be quoted with. Empty: nothing to measure. */
function runCsv({ systems, seed }: RunRecord): string {
  const lines = Object.entries(systems).flatMap(([id, system]) =>
    figures.map((figure) => {
      const value = figure.of(system);
      return [
        id,
        seed,
        figure.id,
        value === 'nothing' ? '' : value,
        figure.unit,
        'one run',
        system.fidelity ?? '',
        system.fidelity === undefined ? '' : fidelityInWords[system.fidelity],
      ].join(',');
    }),
  );
  return `${['system,seed,figure,value,unit,range,fidelity,limits', ...lines].join('\n')}\n`;
}

/**
 * The report of a campaign's folder.
 * @throws StoreError when the folder cannot be read
 */
export async function renderCampaign(folder: string, format: ReportFormat): Promise<string> {
  const campaign = await readCampaign(folder);
  const { byKey } = await readCells(cellsFolder(folder));
  const pageData = async (): Promise<CampaignPageData> => {
    const here = campaign.shape.cells.filter(({ key }) => byKey.has(key));
    return campaignPageData(campaign, byKey, await readEvidence(cellsFolder(folder), here));
  };
  switch (format) {
    case 'html':
      return campaignPage(await pageData());
    case 'md':
      return toMarkdown(campaignDocumentOf(await pageData(), false));
    case 'json':
      return `${JSON.stringify(reportCampaign(campaign.shape, byKey), null, 1)}\n`;
    case 'csv':
      return figuresCsv(campaign.shape, byKey);
    case 'junit':
      return campaignJunit(
        reportCampaign(campaign.shape, byKey),
        (await pageData()).evidence?.judged ?? [],
        campaign.shape.id,
      );
  }
}
