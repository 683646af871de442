// Connections are FIFO byte streams: what a fault strikes is late, and only at last lost.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  line,
  note,
  phone,
  pinged,
  type Note,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

const unpinged = { timeout: seconds(30) };

/** A link from the phone to the server in Frankfurt, opened at second 0. */
function linked(
  options: TestNetworkOptions = {},
  connect = unpinged as typeof pinged | typeof unpinged,
): TestNetwork {
  const network = createTestNetwork(options);
  network.plan(0, () => network.internet.connect(phone, address('eu.example'), 'link', connect));
  network.runUntil(5);
  expect(network.inputs('phone/0', 'link-up')).toHaveLength(1);
  expect(network.inputs('eu-1', 'link-up')).toHaveLength(1);
  return network;
}

const linkOf = (network: TestNetwork, node: string): ReturnType<typeof address> =>
  network.inputs(node, 'link-up')[0]?.input.link ?? address('none');

const texts = (network: TestNetwork, node: string): string[] =>
  network.inputs(node, 'message').map(({ input }) => (input.message as Note).text);

describe('a link', () => {
  it('tells both sides of each other', () => {
    const network = linked();
    expect(network.inputs('phone/0', 'link-up')[0]?.input).toMatchObject({ peer: 'eu.example', tag: 'link' });
    const accepted = network.inputs('eu-1', 'link-up')[0]?.input;
    expect(accepted).toMatchObject({ peer: 'phone/0' });
    expect(accepted).not.toHaveProperty('tag');
  });

  it('delivers what the server says at once only after the client knows of the link', () => {
    const network = createTestNetwork({
      server: (inner, port, input) => {
        if (input.kind === 'link-up') inner.internet.send(port, input.link, note('welcome'));
      },
    });
    network.internet.connect(phone, address('eu.example'), 'link', unpinged);
    network.runUntil(5);
    const kinds = network.handed.filter(({ node }) => node === 'phone/0').map(({ input }) => input.kind);
    expect(kinds).toEqual(['link-up', 'message']);
  });

  it('closes behind what was sent before, with its code', () => {
    const network = linked();
    network.internet.send(phone, linkOf(network, 'phone/0'), note('last words'));
    network.internet.disconnect(phone, linkOf(network, 'phone/0'), 4001);
    network.runUntil(10);
    expect(texts(network, 'eu-1')).toEqual(['last words']);
    expect(network.inputs('eu-1', 'link-down')[0]?.input.failure).toMatchObject({
      kind: 'closed',
      code: 4001,
    });
    expect(network.inputs('phone/0', 'link-down')).toEqual([]);
  });

  it('keeps order on a lossy, jittery path, and loses nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 5, max: 600 }), fc.integer({ min: 1, max: 100_000 })), {
          maxLength: 40,
        }),
        fc.string({ minLength: 1, maxLength: 4 }),
        (sends, seed) => {
          const network = linked({
            seed,
            access: { ...line, sigma: 1, lossProbability: 0.05, upBitsPerSecond: 2_000_000 },
            faults: [
              fault('down', 'host=eu-1', 100, 130, { manner: 'black-hole' }),
              fault('loss', 'country=DE', 200, 400, { probability: 0.2 }),
            ],
          });
          const link = linkOf(network, 'phone/0');
          const inOrder = [...sends].sort(([left], [right]) => left - right);
          for (const [index, [second, size]] of inOrder.entries())
            network.plan(second, () => network.internet.send(phone, link, note(String(index), size)));
          network.runUntil(3_000);
          expect(texts(network, 'eu-1')).toEqual(inOrder.map((_send, index) => String(index)));
          expect(network.inputs('phone/0', 'link-down')).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('survives an outage shorter than the give-up time: the message is late, and the fault is to blame', () => {
    const network = linked({ faults: [fault('down', 'host=eu-1', 100, 700, { manner: 'black-hole' })] });
    network.plan(200, () => network.internet.send(phone, linkOf(network, 'phone/0'), note('patience')));
    network.runUntil(5_000);
    const [message] = network.inputs('eu-1', 'message');
    expect(message?.at).toBeGreaterThan(at(700));
    // Retransmissions are at most two minutes apart.
    expect(message?.at).toBeLessThan(at(821));
    expect(network.handed.filter(({ input }) => input.kind === 'link-down')).toEqual([]);
    const late = message?.transit?.legs.find(({ reason }) => reason === 'retransmitting');
    expect(network.causes.faults(late?.cause ?? (0 as never))).toEqual(['down']);
  });

  it('carries what is said after the outage behind what still waits to be sent again, and charges the wait to the fault', () => {
    const network = linked({ faults: [fault('down', 'host=eu-1', 100, 700, { manner: 'black-hole' })] });
    const say = (second: number, text: string): void =>
      network.plan(second, () => network.internet.send(phone, linkOf(network, 'phone/0'), note(text)));
    for (const [second, text] of [
      [200, 'first'],
      [701, 'behind it'],
      [4_000, 'later'],
    ] as const)
      say(second, text);
    network.runUntil(5_000);
    expect(texts(network, 'eu-1')).toEqual(['first', 'behind it', 'later']);
    const [first, behind, later] = network.inputs('eu-1', 'message');
    expect(behind?.at).toBe(first?.at);
    expect(behind?.at).toBeGreaterThan(at(705));
    const legs = (each: typeof first): unknown =>
      each?.transit?.legs.map(({ reason, until, cause }) => [
        reason,
        until === each.at,
        network.causes.faults(cause),
      ]);
    expect(legs(behind)).toEqual([
      ['in-flight', false, []],
      ['in-flight', true, ['down']],
    ]);
    expect(legs(later)).toEqual([['in-flight', true, []]]);
  });

  it('sends again what was in flight when the fault struck', () => {
    const network = linked({ faults: [fault('down', 'host=eu-1', 100, 110, { manner: 'black-hole' })] });
    network.plan(99.99, () => network.internet.send(phone, linkOf(network, 'phone/0'), note('struck')));
    network.runUntil(200);
    expect(network.inputs('eu-1', 'message')[0]?.at).toBeGreaterThan(at(110));
    expect(texts(network, 'eu-1')).toEqual(['struck']);
  });

  it('ends for the sender when data stays unacknowledged for about 15 minutes', () => {
    const network = linked({ faults: [fault('down', 'host=eu-1', 100, 5_000, { manner: 'black-hole' })] });
    network.plan(200, () => network.internet.send(phone, linkOf(network, 'phone/0'), note('in vain')));
    network.runUntil(20_000);
    const [down] = network.inputs('phone/0', 'link-down');
    expect(down?.at).toBe(at(200) + 924_600_000);
    expect(down?.input.failure).toMatchObject({ kind: 'timed-out', phase: 'response', definite: false });
    expect(texts(network, 'eu-1')).toEqual([]);
  });

  it('is reset at once by a process that ends, later by a machine that comes back, never silently fine', () => {
    const network = linked({ faults: [fault('down', 'host=eu-1', 100, 160, { manner: 'crash' })] }, pinged);
    network.runUntil(5_000);
    const [down] = network.inputs('phone/0', 'link-down');
    // Pings leave each 30 s; the first one unanswered gives up 20 s later, before the machine is back.
    expect(down?.input.failure).toMatchObject({ kind: 'timed-out', phase: 'keep-alive' });

    const halted = linked();
    halted.plan(50, () => {
      halted.up[4] = false;
      halted.internet.nodeChanged(4, false, 0 as never);
    });
    halted.runUntil(60);
    expect(halted.inputs('phone/0', 'link-down')[0]?.input.failure.kind).toBe('reset');

    const rebooted = linked({ faults: [fault('down', 'host=eu-1', 100, 105, { manner: 'crash' })] }, pinged);
    rebooted.runUntil(500);
    expect(rebooted.inputs('phone/0', 'link-down')[0]?.input.failure.kind).toBe('reset');
  });

  it('of a device that moves dies there at once, and at the server when the pings stay away', () => {
    const network = linked({}, pinged);
    network.plan(100, () => {
      network.access[0] = { ...line, isp: 'isp/DE/two' as never };
      network.internet.deviceNetworkChanged(0, true, 0 as never);
    });
    network.runUntil(1_000);
    const [device] = network.inputs('phone/0', 'link-down');
    const [server] = network.inputs('eu-1', 'link-down');
    expect(device?.at).toBe(at(100));
    expect(device?.input.failure.kind).toBe('offline');
    expect(server?.input.failure).toMatchObject({ kind: 'timed-out', phase: 'keep-alive' });
    // Last ping at about 90 s, the next one due at 120 s, and 20 s of patience.
    expect(server?.at).toBeGreaterThan(at(139));
    expect(server?.at).toBeLessThan(at(141));
  });

  describe('of a device that moves in an outage', () => {
    const cuts = [
      fault('down', 'host=eu-1', 100, 130, { manner: 'black-hole' }),
      fault('partition', 'host=eu-1', 100, 130, { from: 'country=DE', oneWay: true }),
    ];
    const moved = (cut: Fault, ...sends: readonly [string, number][]): TestNetwork => {
      const network = linked({ faults: [cut] });
      for (const [node, second] of sends)
        network.plan(second, () => {
          const port = node === 'eu-1' ? euServer : phone;
          network.internet.send(port, linkOf(network, node), note(`from ${node}`));
        });
      network.plan(110, () => {
        network.access[0] = { ...line, isp: 'isp/DE/two' as never };
        network.internet.deviceNetworkChanged(0, true, 0 as never);
      });
      network.runUntil(5_000);
      expect(network.inputs('phone/0', 'link-down')).toMatchObject([{ at: at(110) }]);
      return network;
    };

    it.each(cuts)('never brings what waited, though the path heals ($kind)', (cut) => {
      const network = moved(cut, ['phone/0', 105]);
      expect(texts(network, 'eu-1')).toEqual([]);
      // A server without keep-alives that says nothing never notices.
      expect(network.inputs('eu-1', 'link-down')).toEqual([]);
    });

    it('is missed by a server when what it says stays unacknowledged, whatever the device had to say', () => {
      for (const sends of [[], [['phone/0', 105]]] as [string, number][][]) {
        const network = moved(cuts[0]!, ...sends, ['eu-1', 200]);
        expect(texts(network, 'phone/0')).toEqual([]);
        const [down, ...more] = network.inputs('eu-1', 'link-down');
        expect(more).toEqual([]);
        expect(down?.at).toBe(at(200) + 924_600_000);
        expect(down?.input.failure).toMatchObject({ kind: 'timed-out', phase: 'response' });
      }
    });

    it('ends for nobody by what the device had to say, in an outage without end', () => {
      const network = moved({ ...cuts[0]!, end: at(100_000) }, ['phone/0', 105]);
      expect(network.inputs('eu-1', 'link-down')).toEqual([]);
    });
  });

  it('costs no events while nothing happens', () => {
    const network = linked({}, pinged);
    const { events } = network.kernel;
    network.runUntil(24 * 3_600);
    expect(network.kernel.events).toBe(events);
    const before = network.bytes.sent;
    network.internet.settle();
    // The clock stands at the last event, which is the opening: move it.
    expect(network.bytes.sent).toBe(before);
    network.plan(30_000, () => network.internet.settle());
    network.runUntil(30_000);
    const pings = Math.floor((30_000 - 0.4) / 30);
    expect(network.bytes.sent - before).toBe(pings * 2 * (10 + 52 + 22));
  });
});

describe('what a load balancer does that flaps', () => {
  it('resets links through targets out of service, and hinders new ones', () => {
    const network = createTestNetwork({
      faults: [fault('load-balancer-flap', 'service=nlb', 100, 1_000, { fraction: 0.5, periodSeconds: 60 })],
    });
    for (let index = 0; index < 40; index++) {
      network.plan(1, () =>
        network.internet.connect(phone, address('chat.example'), `early-${index}`, unpinged),
      );
      network.plan(121 + index, () =>
        network.internet.connect(phone, address('chat.example'), `late-${index}`, { timeout: seconds(20) }),
      );
    }
    network.runUntil(99);
    expect(network.inputs('phone/0', 'link-up')).toHaveLength(40);
    expect(network.inputs('phone/0', 'link-down')).toEqual([]);
    network.runUntil(1_100);
    const kinds = network.inputs('phone/0', 'link-down').map(({ input }) => input.failure.kind);
    expect(new Set(kinds)).toEqual(new Set(['reset', 'refused', 'timed-out']));
  });
});
