// A phone with a link to a server, and what both sides heard of it.
import { expect } from 'vitest';
import type { Failure } from '../../protocol/failure.ts';
import { seconds, type Instant } from '../../protocol/time.ts';
import type { Fault } from '../../sim/faults/fault.ts';
import type { pinged } from './network.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  note,
  phone,
  type Note,
  type TestNetwork,
  type TestNetworkOptions,
} from './network.ts';

/** The server in Frankfurt. */
export const eu = address('eu.example');
/** A link without keep-alives. */
export const unpinged = { timeout: seconds(30) };
/** 15 retransmissions of Linux. */
export const giveUp = 924_600_000;

/** From the phone to Frankfurt or back: the same at any instant. */
export const way = (network: TestNetwork): number =>
  network.paths.oneWay(network.stations.of(phone.node), network.stations.of(euServer.node), at(0));

/** A network in which the phone has a link to Frankfurt. */
export function linked(
  options: TestNetworkOptions = {},
  connect: typeof pinged | typeof unpinged = unpinged,
): TestNetwork {
  const network = createTestNetwork(options);
  network.plan(0, () => network.internet.connect(phone, eu, 'link', connect));
  network.runUntil(5);
  expect(network.inputs('phone/0', 'link-up')).toHaveLength(1);
  return network;
}

/** What this side calls its first link. */
export const linkOf = (network: TestNetwork, node: string): ReturnType<typeof address> =>
  network.inputs(node, 'link-up')[0]?.input.link ?? address('none');

/** Says something over it at this second. */
export const say = (network: TestNetwork, node: 'phone/0' | 'eu-1', second: number, text: string): void =>
  network.plan(second, () =>
    network.internet.send(node === 'eu-1' ? euServer : phone, linkOf(network, node), note(text)),
  );

/** What came over links, and when. */
export const heard = (network: TestNetwork, node: string): readonly (readonly [string, Instant])[] =>
  network.inputs(node, 'message').map((one) => [(one.input.message as Note).text, one.at]);

/** When a side heard that its link is down, of what kind, and because of what. */
export const downs = (network: TestNetwork, node: string): readonly unknown[] =>
  network
    .inputs(node, 'link-down')
    .map(({ at: instant, input: { failure } }) => [
      instant,
      nameOf(failure),
      network.causes.faults(failure.cause),
    ]);

/** A failure in a word, and where it struck. */
export const nameOf = (failure: Failure): string =>
  failure.kind === 'timed-out' ? `${failure.kind} in ${failure.phase}` : failure.kind;

/** Nothing comes from or to Frankfurt. */
export const dark = (start: number, end: number): Fault =>
  fault('down', 'host=eu-1', start, end, { manner: 'black-hole' });
/** Nothing comes to one side. */
export const oneWay = (to: 'server' | 'client', start: number, end: number): Fault =>
  to === 'server'
    ? fault('partition', 'host=eu-1', start, end, { from: 'country=DE', oneWay: true })
    : fault('partition', 'country=DE', start, end, { from: 'host=eu-1', oneWay: true });
