// Datagrams find their own way: late, overtaken or lost, and never sent again by the network.
import { describe, expect, it } from 'vitest';
import { datagramCodec } from '../../../protocol/datagram.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import {
  address,
  createTestNetwork,
  euServer,
  fault,
  line,
  note,
  phone,
  type Note,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

const part = 'app';
const server = { ...euServer, part };

/** One numbered datagram from the phone to the server in Frankfurt each tenth of a second. */
function stream(options: TestNetworkOptions, count: number): TestNetwork {
  const network = createTestNetwork(options);
  for (let index = 0; index < count; index++)
    network.plan(index / 10, () => network.internet.send(phone, address('udp:eu-1'), note(String(index))));
  network.runUntil(count / 10 + 5);
  return network;
}

const received = (network: TestNetwork, node = 'eu-1'): readonly number[] =>
  network.inputs(node, 'message').map(({ input }) => Number((input.message as Note).text));

describe('a datagram', () => {
  it('arrives from the address that answers reach', () => {
    const network = createTestNetwork({
      client: (inner, port, input) => {
        if (input.kind === 'message' && port.node === euServer.node)
          inner.internet.send(port, input.from, note('pong'));
      },
    });
    network.plan(0, () => network.internet.send(phone, address('udp:eu-1'), note('ping')));
    network.runUntil(5);
    expect(network.inputs('eu-1', 'message').map(({ input }) => input.from)).toEqual(['udp:phone/0']);
    expect(network.inputs('phone/0', 'message').map(({ input }) => (input.message as Note).text)).toEqual([
      'pong',
    ]);
  });

  it('goes nowhere when nobody is there', () => {
    const network = createTestNetwork();
    network.plan(0, () => network.internet.send(phone, address('udp:nobody'), note('x')));
    network.runUntil(5);
    expect(network.handed).toEqual([]);
  });

  it('is lost by a lossy line as often as the line loses, without a word, and is not sent again', () => {
    const network = stream({ access: { ...line, lossProbability: 0.2 } }, 2_000);
    const share = received(network).length / 2_000;
    expect(share).toBeGreaterThan(0.77);
    expect(share).toBeLessThan(0.83);
    expect(network.inputs('phone/0', 'link-down')).toEqual([]);
  });

  it('may be overtaken where delays vary', () => {
    const spread = new Map([['eu-central-1', new Map([['eu-central-1', { p50: 400, p90: 1_200 }]])]]);
    const order = received(stream({ roundTrips: spread }, 300));
    expect(order).toHaveLength(300);
    expect(order).not.toEqual([...order].sort((left, right) => left - right));
  });

  it('does not get through a partition, nor to a machine that is down, and its device may say why', () => {
    for (const cut of [
      fault('partition', 'country=DE isp=one', 10, 20, { from: 'host=eu-1', oneWay: false }),
      fault('down', 'host=eu-1', 10, 20, { manner: 'crash' }),
      fault('down', 'host=eu-1', 10, 20, { manner: 'black-hole' }),
      fault('down', 'host=eu-1', 10, 20, { manner: 'refuse' }),
    ]) {
      const network = stream({ faults: [cut] }, 300);
      const lost = Array.from({ length: 300 }, (_, index) => index).filter(
        (index) => !received(network).includes(index),
      );
      // What was under way when the fault began may be lost as well.
      expect(lost.every((index) => index >= 99 && index < 200)).toBe(true);
      expect(lost.length).toBeGreaterThanOrEqual(100);
      const told = network.inputs('phone/0', 'link-down');
      expect(told).toHaveLength(lost.length);
      expect(told[0]?.input).toMatchObject({
        link: 'udp:eu-1',
        failure: { cause: expect.any(Number) as number },
      });
      expect(network.causes.sets()[told[0]?.input.failure.cause ?? 0]).toEqual([cut.id]);
    }
  });

  it('has a chance of its own: another one at the same instant does not share it', () => {
    const network = createTestNetwork({ access: { ...line, lossProbability: 0.5 } });
    for (let index = 0; index < 200; index++)
      network.plan(index, () => {
        network.internet.send(phone, address('udp:eu-1'), note(`${2 * index}`));
        network.internet.send(phone, address('udp:eu-1'), note(`${2 * index + 1}`));
      });
    network.runUntil(300);
    const got = new Set(received(network));
    const both = Array.from(
      { length: 200 },
      (_, index) => Number(got.has(2 * index)) + Number(got.has(2 * index + 1)),
    );
    expect(new Set(both)).toEqual(new Set([0, 1, 2]));
  });

  it('waits behind others on a thin line', () => {
    const network = createTestNetwork({ access: { ...line, upBitsPerSecond: 8_000 } });
    network.plan(0, () => {
      for (let index = 0; index < 3; index++)
        network.internet.send(phone, address('udp:eu-1'), note('x', 980));
    });
    network.runUntil(10);
    const instants = network.inputs('eu-1', 'message').map((one) => Math.round(one.at / 1_000_000));
    expect(instants).toEqual([1, 2, 3]);
  });

  it('reaches a device only while that has a network', () => {
    const network = createTestNetwork();
    const toPhone = (): void => network.internet.send(server, address('udp:phone/0'), note('1'));
    network.plan(0, toPhone);
    network.plan(10, () => {
      network.access[0] = undefined;
      network.internet.deviceNetworkChanged(0, false, 0 as never);
    });
    network.plan(11, toPhone);
    network.runUntil(20);
    expect(received(network, 'phone/0')).toHaveLength(1);
  });
});

describe('the codec of datagrams', () => {
  const datagram = {
    kind: 'udp.datagram',
    carries: carriesNothing,
    fromPort: 49_737,
    toPort: 1,
    payload: Uint8Array.of(3, 1, 4),
  } as const;

  it('gives back what it was given', () => {
    const bytes = datagramCodec.encode(datagram);
    expect(bytes).toHaveLength(datagramCodec.byteLength(datagram));
    expect(datagramCodec.decode(bytes, carriesNothing)).toEqual(datagram);
  });

  it('takes no bytes of another length than they say', () => {
    const bytes = datagramCodec.encode(datagram);
    expect(datagramCodec.decode(bytes.subarray(0, 10), carriesNothing)).toBeUndefined();
    expect(datagramCodec.decode(bytes.subarray(0, 5), carriesNothing)).toBeUndefined();
  });
});
