import { describe, expect, it } from 'vitest';
import type { Address, Core, CoreFactory } from '../../../protocol/core.ts';
import { createAutoscaler } from '../../../protocol/signal/autoscaler.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import { MiniNetwork, serverError } from './mini-network.ts';

const machine: CoreFactory = (): Core => ({ step: () => undefined, inspect: () => undefined });
const health = (number: number): string => `chat-${number}.health`;

/** Four machines of which two are wanted, three from 08:00 on; the run begins at 06:00. */
function fleet(): MiniNetwork {
  const network = new MiniNetwork();
  for (const number of [1, 2, 3, 4]) {
    network.add(health(number), machine);
    if (number > 2) network.fail(health(number), serverError);
  }
  const members = [1, 2, 3, 4].map((number) => ({
    node: `chat-${number}`,
    health: health(number) as Address,
    runsAtStart: number <= 2,
  }));
  const plan = Array.from({ length: 24 }, (_, hour) => (hour >= 8 && hour < 10 ? 3 : 2));
  const healthCheck = { every: seconds(10), giveUpAfter: seconds(20), pingBytes: 66 };
  const core = createAutoscaler({
    members,
    plan,
    healthCheck,
    replaceAfter: minutes(2),
    gracePeriod: minutes(5),
  });
  network.add('autoscaler', core);
  return network;
}

const orders = (network: MiniNetwork): string[] =>
  network.sent.map(({ at, to }) => `${Math.round(at / 1_000_000)} ${to}`);

describe('autoscaler', () => {
  it('follows the plan by the hour', () => {
    const network = fleet();
    network.runUntil(7_199);
    expect(orders(network)).toEqual([]);
    network.runUntil(7_201);
    network.fail(health(3), undefined); // it has booted
    network.runUntil(15_000);
    expect(orders(network)).toEqual(['7200 boot:chat-3', '14400 halt:chat-3']);
  });

  it('replaces a machine that stays out of service, not one that comes back in time', () => {
    const network = fleet();
    network.runUntil(100);
    network.fail(health(1), serverError);
    network.runUntil(150);
    network.fail(health(1), undefined);
    network.runUntil(400);
    expect(orders(network)).toEqual([]);
    network.fail(health(2), serverError);
    network.runUntil(600);
    expect(orders(network)).toEqual(['520 halt:chat-2', '520 boot:chat-3']);
    expect(network.inspect('autoscaler')).toMatchObject({ 'chat-1': 'in-service', 'chat-2': 'stopped' });
  });

  it('gives a new machine time to boot, and then tries another one', () => {
    const network = fleet();
    network.runUntil(10);
    network.fail(health(2), serverError);
    network.runUntil(500);
    expect(orders(network)).toEqual([
      '130 halt:chat-2',
      '130 boot:chat-3',
      '430 halt:chat-3',
      '430 boot:chat-2',
    ]);
  });
});
