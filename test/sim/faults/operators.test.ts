// What operators do, and when: at an instant, or once they have seen enough.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import type { Action, Condition } from '../../../sim/faults/action.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import {
  address,
  at,
  chatEndpoint,
  component,
  createTestNetwork,
  fault,
  id,
  note,
  phone,
  pinged,
  tenSeconds,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

type Rest<Kind extends Action['do']> = Omit<
  Extract<Action, { do: Kind }>,
  'do' | 'when' | 'id' | 'title' | 'source'
>;

function action<Kind extends Action['do']>(
  kind: Kind,
  name: string,
  when: number | { readonly after: readonly Condition[]; readonly for?: number },
  rest: Rest<Kind>,
): Action {
  const time =
    typeof when === 'number'
      ? { kind: 'at', at: at(when) }
      : { kind: 'after', conditions: when.after, for: seconds(when.for ?? 0) };
  return { id: name, title: name, source: 'test', ...rest, do: kind, when: time } as unknown as Action;
}

/** A network whose operators work, with a diary of what they did. */
function operated(options: TestNetworkOptions): TestNetwork & { readonly diary: string[] } {
  const network = createTestNetwork(options);
  const diary: string[] = [];
  const tell = (what: string): void => void diary.push(`${network.kernel.now / 1e6} ${what}`);
  network.operate(
    {
      start: (node) => tell(`start ${node}`),
      backUp: (node) => tell(`back-up ${node}`),
      restoreBackup: (node, cause) => tell(`restore ${node} ${network.causes.faults(cause).join('+')}`),
      clearBackOffs: (node) => tell(`clear ${node}`),
    },
    {
      acted: (done) => tell(done),
      ended: (over, when) => tell(`${over} is over at ${when / 1e6}`),
    },
  );
  return { ...network, diary };
}

const down = (target: string, start: number, end: number, rest: Partial<Fault> = {}): Fault =>
  fault('down', target, start, end, { manner: 'refuse', ...rest } as never);

const ask = (network: TestNetwork, when: number, tag = `ask-${when}`): void =>
  network.plan(when, () =>
    network.internet.request(phone, address('chat.example'), tag, note('?'), tenSeconds),
  );

/** Who answered each request, or how it failed. */
const answers = (network: TestNetwork): readonly string[] =>
  network
    .inputs('phone/0', 'response')
    .map(({ input: { result } }) =>
      result.ok ? (result.message as unknown as { text: string }).text : result.failure.kind,
    );

describe('an action', () => {
  it('happens at its instant', () => {
    const network = operated({ actions: [action('repair', 'look', 7, {})] });
    network.runUntil(20);
    expect(network.diary).toEqual(['7 look']);
  });

  it('happens once its conditions have held together for long enough, and only once', () => {
    const faults = [
      down('host=chat-1', 10, 15, { id: 'blip' }),
      down('host=chat-1', 20, 60, { id: 'outage' }),
      down('host=chat-1', 80, 140, { id: 'again' }),
    ];
    const seen: Condition = { kind: 'components', selector: 'host=chat-1', are: 'down' };
    const network = operated({
      faults,
      actions: [action('repair', 'act', { after: [seen], for: 10 }, {})],
    });
    network.runUntil(200);
    expect(network.diary).toEqual(['30 act']);
  });

  it('waits for one that was done, for a fault to be over, and for everything to work', () => {
    const faults = [down('host=chat-1', 10, 40, { id: 'one' }), down('host=chat-2', 30, 50, { id: 'two' })];
    const works: Condition = { kind: 'components', selector: 'host=chat-1 or host=chat-2', are: 'working' };
    const network = operated({
      faults,
      actions: [
        action('repair', 'last', { after: [{ kind: 'done', action: 'first' }, works], for: 2 }, {}),
        action('repair', 'first', { after: [{ kind: 'fault', fault: 'one', is: 'over' }], for: 3 }, {}),
      ],
    });
    network.runUntil(100);
    expect(network.diary).toEqual(['43 first', '52 last']);
  });

  it('sees a fault that is a matter of degree, and a delayed outage', () => {
    const battery = {
      ...component('cell/1', 'service'),
      needs: [{ on: id('power/1'), strength: 'hard', outlives: seconds(60) }],
    } as const;
    const network = operated({
      components: [component('power/1', 'power-area'), battery],
      faults: [
        fault('slow', 'host=chat-1', 10, 20, { factor: 3 }),
        down('id=power/1', 30, 200, { id: 'blackout' }),
      ],
      actions: [
        action(
          'repair',
          'slow-seen',
          { after: [{ kind: 'fault', fault: 'slow', is: 'active' }], for: 1 },
          {},
        ),
        action('repair', 'dark', { after: [{ kind: 'components', selector: 'id=cell/1', are: 'down' }] }, {}),
      ],
    });
    network.runUntil(300);
    expect(network.diary).toEqual(['11 slow-seen', '90 dark']);
  });

  it('has nobody to watch what is not there', () => {
    const nowhere: Condition = { kind: 'components', selector: 'host=elsewhere', are: 'working' };
    const network = operated({ actions: [action('repair', 'never', { after: [nowhere] }, {})] });
    network.runUntil(100);
    expect(network.diary).toEqual([]);
  });
});

describe('a repair', () => {
  const outage = (end: number): Fault => down('host=eu-1', 10, end, { id: 'outage', endsWith: 'fix' });

  it('ends its fault, and what the fault did', () => {
    const network = operated({ faults: [outage(1_000)], actions: [action('repair', 'fix', 30, {})] });
    const place = network.field.places.of(id('host/eu-1'));
    const was: boolean[] = [];
    for (const second of [5, 20, 29, 31, 500])
      network.plan(second, () => was.push(network.field.outage(place).isDown));
    network.runUntil(600);
    expect(was).toEqual([false, true, true, false, false]);
    expect(network.diary).toEqual(
      ['30 fix', 'outage is over at 30'].map((line) => (line.startsWith('3') ? line : `30 ${line}`)),
    );
  });

  it('comes too late for what is over, and too early for what has not begun', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 11, max: 60 }), (when, end) => {
        const network = operated({ faults: [outage(end)], actions: [action('repair', 'fix', when, {})] });
        const place = network.field.places.of(id('host/eu-1'));
        const over: number[] = [];
        for (let second = 0; second <= 70; second++)
          network.plan(second + 0.5, () => {
            if (network.field.outage(place).isDown) over.push(second);
          });
        network.runUntil(80);
        const last = when >= 10 && when < end ? when : end;
        expect(over).toEqual(Array.from({ length: last - 10 }, (_, index) => 10 + index));
      }),
      { numRuns: 40 },
    );
  });

  it('lets it fade as its ramp says', () => {
    const network = operated({
      faults: [fault('slow', 'host=eu-1', 10, 1_000, { factor: 3, endsWith: 'fix', rampDown: seconds(20) })],
      actions: [action('repair', 'fix', 50, {})],
    });
    const factors: number[] = [];
    for (const second of [40, 60, 70])
      network.plan(second, () => factors.push(network.health.workFactor(id('host/eu-1'))));
    network.runUntil(100);
    expect(factors).toEqual([3, 2, 1]);
    expect(network.diary).toContain('50 slow is over at 70');
  });
});

describe('draining', () => {
  const drain = [action('drain', 'drain', 10, { target: 'host=chat-1' })];

  it('sends new connections elsewhere', () => {
    const network = operated({ actions: drain });
    for (let second = 20; second < 60; second++) ask(network, second);
    network.runUntil(100);
    expect(new Set(answers(network))).toEqual(new Set(['chat-2']));
  });

  it('closes links, lets requests under way end, and is ended by lifting it', () => {
    const network = operated({
      actions: [...drain, action('lift', 'back', 30, { action: 'drain' })],
      endpoints: [{ ...chatEndpoint, targets: [{ node: 2, part: 'server' }] }],
      server: (here, port, input) => {
        if (input.kind === 'request')
          here.plan(here.kernel.now / 1e6 + 5, () => here.internet.respond(port, input.id, note('late')));
      },
    });
    network.plan(1, () => network.internet.connect(phone, address('chat.example'), 'link', pinged));
    ask(network, 8);
    ask(network, 20);
    ask(network, 40);
    network.runUntil(100);
    const [closed] = network.inputs('phone/0', 'link-down');
    expect((closed?.at ?? 0) / 1e6).toBeCloseTo(10.05, 1);
    expect(network.causes.faults(closed?.input.failure?.cause ?? (0 as never))).toEqual(['drain']);
    expect(answers(network)).toEqual(['late', 'refused', 'late']);
  });

  it('charges what it costs to the fault to which it answers', () => {
    const network = operated({
      faults: [down('host=eu-1', 5, 50, { id: 'storm' })],
      actions: [action('drain', 'drain', 10, { target: 'host=chat-1 or host=chat-2', because: 'storm' })],
    });
    ask(network, 20);
    network.runUntil(60);
    const [refused] = network.inputs('phone/0', 'response');
    const result = refused?.input.result;
    expect(result?.ok === false && network.causes.faults(result.failure.cause)).toEqual(['storm']);
  });
});

describe('health checks', () => {
  const flap = fault('load-balancer-flap', 'service=nlb', 0, 1_000, { fraction: 1, periodSeconds: 60 });

  it('that are off end a flap, and being lifted bring it back', () => {
    const network = operated({
      faults: [flap],
      actions: [
        action('switch-health-checks-off', 'off', 100, { target: 'service=nlb' }),
        action('lift', 'on', 200, { action: 'off' }),
      ],
    });
    for (const second of [50, 150, 250]) ask(network, second);
    network.runUntil(400);
    expect(answers(network).map((answer) => answer.startsWith('chat'))).toEqual([false, true, false]);
  });

  it('that are off do not see who is dead', () => {
    const faults = [fault('down', 'host=chat-1', 10, 1_000, { manner: 'crash' })];
    const off = [action('switch-health-checks-off', 'off', 100, { target: 'service=nlb' })];
    const failures = (actions: readonly Action[]): number => {
      const network = operated({ faults, actions });
      for (let second = 200; second < 300; second++)
        network.plan(second, () =>
          network.internet.connect(phone, address('chat.example'), `link-${second}` as never, pinged),
        );
      network.runUntil(400);
      return network.inputs('phone/0', 'link-down').length;
    };
    expect(failures([])).toBe(0);
    expect(failures(off)).toBeGreaterThan(20);
  });
});

describe('operators', () => {
  it('move a failover to where they say', () => {
    const spare = ['a', 'b', 'c'].map((name) => component(`spare/${name}`, 'service', { host: name }));
    const redundancy = {
      members: spare.map((one) => one.id),
      atLeast: 1,
      lost: 'refuse',
      failover: { detection: seconds(20), switchOver: seconds(5) },
    } as const;
    const main = { ...component('main', 'service'), redundancy };
    const network = operated({
      components: [...spare, main],
      faults: [down('host=a', 30, 500, { id: 'storm' })],
      actions: [action('fail-over', 'move', 35, { target: 'id=main', to: 'spare/c', because: 'storm' })],
    });
    const outages: string[] = [];
    for (const second of [32, 38, 41])
      network.plan(second, () => {
        const { refuse } = network.field.outage(network.field.places.of(id('main')));
        outages.push(network.causes.faults(refuse).join());
      });
    network.runUntil(100);
    expect(outages).toEqual(['storm', 'storm', '']);
    expect(network.field.delayed.failoverOf(id('main'))?.serving).toBe(2);
  });

  it('throttle, and add capacity', () => {
    const network = operated({
      faults: [fault('slow', 'host=chat-1', 1, 500, { factor: 8 })],
      actions: [
        action('throttle', 'throttle', 10, { target: 'host=chat-1 or host=chat-2', share: 1, status: 429 }),
        action('lift', 'open', 100, { action: 'throttle' }),
        action('add-capacity', 'grow', 50, { target: 'host=chat-1', factor: 4, rampUp: seconds(10) }),
      ],
    });
    const factors: number[] = [];
    for (const second of [40, 55, 70])
      network.plan(second, () => factors.push(network.health.workFactor(id('host/chat-1'))));
    ask(network, 20);
    ask(network, 120);
    network.runUntil(200);
    expect(factors).toEqual([8, 3.2, 2]);
    const [first, second] = network.inputs('phone/0', 'response').map(({ input: { result } }) => result);
    expect(first).toMatchObject({ ok: false, failure: { kind: 'status', status: 429 } });
    expect(second).toMatchObject({ ok: true });
  });

  it('start machines, clear back-offs, and restore what was backed up last', () => {
    const network = operated({
      actions: [
        action('start', 'start', 5, { target: 'host=eu-1' }),
        action('clear-back-offs', 'clear', 6, { target: 'region=us-east-1 kind=zone' }),
        action('restore-backup', 'restore', 25, { target: 'host=eu-1', backupEvery: seconds(10) }),
      ],
    });
    network.runUntil(60);
    expect(network.diary).toEqual([
      '5 start',
      '5 start 4',
      '6 clear',
      '6 clear 2',
      '6 clear 3',
      '10 back-up 4',
      '20 back-up 4',
      '25 restore',
      '25 restore 4 restore',
    ]);
  });
});
