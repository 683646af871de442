// What the service promises: what is shorter than the shortest queue's life loses nothing, whatever fails and whenever.
import { describe, expect, it } from 'vitest';
import { createMessageCache } from '../../../protocol/signal/message-cache.ts';
import { createReplica } from '../../../protocol/signal/replica.ts';
import type { Address } from '../../../protocol/core.ts';
import type { UserMessageId } from '../../../protocol/message.ts';
import type { QueueId, SignalMessage } from '../../../protocol/signal/messages.ts';
import { MiniNetwork, serverError, unresolved } from './mini-network.ts';
import { backends, chat, close, open, say, signalWorld } from './signal-world.ts';
import { fc, property } from '../../support/property.ts';

const hour = 3_600;
const failing = fc.subarray([chat, ...Object.values(backends)], { minLength: 1 });

property(
  [
    failing,
    fc.constantFrom(serverError, unresolved),
    fc.integer({ min: 0, max: 90 }),
    fc.integer({ min: 1, max: 10 * hour }),
  ],
  { numRuns: 40 },
)(
  'an outage of hours loses nothing, accepted or not, and shows nothing twice',
  (names, failure, start, length) => {
    const network = signalWorld();
    open(network, 0);
    open(network, 1);
    for (let message = 1; message <= 4; message++) {
      network.runUntil(message * 30);
      say(network, 0, message);
      if (message === 1) network.runUntil(30 + start);
      if (message === 2) for (const name of names) network.fail(name, failure);
    }
    network.runUntil(200 + length);
    for (const name of names) network.fail(name, undefined);
    // Both look again now and then, until the longest back-off is over.
    for (let passed = 1; passed <= 8; passed++) {
      for (const person of [0, 1]) close(network, person);
      network.runUntil(200 + length + passed * 3 * hour);
      for (const person of [0, 1]) open(network, person);
    }
    network.runUntil(200 + length + 25 * hour);
    const delivered = [1, 2, 3, 4].map((message) => network.factsOf('delivered', message).length);
    expect(delivered).toEqual([1, 1, 1, 1]);
  },
);

describe('two sites', () => {
  const here = 'queues-here' as Address;
  const there = 'queues-there' as Address;
  const queue = 'aci-1.1' as QueueId;
  const envelope = { guid: 'g', source: 'aci-0', timestamp: 1, content: 'words', urgent: true };
  const insert = {
    kind: 'signal.queue-insert',
    queues: [queue],
    envelope,
    carries: [1 as UserMessageId],
  } as unknown as SignalMessage;

  /** A chat instance that notes when its insertion was acknowledged. */
  function sites(): {
    network: MiniNetwork;
    insertAt: (site: Address) => void;
    acknowledgedAt: () => number | undefined;
  } {
    const network = new MiniNetwork();
    let acknowledged: number | undefined;
    network.add(here, createReplica({ store: createMessageCache, peer: there, waits: true }));
    network.add(there, createReplica({ store: createMessageCache, peer: here, waits: true }));
    network.add('asker', () => ({
      step(clock, input, out) {
        if (input.kind === 'push') {
          const to = (input.payload as unknown as { readonly to: Address }).to;
          out.request(to, 'insert', insert, { timeout: 5_000_000 as never });
        }
        if (input.kind === 'response' && input.result.ok) acknowledged = clock.now;
      },
      inspect: () => ({}),
    }));
    return {
      network,
      insertAt: (to) =>
        network.input('asker', { kind: 'push', payload: { kind: 'ask', carries: [], to } as never }),
      acknowledgedAt: () => acknowledged,
    };
  }
  const holds = (network: MiniNetwork, site: Address): unknown =>
    (network.inspect(site) as { readonly store: { readonly queues: unknown } }).store.queues;
  const one = [{ queue, messages: 1 }];

  it('both have what was acknowledged', () => {
    const { network, insertAt, acknowledgedAt } = sites();
    insertAt(here);
    network.runUntil(1);
    expect(acknowledgedAt()).toBeDefined();
    expect([holds(network, here), holds(network, there)]).toEqual([one, one]);
  });

  it('one acknowledges alone when the other does not answer, and repeats until it has it too', () => {
    const { network, insertAt, acknowledgedAt } = sites();
    network.fail(there, serverError);
    insertAt(here);
    network.runUntil(2);
    expect(acknowledgedAt()).toBeDefined();
    expect([holds(network, here), holds(network, there)]).toEqual([one, []]);
    network.restart(here);
    network.fail(there, undefined);
    network.runUntil(20);
    expect(holds(network, there)).toEqual(one);
  });
});
