// What can be taken away from a stored run as a picture or a trace.
import { chartsOf } from '../documents/render-report.ts';
import { toPng } from '../charts/to-png.ts';
import { MissingPackage } from '../missing-package.ts';
import { aboutSlice } from '../spacetime/about-slice.ts';
import { chromeTrace } from '../spacetime/chrome-trace.ts';
import { takeSlice } from '../spacetime/slice.ts';
import { readRecord } from '../store.ts';
import { NoAnswer } from './no-answer.ts';
import { orNoAnswer, subjectOf } from './run-subject.ts';

/** A chart of a run, with source, seed and limits inside. */
export interface ChartQuestion {
  readonly name: string;
  readonly format: 'svg' | 'png';
}

/**
 * One chart of a run.
 * @throws StoreError, NoAnswer
 */
export async function runChart(
  folder: string,
  { name, format }: ChartQuestion,
): Promise<string | Uint8Array> {
  const charts = chartsOf(await readRecord(folder));
  const chart = charts.find((each) => each.name === name);
  if (chart === undefined)
    throw new NoAnswer(
      `the run has no chart "${name}": expected one of ${charts.map((each) => each.name).join(', ')}`,
    );
  if (format === 'svg') return chart.svg;
  try {
    return await toPng(chart.svg);
  } catch (error) {
    if (error instanceof MissingPackage) throw new NoAnswer(error.message);
    throw error;
  }
}

/** Messages between nodes that a trace from the page may hold; the command line takes more, or a part of the time. */
const mostTransfers = 200_000;

/**
 * The whole run of one system as a trace for Perfetto: simulated again.
 * @throws StoreError, NoAnswer when there is no such system, or too much for one trace
 */
export function runTrace(folder: string, system: string): Promise<string> {
  return orNoAnswer(async () => {
    const subject = await subjectOf(folder, system);
    const slice = takeSlice({
      ...subject,
      variant: 'run',
      from: 0,
      until: subject.compiled.windows.horizon,
      most: mostTransfers,
    });
    return chromeTrace(slice, aboutSlice(slice, subject.compiled));
  });
}
