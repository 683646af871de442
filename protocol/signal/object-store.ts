// The object stores behind the CDNs, which hold encrypted attachments (Signal-Server configuration: cdn2 is Google Cloud
// Storage, cdn3 Cloudflare R2).
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import { asSignal, done } from './messages.ts';
import type { StoredObject } from './task-messages.ts';

class ObjectStore implements Core {
  readonly #bytes = new Map<string, number>();

  constructor(stored: StoredState | undefined) {
    for (const [key, bytes] of stored ?? []) this.#bytes.set(key, bytes as number);
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    switch (message?.kind) {
      case 'signal.object-put':
        out.persist(message.key, message.bytes);
        this.#bytes.set(message.key, message.bytes);
        return out.respond(input.id, done);
      case 'signal.object-get': {
        const bytes = this.#bytes.get(message.key);
        if (bytes === undefined) return out.refuse(input.id, 404);
        const object: StoredObject = { kind: 'signal.object', bytes, carries: carriesNothing };
        return out.respond(input.id, object);
      }
      default:
        return out.refuse(input.id, 400);
    }
  }

  inspect(): unknown {
    return { objects: this.#bytes.size };
  }
}

/** An object store. */
export const createObjectStore: CoreFactory = (stored) => new ObjectStore(stored);
