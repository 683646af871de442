// A data centre's media host, which keeps encrypted pictures, and the registration service: both behind HTTPS.
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import type { Clock } from '../time.ts';
import { asWhatsapp, done } from './messages.ts';
import { mediaObject } from './task-messages.ts';

class MediaStore implements Core {
  readonly #bytes = new Map<string, number>();

  constructor(stored: StoredState | undefined) {
    for (const [key, bytes] of stored ?? []) this.#bytes.set(key, bytes as number);
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asWhatsapp(input.message);
    if (message?.kind === 'whatsapp.media-put') {
      out.persist(message.key, message.bytes);
      this.#bytes.set(message.key, message.bytes);
      return out.respond(input.id, done);
    }
    if (message?.kind !== 'whatsapp.media-get') return out.refuse(input.id, 400);
    const bytes = this.#bytes.get(message.key);
    if (bytes === undefined) out.refuse(input.id, 404);
    else out.respond(input.id, mediaObject(bytes));
  }

  inspect(): unknown {
    return { pictures: this.#bytes.size };
  }
}

/** A media host. */
export const createMediaStore: CoreFactory = (stored) => new MediaStore(stored);

/** The registration service: whether it answers is all that matters of it here. */
export const createRegistrationService: CoreFactory = (): Core => ({
  step(_clock, input, out) {
    if (input.kind !== 'request') return;
    if (asWhatsapp(input.message)?.kind === 'whatsapp.register') out.respond(input.id, done);
    else out.refuse(input.id, 400);
  },
  inspect: () => ({}),
});
