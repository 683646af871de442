// The replay's obviously right twin: at every instant every node has its turn, again and again until nobody begins
// anything. Sets and arrays, no cursors, nobody is ever left asleep; looks for dead copies are made, not made up for.
import type { MeshLimits } from '../../sim/mesh/limits.ts';
import type { MessageList } from '../../sim/mesh/message-list.ts';
import type { ContactTrace } from '../../sim/radio/contact-trace.ts';

interface Copy {
  readonly message: number;
  readonly hops: number;
}

interface Transfer extends Copy {
  readonly sender: SlowNode;
  readonly receiver: SlowNode;
  readonly doneAt: number;
  isCut: boolean;
}

interface SlowNode {
  readonly index: number;
  copies: Copy[];
  readonly delivered: Set<number>;
  /** Neighbours, in the order in which they came. */
  readonly neighbours: SlowNode[];
  sending: Transfer | undefined;
  receiving: Transfer | undefined;
  lookedAt: number;
}

export interface SlowOutcome {
  readonly deliveredAt: readonly number[];
  readonly hops: readonly number[];
  readonly counts: Readonly<Record<'started' | 'relayed' | 'aborted' | 'dropped', number>>;
}

const minute = 60_000_000;

export function slowReplay(trace: ContactTrace, messages: MessageList, limits: MeshLimits): SlowOutcome {
  const nodes = trace.nodes.map((_, index): SlowNode => ({
    index,
    copies: [],
    delivered: new Set(),
    neighbours: [],
    sending: undefined,
    receiving: undefined,
    lookedAt: 0,
  }));
  const deliveredAt = messages.ids.map(() => NaN);
  const hops = messages.ids.map(() => 0);
  const counts = { started: 0, relayed: 0, aborted: 0, dropped: 0 };
  const size = (message: number): number => messages.bytes[message]!;
  const held = (node: SlowNode): number => node.copies.reduce((sum, { message }) => sum + size(message), 0);
  const left = (message: number, now: number): number =>
    limits.lifetime === undefined ? Infinity : messages.at[message]! + limits.lifetime - now;
  const isBusy = (node: SlowNode): boolean => node.sending !== undefined || node.receiving !== undefined;

  const drop = (node: SlowNode, copy: Copy): void => {
    node.copies = node.copies.filter((each) => each !== copy);
    counts.dropped++;
  };
  const makeRoom = (node: SlowNode, bytes: number): void => {
    if (bytes > limits.bufferBytes) return;
    while (held(node) + bytes > limits.bufferBytes) {
      const oldest = node.copies.find(({ message }) => message !== node.sending?.message);
      if (oldest === undefined) return;
      drop(node, oldest);
    }
  };
  const start = (sender: SlowNode, receiver: SlowNode, copy: Copy, now: number): boolean => {
    const { message } = copy;
    if (isBusy(sender) || isBusy(receiver)) return false;
    if (receiver.copies.some((each) => each.message === message) || receiver.delivered.has(message))
      return false;
    if (messages.destination[message] !== receiver.index && left(message, now) < minute) return false;
    if (size(message) > limits.bufferBytes) return false;
    makeRoom(receiver, size(message));
    const took =
      limits.bytesPerSecond === Infinity ? 0 : Math.round((size(message) * 1e6) / limits.bytesPerSecond);
    const transfer = { sender, receiver, message, hops: copy.hops + 1, doneAt: now + took, isCut: false };
    sender.sending = transfer;
    receiver.receiving = transfer;
    counts.started++;
    return true;
  };
  const isFor =
    (node: SlowNode) =>
    ({ message }: Copy) =>
      messages.destination[message] === node.index;

  /** True when anything changed. */
  const turn = (node: SlowNode, now: number): boolean => {
    let changed = false;
    const transfer = node.sending;
    if (transfer !== undefined && (transfer.doneAt <= now || transfer.isCut)) {
      const { receiver, message } = transfer;
      changed = true;
      node.sending = undefined;
      if (receiver.receiving === transfer) receiver.receiving = undefined;
      if (transfer.doneAt > now) counts.aborted++;
      else {
        counts.relayed++;
        // Two copies are under way where the first is complete as its contact ends: the second adds nothing.
        const isKnown =
          receiver.delivered.has(message) || receiver.copies.some((each) => each.message === message);
        if (!isKnown && messages.destination[message] === receiver.index) {
          receiver.delivered.add(message);
          deliveredAt[message] = now;
          hops[message] = transfer.hops;
        } else if (!isKnown) receiver.copies.push({ message, hops: transfer.hops });
      }
      if (held(node) > limits.bufferBytes) makeRoom(node, 0);
    }
    if (node.sending === undefined && now - node.lookedAt >= minute) {
      for (const copy of node.copies) if (left(copy.message, now) < minute) drop(node, copy);
      node.lookedAt = now;
    }
    if (isBusy(node) || node.copies.length === 0) return changed;
    for (const copy of node.copies)
      for (const peer of node.neighbours) if (isFor(peer)(copy) && start(node, peer, copy, now)) return true;
    for (const peer of node.neighbours)
      for (const copy of peer.copies.filter(isFor(node))) if (start(peer, node, copy, now)) return true;
    for (const peer of node.neighbours)
      for (const copy of node.copies) if (start(node, peer, copy, now)) return true;
    return changed;
  };

  const settle = (now: number): void => {
    for (let changed = true; changed;) {
      changed = false;
      for (const node of nodes) if (turn(node, now)) changed = true;
    }
  };

  const connect = (row: number): void => {
    const [one, other] = [nodes[trace.left[row]!]!, nodes[trace.right[row]!]!];
    if (trace.begins[row] === 1) {
      one.neighbours.push(other);
      other.neighbours.push(one);
      return;
    }
    for (const [node, peer] of [
      [one, other],
      [other, one],
    ] as const) {
      node.neighbours.splice(node.neighbours.indexOf(peer), 1);
      if (node.sending?.receiver === peer) node.sending.isCut = true;
      if (node.receiving?.sender === peer) node.receiving = undefined;
    }
  };

  let message = 0;
  let row = 0;
  for (;;) {
    const nextMessage = messages.at[message] ?? Infinity;
    const nextRow = trace.at[row] ?? Infinity;
    const internal = nodes.flatMap(({ sending, lookedAt, copies }) => {
      if (sending !== undefined) return [sending.doneAt];
      return limits.lifetime !== undefined && copies.length > 0 ? [lookedAt + minute] : [];
    });
    const now = Math.min(nextMessage, nextRow, ...internal);
    if (now === Infinity || now > limits.until) break;
    // Nodes without copies look too, although they find nothing: their next look depends on it.
    for (const node of nodes)
      if (node.sending === undefined) while (node.lookedAt + minute < now) node.lookedAt += minute;
    if (nextMessage === now) {
      const node = nodes[messages.source[message]!]!;
      makeRoom(node, size(message));
      node.copies.push({ message: message++, hops: 0 });
    } else if (nextRow === now) connect(row++);
    settle(now);
  }
  return { deliveredAt, hops, counts };
}
