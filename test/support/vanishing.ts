// Ends that go, come back or close, and what the other one heard of it.
import { expect } from 'vitest';
import type { Instant } from '../../protocol/time.ts';
import type { Failure } from '../../protocol/failure.ts';
import { nextTransmission } from '../../sim/network/retransmission.ts';
import { linkOf, nameOf, way } from './linked.ts';
import { at, createTestNetwork, euServer, line, phone, type TestNetwork } from './network.ts';

/** Microseconds from the phone to Frankfurt. */
export const one = way(createTestNetwork());
export const timeOut = (2 * one + 200_000) as never;
/** When what was first sent at this second is sent again, at `heals` or later. */
export const again = (sent: number, heals: number): Instant => nextTransmission(at(sent), timeOut, at(heals));

/** What a side heard of the end of links: when, what, how certainly, because of what. */
export const ends = (network: TestNetwork, node: string): readonly unknown[] =>
  network
    .inputs(node, 'link-down')
    .map(({ at: instant, input: { failure } }: { at: Instant; input: { failure: Failure } }) => [
      instant,
      nameOf(failure),
      failure.definite ? 'certainly' : 'perhaps',
      network.causes.faults(failure.cause),
    ]);

/** The process or machine of a node goes, or comes back. */
export const goes = (network: TestNetwork, second: number, node: number, cause?: string): void =>
  network.plan(second, () => {
    network.up[node] = false;
    network.internet.nodeChanged(
      node,
      false,
      cause === undefined ? (0 as never) : network.causes.intern([cause]),
    );
  });
export const comes = (network: TestNetwork, second: number, node: number): void =>
  network.plan(second, () => {
    network.up[node] = true;
    network.internet.nodeChanged(node, true, 0 as never);
  });
export const leaves = (network: TestNetwork, second: number): void =>
  network.plan(second, () => {
    network.access[0] = { ...line, isp: 'isp/DE/two' as never };
    network.internet.deviceNetworkChanged(0, true, network.causes.intern(['walk']));
  });
export const closes = (network: TestNetwork, node: 'phone/0' | 'eu-1', second: number, code?: number): void =>
  network.plan(second, () =>
    network.internet.disconnect(node === 'eu-1' ? euServer : phone, linkOf(network, node), code),
  );
export const over = (network: TestNetwork, horizon = 10_000): TestNetwork => {
  network.runUntil(horizon);
  expect(network.kernel.next).toBeUndefined();
  return network;
};
