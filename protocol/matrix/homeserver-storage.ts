// What a homeserver keeps of its rooms on disk: everything that it took in, in order. Its parts keep their own keys beside
// it: destinations, transactions of peers and of clients, staged events, learned keys.
import type { Effects, StoredState } from '../core.ts';
import type { Arrival } from './homeserver-context.ts';
import type { RoomId } from './ids.ts';

/** One event that was taken in. A restart judges all of them again, in this order. */
export interface LogEntry extends Arrival {
  readonly roomId: RoomId;
  /** Stored outside the room's graph, to authorise others. */
  readonly isOutlier: boolean;
}

const installedKey = 'installed';
const logPrefix = 'log/';

export class HomeserverStorage {
  /** Since the run began. */
  readonly log: readonly LogEntry[];
  /** The disk came back empty: rooms and accounts' history are gone. */
  readonly isLost: boolean;
  #next: number;

  constructor(stored: StoredState | undefined) {
    const log: LogEntry[] = [];
    for (const [key, value] of stored ?? []) if (key.startsWith(logPrefix)) log.push(value as LogEntry);
    this.log = log;
    this.isLost = stored !== undefined && !stored.has(installedKey);
    this.#next = log.length;
  }

  /** Marks the disk as this server's. */
  install(out: Effects): void {
    if (!this.isLost) out.persist(installedKey, true);
  }

  append(entry: LogEntry, out: Effects): void {
    out.persist(`${logPrefix}${this.#next++}`, entry);
  }
}
