// A contact trace and a list of messages, through a router: the order of everything that happens.
import type { Bundle, CreateDtnRouter } from '../../protocol/dtn/router.ts';
import type { Instant } from '../../protocol/time.ts';
import type { ContactTrace } from '../radio/contact-trace.ts';
import { EndlessExchange, type MeshLimits } from './limits.ts';
import { Mesh } from './mesh.ts';
import { RandomStreams } from '../random/streams.ts';
import { MeshNode } from './mesh-node.ts';
import type { MessageList } from './message-list.ts';
import { ReplayLog, type ReplayOutcome } from './replay-outcome.ts';
import { Steps } from './steps.ts';

/** What to replay. */
export interface ReplayInput {
  readonly trace: ContactTrace;
  readonly messages: MessageList;
  readonly limits: MeshLimits;
  readonly createRouter: CreateDtnRouter;
  /** Shuffles the order of turns, which decides ties: tells how much of a result hangs on them. */
  readonly ties?: number;
  /** Seed of whatever routers leave to chance; 1 when left out. */
  readonly seed?: number;
  /** Hears now and then how far the replay has come: 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Events of the input between two reports of progress. */
const progressInterval = 4_096;

/**
 * Replays.
 *
 * What happens at one instant happens in this order, which decides ties:
 * 1. one by one, messages written then, in the order of their list, and then contacts that begin or end, in the order
 *    of the trace. After each of them come rounds of turns, until nobody has anything to begin (with a `step`: one);
 * 2. without any of them, rounds of turns for transfers that end and copies that die.
 *
 * In a round every node that a change concerns has its turn, in ascending order, once. In its turn a node ends the
 * transfer that it sends, looks for dead copies, and begins one transfer if it is free: to a destination, the copy
 * received first before others; else from a neighbour that has something for it, the oldest contact first; else to
 * the oldest contact that lacks something, the copy received first before others, or as the router ranks them.
 */
export function replay({
  trace,
  messages,
  limits,
  createRouter,
  ties,
  seed = 1,
  onProgress,
}: ReplayInput): ReplayOutcome {
  const bundles = bundlesOf(messages);
  const count = trace.nodes.length;
  const streams = new RandomStreams(`${seed}`);
  const turns = turnsOf(count, ties);
  const nodes = trace.nodes.map((_, node) => {
    const router = createRouter({ node, nodes: count, random: streams.stream(`router/${node}`) });
    return new MeshNode(node, turns[node] ?? node, router, bundles.length);
  });
  const log = new ReplayLog(bundles.length);
  const mesh = new Mesh(nodes, bundles, limits, log);
  const input = new InputEvents(trace, messages, mesh);
  const steps = limits.step > 0 ? new Steps(limits.step) : undefined;
  // Within one instant, and without input, no node has reason to receive a message twice.
  const mostTransfers = count * bundles.length;
  let transfersBefore = 0;
  for (;;) {
    const external = input.next;
    const wanted = mesh.isPending ? log.endedAt : (mesh.nextChange ?? Infinity);
    const internal = steps === undefined ? wanted : steps.next(wanted);
    const now = Math.min(external, internal);
    if (now > limits.until || now === Infinity) break;
    const isNew = now > log.endedAt;
    if (isNew) {
      log.endedAt = now;
      transfersBefore = log.started;
    } else if (log.started - transfersBefore > mostTransfers)
      throw new EndlessExchange(`at ${now / 1e6} s copies displace each other without end`);
    if (external <= internal && !isRoundFirst(external, internal, isNew, steps)) {
      steps?.meetsInput(external);
      input.happen();
      transfersBefore = log.started;
      if (input.count % progressInterval === 0) onProgress?.(input.share);
    } else steps?.use(now);
    mesh.round(now as Instant);
  }
  onProgress?.(1);
  return log;
}

/** Turn of each node: the order of their names, or a shuffled one. */
function turnsOf(count: number, ties: number | undefined): Int32Array {
  const turns = Int32Array.from({ length: count }, (_, node) => node);
  if (ties === undefined) return turns;
  const random = new RandomStreams(`${ties}`).stream('ties');
  for (let place = count - 1; place > 0; place--) {
    const other = random.integer(0, place);
    const turn = turns[place] ?? 0;
    turns[place] = turns[other] ?? 0;
    turns[other] = turn;
  }
  return turns;
}

/** Whether nodes have their turns before the input of the same instant. */
function isRoundFirst(external: number, internal: number, isNew: boolean, steps: Steps | undefined): boolean {
  if (external !== internal) return false;
  // What the last event set going at this instant ends before the next event, unless nodes wait for their step.
  return steps === undefined ? !isNew : steps.precedesInput(internal);
}

function bundlesOf({ ids, at, source, destination, bytes }: MessageList): readonly Bundle[] {
  // All routers are told of the same one: none may change it.
  return ids.map((id, index) =>
    Object.freeze({
      index,
      id,
      source: source[index] ?? -1,
      destination: destination[index] ?? -1,
      bytes: bytes[index] ?? 0,
      createdAt: (at[index] ?? 0) as Instant,
    }),
  );
}

/** Messages and changes of contact, merged by time; messages first. */
class InputEvents {
  readonly #trace: ContactTrace;
  readonly #messages: MessageList;
  readonly #mesh: Mesh;
  #contact = 0;
  #message = 0;

  constructor(trace: ContactTrace, messages: MessageList, mesh: Mesh) {
    this.#trace = trace;
    this.#messages = messages;
    this.#mesh = mesh;
  }

  /** Events that have happened. */
  get count(): number {
    return this.#contact + this.#message;
  }

  /** How many have happened, of all: 0 to 1. */
  get share(): number {
    return this.count / (this.#trace.at.length + this.#messages.at.length);
  }

  /** When the next one happens; Infinity when all have. */
  get next(): number {
    return Math.min(this.#messages.at[this.#message] ?? Infinity, this.#trace.at[this.#contact] ?? Infinity);
  }

  /** Lets the next one happen. */
  happen(): void {
    const { at, left, right, begins } = this.#trace;
    const contactAt = at[this.#contact] ?? Infinity;
    const messageAt = this.#messages.at[this.#message] ?? Infinity;
    if (messageAt <= contactAt) {
      this.#mesh.create(this.#message++, messageAt as Instant);
      return;
    }
    const row = this.#contact++;
    const one = left[row] ?? -1;
    const other = right[row] ?? -1;
    if (begins[row] === 1) this.#mesh.connect(one, other, contactAt as Instant);
    else this.#mesh.disconnect(one, other);
  }
}
