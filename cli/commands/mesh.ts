// `netsplit mesh`: a contact trace and a list of messages through a store-carry-forward router.
import pc from 'picocolors';
import { dtnRouterCalled, dtnRouterNames } from '../../protocol/dtn/routers.ts';
import type { CreateDtnRouter } from '../../protocol/dtn/router.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import { meshReport, type MeshReport } from '../../reports/mesh-report.ts';
import { readContactTrace } from '../../scenarios/contact-trace.ts';
import { readMessageList } from '../../scenarios/message-list.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { readPositionTrace } from '../../scenarios/position-trace.ts';
import {
  distanceForm,
  parseDistance,
  parseRate,
  parseSize,
  rateForm,
  sizeForm,
} from '../../scenarios/size-notation.ts';
import { durationForm, parseDuration } from '../../scenarios/time-notation.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { boundary, EndlessExchange, type MeshLimits } from '../../sim/mesh/limits.ts';
import type { MessageList } from '../../sim/mesh/message-list.ts';
import { replay } from '../../sim/mesh/replay.ts';
import type { ReplayOutcome } from '../../sim/mesh/replay-outcome.ts';
import { generateContacts } from '../../sim/radio/contact-generator.ts';
import type { ContactTrace } from '../../sim/radio/contact-trace.ts';
import { exitCode, UsageError } from '../exit.ts';
import { ProgressLine } from '../progress.ts';
import { isModulePath, loadUserRouter, routerFailure } from '../user-router.ts';

/** Options as the command line gives them. */
export interface MeshOptions {
  readonly messages: string;
  readonly router: string;
  readonly rate?: string;
  readonly buffer?: string;
  readonly ttl?: string;
  readonly step?: string;
  readonly until?: string;
  readonly resolution?: string;
  readonly range?: string;
  readonly copies?: number;
  readonly seed?: number;
  readonly ties?: number;
  readonly json?: boolean;
}

interface Performance {
  readonly readSeconds: number;
  readonly replaySeconds: number;
  /** Since the process began, its start included. */
  readonly totalSeconds: number;
  readonly cpuSeconds: number;
  readonly transfersPerSecond: number;
  readonly peakMemoryMiB: number;
}

/** Replays and prints; returns the exit code. */
export async function mesh(contacts: string, options: MeshOptions): Promise<number> {
  const given = limitsOf(options);
  const createRouter = await routerOf(options);
  const start = performance.now();
  const met = await contactsFrom(contacts, options);
  const { trace, messages } = await readMessageList(options.messages, met);
  const read = performance.now();
  const progress = new ProgressLine();
  const limits = { ...given, until: given.until ?? endOf(trace, messages) };
  const onProgress = (share: number): void => progress.update({ label: options.router, share });
  let outcome: ReplayOutcome;
  try {
    const { seed = 1, ties } = options;
    const chance = ties === undefined ? { seed } : { seed, ties };
    outcome = replay({ trace, messages, limits, createRouter, onProgress, ...chance });
  } catch (error) {
    if (!(error instanceof EndlessExchange))
      throw isModulePath(options.router) ? routerFailure(options.router, error) : error;
    process.stderr.write(`${error.message}: a buffer with a limit needs a --rate\n`);
    return exitCode.limitReached;
  } finally {
    progress.end();
  }
  const report = meshReport(trace.nodes, messages, outcome);
  const measured = measure(start, read, outcome);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...report, performance: measured })}\n`
      : inWords(report, outcome, trace.nodes.length, measured),
  );
  return exitCode.good;
}

/** From a contact trace, or from positions where a range is given. */
async function contactsFrom(file: string, { range, resolution }: MeshOptions): Promise<ContactTrace> {
  const metres = valueOf('--range', range, parseDistance, distanceForm);
  const interval = valueOf('--resolution', resolution, parseDuration, durationForm);
  if (metres !== undefined && interval !== undefined)
    throw new UsageError(
      '--resolution is of a SocioPatterns list, and --range of a file of positions: expected one',
    );
  if (metres === undefined)
    return readContactTrace(file, interval === undefined ? {} : { resolution: interval });
  const { nodes, positions, end } = await readPositionTrace(file);
  return generateContacts({ positions, nodes, range: metres, until: end });
}

/**
 * What is under way when the input ends has this long to arrive where contacts stay open: as long as one transfer takes
 * in the literature's settings (1 MB at 250 kB/s: 4 s), and a little more. Assumed; 1 to 60 s are plausible.
 */
const drainMicroseconds = 10_000_000;

function endOf({ at: contactTimes }: ContactTrace, { at: messageTimes }: MessageList): Instant {
  return (Math.max(contactTimes.at(-1) ?? 0, messageTimes.at(-1) ?? 0) + drainMicroseconds) as Instant;
}

type GivenLimits = Omit<MeshLimits, 'until'> & { readonly until: Instant | undefined };

function limitsOf({ rate, buffer, ttl, step, until }: MeshOptions): GivenLimits {
  const lifetime = valueOf('--ttl', ttl, parseDuration, durationForm) as Duration | undefined;
  if (lifetime !== undefined && lifetime < 60_000_000)
    throw new UsageError('--ttl: expected at least 1min, because lifetimes count in whole minutes');
  return {
    bytesPerSecond: valueOf('--rate', rate, parseRate, rateForm) ?? Infinity,
    bufferBytes: valueOf('--buffer', buffer, parseSize, sizeForm) ?? Infinity,
    lifetime,
    step: (valueOf('--step', step, parseDuration, durationForm) ?? 0) as Duration,
    until: valueOf('--until', until, parseDuration, durationForm) as Instant | undefined,
  };
}

function valueOf(
  name: string,
  text: string | undefined,
  parse: (text: string) => number | undefined,
  form: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) throw new UsageError(`${name}: expected ${form}, found "${text}"`);
  return value;
}

async function routerOf({ router: name, copies }: MeshOptions): Promise<CreateDtnRouter> {
  if (copies !== undefined && name !== 'spray-and-wait')
    throw new UsageError(`--copies: only spray-and-wait counts copies, not --router ${name}`);
  if (isModulePath(name)) return loadUserRouter(name);
  const router = dtnRouterCalled(name, copies === undefined ? {} : { copies });
  if (router !== undefined) return router;
  throw new UsageError(
    `--router: expected ${dtnRouterNames.join(', ')} or the path of a module, found "${name}"` +
      didYouMean(nearest(name, dtnRouterNames)),
  );
}

function measure(start: number, read: number, { relayed }: ReplayOutcome): Performance {
  const now = performance.now();
  const { user, system } = process.cpuUsage();
  const replaySeconds = seconds(now - read);
  return {
    readSeconds: seconds(read - start),
    replaySeconds,
    totalSeconds: seconds(now),
    cpuSeconds: seconds((user + system) / 1_000),
    transfersPerSecond: Math.round(relayed / Math.max(replaySeconds, 0.001)),
    peakMemoryMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
  };
}

const seconds = (milliseconds: number): number => Math.round(milliseconds) / 1_000;

function inWords(report: MeshReport, outcome: ReplayOutcome, nodes: number, measured: Performance): string {
  const { created, delivered, deliveryRatio, latency, overheadRatio, contacts } = report;
  const { relayed, aborted, dropped } = outcome;
  const hops = report.messages.flatMap(({ hops: each }) => each ?? []);
  const rows: readonly (readonly [string, string])[] = [
    ['nodes, contacts', `${count(nodes)}, ${count(contacts)}`],
    ['messages created', count(created)],
    ['delivered', `${count(delivered)} (${deliveryRatio === null ? 'none' : percent(deliveryRatio)})`],
    ['latency, average', latency.average === null ? 'none delivered' : inTime(latency.average)],
    ['latency, median', latency.median === null ? 'none delivered' : inTime(latency.median)],
    ['hops, average', hops.length === 0 ? 'none delivered' : (sum(hops) / hops.length).toFixed(2)],
    ['transfers', `${count(relayed)} arrived, ${count(aborted)} cut off`],
    ['overhead ratio', overheadRatio === null ? 'none delivered' : overheadRatio.toFixed(2)],
    ['copies dropped', count(dropped)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const { readSeconds, replaySeconds } = measured;
  lines.push(
    pc.dim('Latency and hops are of delivered messages only.'),
    pc.dim(`Not modelled: ${boundary}.`),
    pc.dim(`Read in ${readSeconds} s, replayed in ${replaySeconds} s.`),
  );
  return `${lines.join('\n')}\n`;
}

const count = (value: number): string => value.toString().replace(/\B(?=(\d{3})+$)/g, ',');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const inTime = (value: number): string =>
  value < 120 ? `${value.toFixed(3)} s` : `${value.toFixed(1)} s (${(value / 60).toFixed(1)} min)`;
