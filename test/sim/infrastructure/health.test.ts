// Health through needs: which machines run, which can start.
import { describe, expect, it } from 'vitest';
import { noCause } from '../../../protocol/failure.ts';
import {
  address,
  createTestNetwork,
  fault,
  id,
  note,
  phone,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

const host = id('host/chat-1');

function when<Result>(network: TestNetwork, second: number, ask: () => Result): Result | undefined {
  let answer: Result | undefined;
  network.plan(second, () => (answer = ask()));
  network.runUntil(second);
  return answer;
}

describe('health', () => {
  it('goes down with what a component cannot do without, and comes back', () => {
    const network = createTestNetwork({
      faults: [fault('down', 'id=aws/us-east-1', 100, 200, { manner: 'crash' })],
    });
    expect(when(network, 99, () => network.health.isUp(host))).toBe(true);
    expect(when(network, 100, () => network.health.isUp(host))).toBe(false);
    expect(when(network, 101, () => network.causes.faults(network.health.causeOf(host)))).toEqual(['down']);
    expect(when(network, 102, () => network.health.isUp(id('host/eu-1')))).toBe(true);
    expect(when(network, 200, () => network.health.isUp(host))).toBe(true);
  });

  it('tells a machine that cannot be reached from one that does not run', () => {
    const network = createTestNetwork({
      faults: [fault('down', 'id=aws/us-east-1', 100, 200, { manner: 'black-hole' })],
    });
    expect(when(network, 150, () => network.health.isUp(host))).toBe(true);
    expect(when(network, 151, () => network.health.isReachable(host))).toBe(false);
  });

  it('lets running machines run while nothing can start', () => {
    const network = createTestNetwork({
      faults: [
        fault('no-new-instances', 'service=ec2-launch', 100, 200, { probability: 1, withoutNetwork: false }),
      ],
    });
    expect(when(network, 99, () => network.health.canStart(host, 2, 0))).toBe(true);
    expect(when(network, 150, () => network.health.isUp(host))).toBe(true);
    expect(when(network, 151, () => network.health.canStart(host, 2, 0))).toBe(false);
    expect(when(network, 152, () => network.causes.faults(network.health.causeOf(host)))).toEqual([
      'no-new-instances',
    ]);
    expect(when(network, 200, () => network.health.canStart(host, 2, 1))).toBe(true);
  });

  it('starts some of them when starting only sometimes fails, by attempt', () => {
    const network = createTestNetwork({
      faults: [
        fault('no-new-instances', 'service=ec2-launch', 0, 200, { probability: 0.5, withoutNetwork: false }),
      ],
    });
    const answers = Array.from({ length: 400 }, (_, attempt) =>
      when(network, 150, () => network.health.canStart(host, 2, attempt)),
    );
    const started = answers.filter((answer) => answer === true).length;
    expect(started).toBeGreaterThan(150);
    expect(started).toBeLessThan(250);
  });

  it('can start nothing that needs a service whose name is gone', () => {
    const network = createTestNetwork({
      faults: [fault('down', 'id=aws/us-east-1/ec2-launch', 100, 200, { manner: 'refuse' })],
    });
    expect(when(network, 150, () => network.health.canStart(host, 2, 0))).toBe(false);
    expect(when(network, 151, () => network.health.isUp(host))).toBe(true);
  });

  it('leaves an instance that started without network in the dark until the fault ends', () => {
    const network = createTestNetwork({
      faults: [
        fault('no-new-instances', 'service=ec2-launch', 100, 200, { probability: 1, withoutNetwork: true }),
      ],
    });
    network.plan(110, () => {
      for (const node of [2, 3])
        expect(network.health.canStart(id(`host/chat-${node - 1}`), node, 0)).toBe(true);
    });
    for (const second of [120, 220])
      network.plan(second, () =>
        network.internet.request(phone, address('chat.example'), `at-${second}`, note('hello'), tenSeconds),
      );
    network.runUntil(300);
    const [dark, light] = network.inputs('phone/0', 'response').map(({ input }) => input.result);
    expect(dark).toMatchObject({ ok: false, failure: { kind: 'timed-out' } });
    expect(light).toMatchObject({ ok: true });
  });

  it('makes work longer on slow machines, by degrees', () => {
    const network = createTestNetwork({
      faults: [
        fault('slow', 'region=us-east-1 kind=region', 100, 300, { factor: 5, rampUp: 100_000_000 }),
        fault('slow', 'host=chat-1', 250, 300, { factor: 2, id: 'twice' }),
      ],
    });
    expect(when(network, 50, () => network.health.workFactor(host))).toBe(1);
    expect(when(network, 150, () => network.health.workFactor(host))).toBeCloseTo(3);
    expect(when(network, 260, () => network.health.workFactor(host))).toBeCloseTo(10);
    expect(when(network, 300, () => network.health.workFactor(host))).toBe(1);
  });

  it('tells listeners of every component concerned, at changes only', () => {
    const network = createTestNetwork({
      faults: [fault('down', 'id=aws/us-east-1/a', 100, 200, { manner: 'crash' })],
    });
    const heard: string[] = [];
    network.health.onChange((component) => heard.push(`${network.kernel.now / 1_000_000} ${component}`));
    network.runUntil(1_000);
    expect(heard).toEqual(
      [100, 200].flatMap((second) =>
        ['aws/us-east-1/a', 'host/chat-1', 'host/chat-2'].map((name) => `${second} ${name}`),
      ),
    );
    expect(network.health.causeOf(host)).toBe(noCause);
  });
});
