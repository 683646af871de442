// A phone that means harm: an honest one that also fills the air with broadcasts of its own making. Everything it sends is
// well-formed and signed with the key that it announces, so that nothing but the limits of others stops it.
import type { Address, Core, CoreFactory, Effects, Input } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, type Clock, type Duration } from '../time.ts';
import { originTtl, packetTypes } from './constants.ts';
import type { Identity } from './peer-config.ts';
import { signed } from './signatures.ts';

const spamTimer = 'spam';

/** What a flooder does. */
export interface FlooderOptions {
  readonly identity: Identity;
  readonly random: RandomStream;
  readonly packetsPerSecond: number;
  /** Bytes of text in each. */
  readonly bytes: number;
}

/** An honest phone with the addition. */
export function createFlooder(honest: CoreFactory, options: FlooderOptions): CoreFactory {
  return (stored) => new Flooder(honest(stored), options);
}

class Flooder implements Core {
  readonly #honest: Core;
  readonly #options: FlooderOptions;
  readonly #links = new Set<Address>();

  constructor(honest: Core, options: FlooderOptions) {
    this.#honest = honest;
    this.#options = options;
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'timer' && input.timer === spamTimer) return this.#spam(clock, out);
    this.#honest.step(clock, input, out);
    if (input.kind === 'link-up') {
      if (this.#links.size === 0) this.#schedule(clock, out);
      this.#links.add(input.link);
    } else if (input.kind === 'link-down' && input.link !== undefined) this.#links.delete(input.link);
    else if (input.kind === 'user' && input.action.kind === 'close-app') {
      this.#links.clear();
      out.cancelTimer(spamTimer);
    }
  }

  inspect(): unknown {
    return this.#honest.inspect();
  }

  #spam(clock: Clock, out: Effects): void {
    if (this.#links.size === 0) return;
    const { identity, random, bytes } = this.#options;
    const { peerId: sender, signer } = identity;
    const fields = { version: 1, type: packetTypes.message, timestamp: clock.wall, sender } as const;
    const packet = signed({ ...fields, payload: random.bytes(bytes) }, signer, carriesNothing).withTtl(
      originTtl,
    );
    for (const link of this.#links) out.send(link, packet);
    this.#schedule(clock, out);
  }

  #schedule(clock: Clock, out: Effects): void {
    out.setTimer(
      spamTimer,
      after(clock.now, Math.round(1_000_000 / this.#options.packetsPerSecond) as Duration),
    );
  }
}
