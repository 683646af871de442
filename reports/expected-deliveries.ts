// One row per expected delivery: a message × a recipient who is a member and not its sender. Same for every system.
import { present } from '../protocol/assert.ts';
import type { PersonId, UserMessageId } from '../protocol/message.ts';
import { compareNumbers } from '../protocol/order.ts';
import type { Workload } from '../sim/workload/workload.ts';

/** Half-open range of rows. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** The rows, ordered by message, then by recipient. */
export class ExpectedDeliveries {
  readonly count: number;
  /** Message and recipient of each row. */
  readonly messages: Int32Array;
  readonly recipients: Int32Array;
  /** Rows of the messages of the sending window; the warm-up's are not measured. */
  readonly measured: RowRange;
  /** Messages of the sending window. */
  readonly measuredMessages: RowRange;
  readonly #offsets: Int32Array;

  constructor(workload: Workload) {
    const members = workload.conversations.map((conversation) =>
      [...conversation.members].sort(compareNumbers),
    );
    const offsets = new Int32Array(workload.messages.length + 1);
    const rows: number[] = [];
    const messages: number[] = [];
    for (const { id, sender, conversation } of workload.messages) {
      offsets[id] = rows.length;
      for (const member of present(members[conversation], 'conversation of a message')) {
        if (member === sender) continue;
        rows.push(member);
        messages.push(id);
      }
    }
    offsets[workload.messages.length] = rows.length;
    this.#offsets = offsets;
    this.count = rows.length;
    this.messages = Int32Array.from(messages);
    this.recipients = Int32Array.from(rows);
    this.measuredMessages = measuredMessages(workload);
    this.measured = {
      start: this.#offset(this.measuredMessages.start),
      end: this.#offset(this.measuredMessages.end),
    };
  }

  /** The row of this message and recipient; -1 when nobody expects it there. */
  rowOf(message: UserMessageId, person: PersonId): number {
    let low = this.#offset(message);
    const end = this.#offset(message + 1);
    let high = end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.recipients[middle] ?? 0) < person) low = middle + 1;
      else high = middle;
    }
    return low < end && this.recipients[low] === person ? low : -1;
  }

  /** The rows of one message. */
  rowsOf(message: number): RowRange {
    return { start: this.#offset(message), end: this.#offset(message + 1) };
  }

  #offset(message: number): number {
    return present(this.#offsets[message], 'rows of message', message);
  }
}

/** Messages are sorted by instant, so those of the sending window are one stretch. */
function measuredMessages({ messages, windows }: Workload): RowRange {
  const first = messages.findIndex(({ at }) => at >= windows.sendingStart);
  const start = first === -1 ? messages.length : first;
  const after = messages.findIndex(({ at }, index) => index >= start && at >= windows.sendingEnd);
  return { start, end: after === -1 ? messages.length : after };
}
