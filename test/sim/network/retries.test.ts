// Retries multiply load: by the geometric sum where failures are independent, by a power where every layer retries.
import { describe, expect, it } from 'vitest';
import type { Input, RequestId } from '../../../protocol/core.ts';
import type { Port } from '../../../sim/network/medium.ts';
import {
  address,
  createTestNetwork,
  fault,
  note,
  phone,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

const eu = address('eu.example');
const chat = address('chat.example');
const retries = 3;

/** Asks once more after each failure, up to the number of retries; tags are `operation/attempt`. */
const persistent =
  (onEnd: (network: TestNetwork, port: Port, operation: string, ok: boolean) => void, name = eu) =>
  (network: TestNetwork, port: Port, input: Input): void => {
    if (input.kind !== 'response') return;
    const [operation = '', attempt = '0'] = input.tag.split('/');
    if (input.result.ok || Number(attempt) === retries) {
      onEnd(network, port, operation, input.result.ok);
      return;
    }
    network.internet.request(port, name, `${operation}/${Number(attempt) + 1}`, note('again'), tenSeconds);
  };

describe('retries', () => {
  it.each([0.1, 0.5, 0.9])('of requests of which %f fail make (1 - p^4) / (1 - p) of one', (probability) => {
    const operations = 3_000;
    let failed = 0;
    const network = createTestNetwork({
      faults: [fault('error-rate', 'host=eu-1', 0, 100_000, { probability, status: 503 })],
      client: persistent((_network, _port, _operation, ok) => {
        if (!ok) failed++;
      }),
    });
    for (let operation = 0; operation < operations; operation++)
      network.plan(1 + operation * 5, () =>
        network.internet.request(phone, eu, `${operation}/0`, note('please'), tenSeconds),
      );
    network.runUntil(operations * 5 + 60);
    const attempts = network.inputs('phone/0', 'response').length / operations;
    const lost = probability ** (retries + 1);
    const expected = (1 - lost) / (1 - probability);
    // Four standard deviations: attempts vary by less than 1.2 an operation, losses are Bernoulli.
    expect(Math.abs(attempts - expected)).toBeLessThan((4 * 1.2) / Math.sqrt(operations));
    expect(Math.abs(failed / operations - lost)).toBeLessThan(
      4 * Math.sqrt((lost * (1 - lost)) / operations) + 1e-9,
    );
  });

  it('in two layers make 16 of one where the last server fails: each layer multiplies by 1 + retries', () => {
    const waiting = new Map<string, { readonly port: Port; readonly id: RequestId }>();
    let asked = 0;
    let reached = 0;
    const answerClient = (network: TestNetwork, _port: Port, operation: string, ok: boolean): void => {
      const client = waiting.get(operation);
      if (client === undefined) throw new Error(`nobody waits for ${operation}`);
      if (ok) network.internet.respond(client.port, client.id, note('done'));
      else network.internet.refuse(client.port, client.id, 502, undefined, undefined);
    };
    const relay = persistent(answerClient);
    const network = createTestNetwork({
      client: persistent(() => undefined, chat),
      server(net, port, input) {
        if (input.kind === 'response') relay(net, port, input);
        if (input.kind !== 'request') return;
        if (port.node === 4) {
          reached++;
          net.internet.refuse(port, input.id, 503, undefined, undefined);
          return;
        }
        const operation = `relayed${asked++}`;
        waiting.set(operation, { port, id: input.id });
        net.internet.request(port, eu, `${operation}/0`, note('please'), tenSeconds);
      },
    });
    const operations = 20;
    for (let operation = 0; operation < operations; operation++)
      network.plan(1 + operation * 60, () =>
        network.internet.request(phone, chat, `${operation}/0`, note('please'), tenSeconds),
      );
    network.runUntil(operations * 60 + 120);
    expect(reached).toBe(operations * (1 + retries) ** 2);
  });
});
