// Which nodes spoke to each other shortly before an instant of a run, and which met failures: simulated again up to there.
import { failureOf, messageOf } from '../../sim/host/input-content.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../../sim/observation.ts';
import type { WatchedInput, Watcher } from '../../sim/watcher.ts';
import { instantWithin, nodesOf } from '../inspection/inspect-node.ts';
import { simulationPlan } from '../simulation-plan.ts';
import { orNoAnswer, subjectOf } from './run-subject.ts';

/** Two nodes, and what went between them in either direction. */
export interface ReplayLink {
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  /** Of these: held up by a fault on the way. */
  readonly hindered: number;
}

/** What the page draws of an instant's links. */
export interface ReplayLinks {
  readonly system: string;
  /** Seconds since the epoch: what was taken in between the two is counted. */
  readonly from: number;
  readonly until: number;
  /** Busiest first, at most {@link mostLinks}. */
  readonly links: readonly ReplayLink[];
  readonly unlisted: number;
  /** Nodes that were handed a failure with a known fault behind it, and how often. */
  readonly failures: readonly (readonly [node: string, count: number])[];
  /** Nodes that were down at the end. */
  readonly down: readonly string[];
}

const windowSeconds = 60;
const mostLinks = 4_000;

class LinkCounter implements Watcher {
  readonly links = new Map<number, { messages: number; hindered: number }>();
  readonly failures = new Map<NodeIndex, number>();
  readonly down = new Set<NodeIndex>();
  readonly #from: number;
  readonly #nodes: number;

  constructor(from: number, nodes: number) {
    this.#from = from;
    this.#nodes = nodes;
  }

  took({ at, node, input, transit }: WatchedInput): void {
    if (at < this.#from) return;
    if ((failureOf(input)?.cause ?? 0) !== 0) this.failures.set(node, (this.failures.get(node) ?? 0) + 1);
    if (transit === undefined || messageOf(input) === undefined) return;
    const [low, high] = node < transit.from ? [node, transit.from] : [transit.from, node];
    const key = low * this.#nodes + high;
    let link = this.links.get(key);
    if (link === undefined) this.links.set(key, (link = { messages: 0, hindered: 0 }));
    link.messages++;
    if (transit.legs.some(({ cause }) => (cause as number) !== 0)) link.hindered++;
  }

  running(node: NodeIndex, _at: Instant, isRunning: boolean): void {
    if (isRunning) this.down.delete(node);
    else this.down.add(node);
  }
}

/**
 * @param at seconds since the epoch
 * @throws StoreError, NoAnswer
 */
export function replayLinks(folder: string, system: string, at: number): Promise<ReplayLinks> {
  return orNoAnswer(async () => {
    const subject = await subjectOf(folder, system);
    const { compiled, seed } = subject;
    const until = instantWithin(Math.round(at * 1_000_000), compiled);
    const from = Math.max(0, at - windowSeconds);
    const names = nodesOf(subject).map(({ name }) => name);
    const name = (index: number): string => names[index] ?? '';
    const counter = new LinkCounter(from * 1_000_000, names.length);
    const workload = compiled.workload(String(seed));
    const plan = simulationPlan({ ...subject, workload, variant: 'run' });
    createSimulation({ ...plan, watcher: counter }, { record: () => undefined }).runUntil(until);
    const links = [...counter.links]
      .sort(([, left], [, right]) => right.messages - left.messages)
      .map(([key, found]): ReplayLink => ({
        from: name(Math.floor(key / names.length)),
        to: name(key % names.length),
        ...found,
      }));
    return {
      system,
      from,
      until: at,
      links: links.slice(0, mostLinks),
      unlisted: Math.max(0, links.length - mostLinks),
      failures: [...counter.failures].map(([node, count]) => [name(node), count]),
      down: [...counter.down].map(name),
    };
  });
}
