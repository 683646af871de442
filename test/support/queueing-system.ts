// A server and somebody who asks it at random instants: queues whose waiting times have closed forms.
import type { Address, Core } from '../../protocol/core.ts';
import { jsonCodec } from '../../protocol/codec.ts';
import { carriesNothing, type Message } from '../../protocol/message.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import { microseconds, seconds, type Clock, type Duration, type Instant } from '../../protocol/time.ts';
import type { QueueSpec } from '../../sim/host/input-queue.ts';
import type { System } from '../../sim/systems/system.ts';
import { componentId } from './worlds.ts';

const ask: Message = { kind: 'queue.ask', carries: carriesNothing };
const answer: Message = { kind: 'queue.answer', carries: carriesNothing };
const server = 'server.test' as Address;

/** What is asked, how often, and how long it takes. */
export interface Load {
  /** Requests per second, Poisson. */
  readonly arrivals: (now: Instant) => number;
  readonly service: (random: RandomStream) => Duration;
  readonly processors?: number;
  readonly queue?: QueueSpec;
  /** How long a client waits for an answer; it then asks again at once, up to `retries` times. */
  readonly patience?: Duration;
  readonly retries?: number;
}

/** What the clients saw. */
export interface Experience {
  /** When asked first, and how long until the answer, microseconds. */
  readonly answered: { readonly askedAt: Instant; readonly after: number }[];
  readonly turnedAway: Instant[];
  readonly failed: Instant[];
  attempts: number;
  /** Work that the server did. */
  served: number;
}

const exponential = (random: RandomStream, mean: number): Duration =>
  microseconds(Math.round(-Math.log(1 - random.uniform()) * mean));

/** Exponential service times of this mean. */
export const exponentialService =
  (mean: Duration) =>
  (random: RandomStream): Duration =>
    exponential(random, mean);

/** Clients that do not wait for each other, on one node, before one server. */
export function queueingSystem(load: Load): { readonly system: System; readonly experience: Experience } {
  const experience: Experience = { answered: [], turnedAway: [], failed: [], attempts: 0, served: 0 };
  const system: System = {
    id: 'queue',
    title: 'Queue',
    description: 'a server under a load',
    fidelity: 'C',
    codec: jsonCodec({ overheadBytes: () => 4, isMessage: () => true }),
    usesRadio: false,
    deploy(deployment) {
      const host = componentId('host/server');
      deployment.addComponent({ id: host, kind: 'host', attributes: {}, needs: [] });
      const zone = componentId('dns/server.test');
      deployment.addComponent({ id: zone, kind: 'dns-zone', attributes: {}, needs: [] });
      const node = deployment.addNode({
        name: 'server',
        component: host,
        processors: load.processors ?? 1,
        ...(load.queue === undefined ? {} : { queue: load.queue }),
        parts: { main: () => serverCore(load, deployment.random('service'), experience) },
      });
      const clients = componentId('host/clients');
      deployment.addComponent({ id: clients, kind: 'host', attributes: {}, needs: [] });
      deployment.addNode({
        name: 'clients',
        component: clients,
        parts: { main: () => clientsCore(load, deployment.random('arrivals'), experience) },
      });
      deployment.addEndpoint({
        name: server,
        dnsZone: zone,
        ttlSeconds: 60,
        targets: [{ node, part: 'main' }],
      });
    },
  };
  return { system, experience };
}

function serverCore({ service }: Load, random: RandomStream, experience: Experience): Core {
  return {
    step(_clock, input, out) {
      if (input.kind !== 'request') return;
      experience.served++;
      out.spend(service(random));
      out.respond(input.id, answer);
    },
    inspect: () => null,
  };
}

function clientsCore(load: Load, random: RandomStream, experience: Experience): Core {
  const asked = new Map<string, { readonly at: Instant; attempts: number }>();
  const { patience = seconds(100_000), retries = 0 } = load;
  let number = 0;
  const next = (clock: Clock): Instant =>
    (clock.now + exponential(random, 1_000_000 / load.arrivals(clock.now))) as Instant;
  return {
    step(clock, input, out) {
      if (input.kind === 'start') out.setTimer('ask', next(clock));
      if (input.kind === 'timer') {
        const tag = `${number++}`;
        asked.set(tag, { at: clock.now, attempts: 1 });
        experience.attempts++;
        out.request(server, tag, ask, { timeout: patience });
        out.setTimer('ask', next(clock));
      }
      if (input.kind !== 'response') return;
      const question = asked.get(input.tag);
      if (question === undefined) return;
      if (!input.result.ok && question.attempts <= retries) {
        question.attempts++;
        experience.attempts++;
        out.request(server, input.tag, ask, { timeout: patience });
        return;
      }
      asked.delete(input.tag);
      const { at } = question;
      if (input.result.ok) experience.answered.push({ askedAt: at, after: clock.now - at });
      else if (input.result.failure.kind === 'status') experience.turnedAway.push(at);
      else experience.failed.push(at);
    },
    inspect: () => null,
  };
}
