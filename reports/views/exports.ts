// What can be taken away from a stored run as a picture or a trace.
import { chartsOf } from '../documents/render-report.ts';
import { toPng } from '../charts/to-png.ts';
import { nodesOf } from '../inspection/inspect-node.ts';
import { MissingPackage } from '../missing-package.ts';
import { aboutSlice } from '../spacetime/about-slice.ts';
import { chromeTrace } from '../spacetime/chrome-trace.ts';
import { diagram } from '../spacetime/diagram.ts';
import { mostArrows } from '../spacetime/draw-spacetime.ts';
import { takeSlice } from '../spacetime/slice.ts';
import { readRecord } from '../store.ts';
import { worstDeliveries } from '../worst-messages.ts';
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
  return asAsked(chart.svg, format);
}

async function asAsked(svg: string, format: 'svg' | 'png'): Promise<string | Uint8Array> {
  if (format === 'svg') return svg;
  try {
    return await toPng(svg);
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

/** A space-time diagram of one message; left out: of the one that suffered most. */
export interface DiagramQuestion {
  readonly system: string;
  readonly message: number | undefined;
  readonly format: 'svg' | 'png';
}

/**
 * A message's way through a system as a space-time diagram: simulated again. Where it went to too many to be read, what
 * its sender and the recipient who got it last had of it.
 * @throws StoreError, NoAnswer
 */
export function runDiagram(
  folder: string,
  { system, message: asked, format }: DiagramQuestion,
): Promise<string | Uint8Array> {
  return orNoAnswer(async () => {
    const subject = await subjectOf(folder, system);
    const { compiled, seed } = subject;
    const suffered = await worstDeliveries(folder, asked === undefined ? 1 : Infinity);
    const worst = suffered.find((each) => each.system === system && each.message === (asked ?? each.message));
    const message = asked ?? worst?.message ?? 0;
    const { messages } = compiled.workload(String(seed));
    const sender = messages[message]?.sender;
    if (sender === undefined)
      throw new NoAnswer(`expected a message from 0 to ${messages.length - 1}, found ${message}`);
    const draw = (nodes: readonly string[] | undefined): string => {
      const slice = takeSlice({
        ...subject,
        variant: 'run',
        from: 0,
        until: compiled.windows.horizon,
        message,
        nodes,
        most: mostArrows,
      });
      return diagram(slice, aboutSlice(slice, compiled));
    };
    let svg: string;
    try {
      svg = draw(undefined);
    } catch (error) {
      if (!(error instanceof RangeError) || worst === undefined) throw error;
      const two = new Set<number>([sender, worst.recipient]);
      svg = draw(
        nodesOf(subject).flatMap(({ name, person }) =>
          person !== undefined && two.has(person) ? [name] : [],
        ),
      );
    }
    return asAsked(svg, format);
  });
}
