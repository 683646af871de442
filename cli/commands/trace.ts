// `netsplit trace`: a slice of a run as a trace for Perfetto, or as a space-time diagram.
import { writeFile } from 'node:fs/promises';
import { present } from '../../protocol/assert.ts';
import { toPng } from '../../reports/charts/to-png.ts';
import { UnknownNode } from '../../reports/inspection/inspect-node.ts';
import { aboutSlice } from '../../reports/spacetime/about-slice.ts';
import { chromeTrace } from '../../reports/spacetime/chrome-trace.ts';
import { diagram } from '../../reports/spacetime/diagram.ts';
import { mostArrows } from '../../reports/spacetime/draw-spacetime.ts';
import { takeSlice, type Slice, type SliceOptions } from '../../reports/spacetime/slice.ts';
import { unlessRefused } from '../../reports/store.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { parseInstant } from '../../scenarios/time-notation.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { exitCode, UsageError } from '../exit.ts';
import { oneSystem, subjectOf } from '../subject.ts';
import { systemList } from '../system-list.ts';

/** What a slice can be made into. */
export const traceFormats = ['perfetto', 'svg', 'png'] as const;

/** Options as the command line gives them. */
export interface TraceOptions {
  readonly format: (typeof traceFormats)[number];
  readonly out?: string;
  readonly seed?: number;
  readonly set: readonly string[];
  readonly system?: string;
  readonly twin?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly nodes?: string;
  readonly message?: number;
}

/** Messages between nodes that a trace may hold: some hundred bytes each. */
const mostTransfers = 500_000;

/** Writes a trace or a diagram; returns the exit code. */
export async function trace(name: string, options: TraceOptions): Promise<number> {
  const { system: systems, format, out } = options;
  const subject = await subjectOf(name, { ...options, ...(systems === undefined ? {} : { systems }) });
  const compiled = compileScenario(subject.scenario);
  const id = oneSystem(subject, compiled);
  if (format === 'png' && out === undefined) throw new UsageError('--format png: expected --out <file>');
  const slice = take({
    compiled,
    seed: subject.seed,
    system: present(registry.get(id), `system ${id}`),
    variant: options.twin === true ? 'twin' : 'run',
    ...window(options, compiled),
    nodes: systemList(options.nodes),
    message: options.message,
    most: format === 'perfetto' ? mostTransfers : mostArrows,
  });
  const about = aboutSlice(slice, compiled);
  const content = format === 'perfetto' ? chromeTrace(slice, about) : picture(slice, about);
  const data = format === 'png' ? await toPng(content) : content;
  if (out === undefined) process.stdout.write(data);
  else {
    await unlessRefused(out, () => writeFile(out, data));
    process.stdout.write(`${out}\n`);
  }
  return exitCode.good;
}

/** With a message alone: its whole life; otherwise the whole run. */
function window(options: TraceOptions, compiled: CompiledScenario): { from: number; until: number } {
  const { horizon } = compiled.windows;
  const instant = (which: 'from' | 'until', otherwise: number): number => {
    const text = options[which];
    if (text === undefined) return otherwise;
    const at = parseInstant(text, compiled.world.epochWallMs);
    if (at === undefined || at < 0 || at > horizon)
      throw new UsageError(
        `--${which} ${text}: expected an instant of the run, e.g. 45m after the epoch or 2025-10-20T15:30Z, up to ${horizon / 1_000_000} s after it`,
      );
    return at;
  };
  const [from, until] = [instant('from', 0), instant('until', horizon)];
  if (until <= from) throw new UsageError('--until: expected an instant after --from');
  return { from, until };
}

function take(options: SliceOptions): Slice {
  const { message, compiled, seed } = options;
  const count = message === undefined ? 0 : compiled.workload(String(seed)).messages.length;
  if (message !== undefined && message >= count)
    throw new UsageError(`--message ${message}: expected a message from 0 to ${count - 1}`);
  try {
    return takeSlice(options);
  } catch (error) {
    if (error instanceof UnknownNode)
      throw new UsageError(
        `--nodes: ${error.message}${didYouMean(error.nearest)} (\`netsplit inspect\` lists all)`,
      );
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function picture(slice: Slice, about: Readonly<Record<string, string>>): string {
  try {
    return diagram(slice, about);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
