// Lists of messages from files: `<seconds> C <id> <from> <to> <bytes>`, as The ONE's StandardEventsReader reads them.
import { present } from '../protocol/assert.ts';
import type { MessageList } from '../sim/mesh/message-list.ts';
import type { ContactTrace } from '../sim/radio/contact-trace.ts';
import { forEachLine, lineError } from './text-lines.ts';
import { bytesOf, compareNodeNames, isNodeNumber, microsecondsOf, wholeNumberOf } from './trace-fields.ts';

/** A message list together with the trace whose nodes it names. */
export interface MessagesOfTrace {
  readonly messages: MessageList;
  /** The trace; it has more nodes than before when messages name some that never meet anybody. */
  readonly trace: ContactTrace;
}

/** Larger than any message: what a Java program like The ONE can count. */
const mostBytes = 2_147_483_647;

/**
 * Reads the messages for a trace, plain or gzip. Where the trace numbers its nodes, a number that is not above its
 * highest is a node that meets nobody; any other name that the trace does not have is an error.
 * @throws ScenarioError naming the line
 */
export async function readMessageList(file: string, trace: ContactTrace): Promise<MessagesOfTrace> {
  const known = new NodesOfTrace(trace);
  const ids: string[] = [];
  const seen = new Set<string>();
  const at: number[] = [];
  const ends: [sources: number[], destinations: number[]] = [[], []];
  const bytes: number[] = [];
  await forEachLine(file, (line) => {
    const complain = (message: string): Error => lineError(file, line.number, message);
    if (line.text(1) !== 'C' || (line.count !== 6 && !(line.count === 7 && wholeNumberOf(line, 6) === 0)))
      throw complain('expected "<seconds> C <id> <from> <to> <bytes>"');
    const time = microsecondsOf(line, 0);
    if (Number.isNaN(time)) throw complain(`expected a time in seconds, found "${line.text(0)}"`);
    const before = at.at(-1) ?? 0;
    if (time < before) throw complain(`the time goes back, from ${before / 1e6} to ${time / 1e6} s`);
    const id = line.text(2);
    if (seen.has(id)) throw complain(`a message before this one is called ${id} too`);
    seen.add(id);
    for (const [end, name] of [line.text(3), line.text(4)].entries()) {
      const node = known.nodeOf(name);
      if (node === undefined) throw complain(`unknown node ${name}: ${known.description}`);
      ends[end]?.push(node);
    }
    if (line.text(3) === line.text(4)) throw complain(`node ${line.text(3)} writes to itself`);
    const size = bytesOf(line, 5);
    if (size < 0 || size > mostBytes)
      throw complain(`expected a number of bytes up to ${mostBytes}, found "${line.text(5)}"`);
    ids.push(id);
    at.push(time);
    bytes.push(size);
  });
  if (ids.length === 0) throw lineError(file, 1, 'expected messages, found no lines');
  const { trace: extended, placeOf } = known.extendedTrace();
  const place = (nodes: readonly number[]): Int32Array =>
    Int32Array.from(nodes, (node) => present(placeOf[node], 'place of a node'));
  const messages = {
    ids,
    at: Float64Array.from(at),
    source: place(ends[0]),
    destination: place(ends[1]),
    bytes: Float64Array.from(bytes),
  };
  return { messages, trace: extended };
}

/** Nodes by name, and those that only messages name. */
class NodesOfTrace {
  readonly #trace: ContactTrace;
  readonly #names: string[];
  readonly #byName = new Map<string, number>();
  /** Highest number that names a node; -1 when some node has another name. */
  readonly #highest: number;

  constructor(trace: ContactTrace) {
    this.#trace = trace;
    this.#names = [...trace.nodes];
    this.#names.forEach((name, node) => this.#byName.set(name, node));
    this.#highest = trace.nodes.every(isNodeNumber) ? Number(trace.nodes.at(-1) ?? -1) : -1;
  }

  get description(): string {
    return this.#highest < 0
      ? `the trace has ${this.#trace.nodes.length} nodes, and none of that name`
      : `the nodes of the trace are numbered up to ${this.#highest}`;
  }

  nodeOf(name: string): number | undefined {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (!isNodeNumber(name) || Number(name) > this.#highest) return undefined;
    this.#byName.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  /** The trace with its nodes in order again, and the new place of each node. */
  extendedTrace(): { readonly trace: ContactTrace; readonly placeOf: Int32Array } {
    const order = this.#names.map((_, node) => node);
    if (order.length > this.#trace.nodes.length)
      order.sort((left, right) => compareNodeNames(this.#names[left] ?? '', this.#names[right] ?? ''));
    const placeOf = new Int32Array(order.length);
    order.forEach((node, place) => (placeOf[node] = place));
    if (order.length === this.#trace.nodes.length) return { trace: this.#trace, placeOf };
    const move = (column: Int32Array): Int32Array => column.map((node) => placeOf[node] ?? -1);
    const { left, right } = this.#trace;
    return {
      trace: {
        ...this.#trace,
        nodes: order.map((node) => this.#names[node] ?? ''),
        left: move(left),
        right: move(right),
      },
      placeOf,
    };
  }
}
