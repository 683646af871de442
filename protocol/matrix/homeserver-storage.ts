// What a homeserver keeps of its rooms on disk: everything that it took in, in order. Its parts keep their own keys beside
// it: destinations, transactions of peers and of clients, staged events, learned keys.
import type { Effects, StoredState } from '../core.ts';
import type { Arrival, ReceivedInvite } from './homeserver-context.ts';
import type { RoomId } from './ids.ts';

/** One event that was taken in. A restart judges all of them again, in this order. */
export interface LogEntry extends Arrival {
  readonly roomId: RoomId;
  /** Stored outside the room's graph, to authorise others. */
  readonly isOutlier: boolean;
}

const installedKey = 'installed';
const logPrefix = 'log/';
const roomPrefix = 'room/';
const invitePrefix = 'invite/';

/** The same for all servers of a run: one for each place of the longest log. */
const logKeys: string[] = [];

export class HomeserverStorage {
  /** Since the run began. */
  readonly log: readonly LogEntry[];
  /** The disk came back empty: rooms and accounts' history are gone. */
  readonly isLost: boolean;
  /** Rooms that were joined since the run began, with their versions. */
  readonly openedRooms: ReadonlyMap<RoomId, string>;
  readonly invites: readonly ReceivedInvite[];
  #next: number;

  constructor(stored: StoredState | undefined) {
    const log: LogEntry[] = [];
    const openedRooms = new Map<RoomId, string>();
    const invites: ReceivedInvite[] = [];
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(logPrefix)) log.push(value as LogEntry);
      else if (key.startsWith(roomPrefix))
        openedRooms.set(key.slice(roomPrefix.length) as RoomId, value as string);
      else if (key.startsWith(invitePrefix)) invites.push(value as ReceivedInvite);
    }
    this.log = log;
    this.openedRooms = openedRooms;
    this.invites = invites;
    this.isLost = stored !== undefined && !stored.has(installedKey);
    this.#next = log.length;
  }

  /** Marks the disk as this server's. */
  install(out: Effects): void {
    if (!this.isLost) out.persist(installedKey, true);
  }

  openRoom(roomId: RoomId, version: string, out: Effects): void {
    out.persist(roomPrefix + roomId, version);
  }

  keepInvite(invite: ReceivedInvite, out: Effects): void {
    out.persist(`${invitePrefix}${invite.userId}/${invite.roomId}`, invite);
  }

  append(
    roomId: RoomId,
    isOutlier: boolean,
    { event, message, receipt, givenStates }: Arrival,
    out: Effects,
  ): void {
    const entry: LogEntry = { roomId, isOutlier, event, message, receipt, givenStates };
    const number = this.#next++;
    out.persist((logKeys[number] ??= `${logPrefix}${number}`), entry);
  }
}
