// A push gateway (Sygnal): takes notifications from homeservers and hands them to the platforms' push services.
// One gateway serves every homeserver whose users run its application. https://spec.matrix.org/v1.16/push-gateway-api/
import type { Address, Core, CoreFactory, Effects, Input, RequestId } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { pushNotify, pushServices } from '../push.ts';
import type { Clock, Duration } from '../time.ts';
import { serverPatience } from './assumed-patience.ts';
import type { PushPlatform } from './client-messages.ts';
import { asMatrix } from './messages.ts';

export interface PushGatewayConfig {
  /** Work of taking and passing on one notification. */
  readonly cost: Duration;
  /** Where each platform's notifications go: to its own service unless the operator has another. */
  readonly services?: Readonly<Record<PushPlatform, Address>>;
}

class PushGateway implements Core {
  readonly #config: PushGatewayConfig;
  /** Homeservers' requests that wait for a platform's answer. */
  readonly #waiting = new Map<string, RequestId>();
  #requests = 0;

  constructor(config: PushGatewayConfig) {
    this.#config = config;
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'response') {
      const request = this.#waiting.get(input.tag);
      if (request === undefined) return;
      this.#waiting.delete(input.tag);
      if (input.result.ok) out.respond(request, { kind: 'matrix.done', carries: carriesNothing });
      else out.refuse(request, 502);
    } else if (input.kind === 'request') {
      const message = asMatrix(input.message);
      if (message?.kind !== 'matrix.push-gateway-notify') return out.refuse(input.id, 404);
      const tag = `push/${++this.#requests}`;
      this.#waiting.set(tag, input.id);
      out.spend(this.#config.cost);
      // A wake-up without content: the words come by /sync, and where they waited until then is the homeserver.
      const notification = pushNotify(message.pushKey, true, carriesNothing);
      const services = this.#config.services ?? pushServices;
      out.request(services[message.platform], tag, notification, { timeout: serverPatience.platform });
    }
  }

  inspect(): unknown {
    return { requests: this.#requests, waiting: this.#waiting.size };
  }
}

/** A gateway. It keeps nothing. */
export function createPushGateway(config: PushGatewayConfig): CoreFactory {
  return () => new PushGateway(config);
}
