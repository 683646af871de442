// The storage service: encrypted groups, and what an account keeps to find itself again on a new device. A service of its
// own, on another cloud than the chat service (github.com/signalapp/storage-service: Google Cloud Bigtable).
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import type { Clock } from '../time.ts';
import { asSignal, done, type AccountId } from './messages.ts';

const prefix = 'group/';

class StorageService implements Core {
  readonly #groups = new Map<string, readonly AccountId[]>();

  constructor(stored: StoredState | undefined) {
    for (const [key, members] of stored ?? [])
      if (key.startsWith(prefix)) this.#groups.set(key.slice(prefix.length), members as readonly AccountId[]);
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    switch (message?.kind) {
      case 'signal.group-put':
        // A client that tries again after a lost answer makes the same group.
        this.#set(message.group, message.members, out);
        return out.respond(input.id, done);
      case 'signal.group-join': {
        // Groups from before the run are known to their members only.
        const members = this.#groups.get(message.group) ?? [];
        if (!members.includes(message.member)) this.#set(message.group, [...members, message.member], out);
        return out.respond(input.id, done);
      }
      case 'signal.storage-read':
        return out.respond(input.id, done);
      default:
        return out.refuse(input.id, 400);
    }
  }

  inspect(): unknown {
    return { groups: this.#groups.size };
  }

  #set(group: string, members: readonly AccountId[], out: Effects): void {
    out.persist(`${prefix}${group}`, members);
    this.#groups.set(group, members);
  }
}

/** The storage service. */
export const createStorageService: CoreFactory = (stored) => new StorageService(stored);
