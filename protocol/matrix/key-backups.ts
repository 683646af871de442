// Keys of rooms that clients leave at their own server, encrypted, for their next device.
// https://spec.matrix.org/v1.16/client-server-api/#server-side-key-backups
import type { Effects, RequestId, StoredState } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { BackUpKeys, Backup, GetBackup, RoomKeys } from './device-messages.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { UserId } from './ids.ts';

const backupPrefix = 'key-backup/';

export class KeyBackups {
  readonly #context: HomeserverContext;
  readonly #keys = new Map<UserId, Map<string, number>>();

  constructor(context: HomeserverContext, stored: StoredState | undefined) {
    this.#context = context;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(backupPrefix))
        this.#keys.set(key.slice(backupPrefix.length) as UserId, new Map(value as RoomKeys));
  }

  /** A key that opens more replaces one that opens less. */
  backUp(id: RequestId, { userId, keys }: BackUpKeys, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const kept = this.#keys.get(userId) ?? new Map<string, number>();
    for (const [session, index] of keys) kept.set(session, Math.min(index, kept.get(session) ?? index));
    this.#keys.set(userId, kept);
    out.persist(backupPrefix + userId, new Map(kept));
    out.respond(id, { kind: 'matrix.done', carries: carriesNothing });
  }

  get(id: RequestId, { userId }: GetBackup, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    const keys = new Map(this.#keys.get(userId));
    const answer: Backup = { kind: 'matrix.backup', keys, carries: carriesNothing };
    out.respond(id, answer);
  }
}
