// The web server behind a server's bare name: all that federation wants of it is one small file.
import type { Address, Core, CoreFactory, Effects, Input } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock, Duration } from '../time.ts';
import type { WellKnown } from './federation/discovery-messages.ts';
import { asMatrix } from './messages.ts';

export interface WebServerConfig {
  /** What its file says; undefined when it has none. */
  readonly delegatesTo: Address | undefined;
  /** How long others may keep that, in seconds; undefined: it does not say. */
  readonly maxAgeSeconds: number | undefined;
  /** Work of answering. */
  readonly cost: Duration;
}

class WebServer implements Core {
  readonly #config: WebServerConfig;

  constructor(config: WebServerConfig) {
    this.#config = config;
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const { delegatesTo, maxAgeSeconds, cost } = this.#config;
    out.spend(cost);
    const isAsked = asMatrix(input.message)?.kind === 'matrix.get-well-known';
    if (!isAsked || delegatesTo === undefined) return out.refuse(input.id, 404);
    const file: WellKnown = {
      kind: 'matrix.well-known',
      delegatedTo: delegatesTo,
      maxAgeSeconds,
      carries: carriesNothing,
    };
    out.respond(input.id, file);
  }

  inspect(): unknown {
    return { delegatesTo: this.#config.delegatesTo };
  }
}

/** A web server. It keeps nothing. */
export function createWebServer(config: WebServerConfig): CoreFactory {
  return () => new WebServer(config);
}
