// Devices, push and power: what the host itself does to nodes, seen from a core that logs its inputs.
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../../protocol/codec.ts';
import type { Address, CoreFactory, Effects, Input } from '../../../protocol/core.ts';
import type { CauseToken } from '../../../protocol/failure.ts';
import { carriesNothing, type Message, type UserMessageId } from '../../../protocol/message.ts';
import { hours, milliseconds, minutes, seconds, type Clock, type Instant } from '../../../protocol/time.ts';
import type { PushWays } from '../../../sim/host/surroundings.ts';
import { createSimulationIn, type TracedSimulation } from '../../../sim/running-simulation.ts';
import type { System } from '../../../sim/systems/system.ts';
import type { Workload } from '../../../sim/workload/workload.ts';
import { fakeSurroundings, type FakeHealth } from '../../support/fake-surroundings.ts';
import { componentId, keepingSink, planOf, workloadOf } from '../../support/worlds.ts';

const at = (value: number): Instant => value as Instant;
const codec = jsonCodec<Message>({ overheadBytes: () => 4, isMessage: () => true });
type Script = (clock: Clock, input: Input, out: Effects) => void;

interface Stage {
  readonly simulation: TracedSimulation;
  readonly health: FakeHealth;
  readonly observations: ReturnType<typeof keepingSink>['observations'];
  /** `node@milliseconds input`, in order. */
  readonly log: string[];
}

/** A server on `host/one` and a phone for each person, each with its script. */
function stage(workload: Workload, scripts: { server?: Script; phone?: Script }, pushWays?: PushWays): Stage {
  const log: string[] = [];
  const logged =
    (name: string, script: Script = () => undefined): CoreFactory =>
    () => ({
      step(clock, input, out) {
        const what =
          input.kind === 'user'
            ? input.action.kind
            : input.kind === 'network'
              ? `network ${input.up}`
              : input.kind;
        log.push(`${name}@${clock.now / 1_000} ${what}`);
        script(clock, input, out);
      },
      inspect: () => null,
    });
  const system: System = {
    id: 'stage',
    title: 'Stage',
    description: 'A test system.',
    fidelity: 'C',
    codec,
    usesRadio: false,
    deploy(deployment) {
      deployment.addNode({
        name: 'server',
        component: componentId('host/one'),
        parts: { main: logged('server', scripts.server) },
      });
      deployment.addNode({
        name: 'spare',
        component: componentId('host/two'),
        parts: { main: logged('spare') },
        startsStopped: true,
      });
      for (const { id } of workload.people)
        deployment.addNode({
          name: `phone/${id}`,
          person: id,
          userPart: 'app',
          parts: { app: logged(`phone/${id}`, scripts.phone) },
        });
    },
  };
  const { create, health } = fakeSurroundings();
  const sink = keepingSink();
  const parameters = new Map([
    ['pushDelaySigma', 0],
    ['pushDelayMs', 500],
    ['bootSeconds', 10],
    ['bootRetrySeconds', 5],
  ]);
  const createAll: typeof create = (...each) => ({ ...create(...each), ...(pushWays && { pushWays }) });
  const simulation = createSimulationIn(createAll, planOf(system, workload, { parameters }), sink);
  return { simulation, health, observations: sink.observations, log };
}

const wake = { kind: 'wake', carries: carriesNothing };
const onePerson = (device: object): Workload =>
  workloadOf({ people: 1, messages: [], devices: { 0: device } });
const inputsOf = (log: readonly string[], node: string): string[] =>
  log.filter((line) => line.startsWith(`${node}@`)).map((line) => line.slice(node.length + 1));

describe('a device', () => {
  it('follows its person: network, application, and what is said', () => {
    const workload = workloadOf({
      people: 1,
      messages: [{ sender: 0, at: seconds(35) }],
      devices: {
        0: {
          offline: [{ start: at(seconds(10)), end: at(seconds(20)) }],
          foreground: [{ start: at(seconds(30)), end: at(seconds(40)) }],
        },
      },
    });
    const { simulation, log } = stage(workload, {});
    simulation.finish();
    expect(inputsOf(log, 'phone/0')).toEqual([
      '0 start',
      '10000 network false',
      '20000 network true',
      '30000 open-app',
      '35000 send',
      '40000 close-app',
    ]);
  });

  it('keeps the newest push until it has a network, and then delivers it with its delay', () => {
    const payloads: Message[] = [];
    const { simulation, log } = stage(
      onePerson({ offline: [{ start: at(seconds(5)), end: at(seconds(60)) }] }),
      {
        server(_clock, input, out) {
          if (input.kind === 'start')
            for (const wait of [1, 10, 20]) out.setTimer(`push ${wait}`, at(seconds(wait)));
          if (input.kind === 'timer')
            out.send('push:phone/0' as Address, { ...wake, text: input.timer } as Message);
        },
        phone(_clock, input) {
          if (input.kind === 'push') payloads.push(input.payload);
        },
      },
    );
    simulation.finish();
    expect(inputsOf(log, 'phone/0').filter((line) => line.endsWith('push'))).toEqual([
      '1500 push',
      '60500 push',
    ]);
    expect(payloads.map((payload) => (payload as Message & { text: string }).text)).toEqual([
      'push 1',
      'push 20',
    ]);
  });

  it('cannot be pushed to while its provider is down, and the wait is charged to that', () => {
    const workload = workloadOf({ people: 2, messages: [{ sender: 1, at: seconds(1) }] });
    const { simulation, health, observations } = stage(workload, {
      phone(_clock, input, out) {
        if (input.kind === 'user' && input.action.kind === 'send')
          out.send('push:phone/0' as Address, { ...wake, carries: [input.action.message] });
        if (input.kind === 'push')
          out.observe({ kind: 'delivered', message: 0 as UserMessageId, person: 0 as never });
      },
    });
    simulation.runUntil(at(milliseconds(900)));
    health.takeDown(componentId('isp/BE/home'), 3 as CauseToken);
    simulation.runUntil(at(minutes(2)));
    health.bringUp(componentId('isp/BE/home'));
    simulation.finish();
    const delivered = observations.find((each) => each.kind === 'delivered');
    expect(delivered?.kind === 'delivered' && delivered.spans).toMatchObject([
      { start: seconds(1), reason: 'device-asleep', cause: 3 },
      { reason: 'in-flight', cause: 0 },
    ]);
  });

  it('that comes back while the way to it is closed waits for the way from then on', () => {
    const workload = workloadOf({
      people: 2,
      messages: [{ sender: 1, at: seconds(1) }],
      devices: { 0: { offline: [{ start: at(0), end: at(seconds(60)) }] } },
    });
    let closedBy: CauseToken | undefined;
    let changed = (): void => undefined;
    const { simulation, observations } = stage(
      workload,
      {
        phone(_clock, input, out) {
          if (input.kind === 'user' && input.action.kind === 'send')
            out.send('push:phone/0' as Address, { ...wake, carries: [input.action.message] });
          if (input.kind === 'push')
            out.observe({ kind: 'delivered', message: 0 as UserMessageId, person: 0 as never });
        },
      },
      { closedBy: () => closedBy, onChange: (listener) => (changed = listener) },
    );
    simulation.runUntil(at(seconds(30)));
    closedBy = 3 as CauseToken;
    simulation.runUntil(at(seconds(90)));
    closedBy = undefined;
    changed();
    simulation.finish();
    const delivered = observations.find((each) => each.kind === 'delivered');
    expect(delivered?.kind === 'delivered' && delivered.spans).toMatchObject([
      { start: seconds(1), end: seconds(60), reason: 'device-asleep', cause: 0 },
      { start: seconds(60), end: seconds(90), reason: 'device-asleep', cause: 3 },
      { reason: 'in-flight', cause: 0 },
    ]);
  });

  it('is told once more by its person what failed visibly', () => {
    const workload = workloadOf({
      people: 2,
      messages: [{ sender: 0, at: seconds(1), resendAfter: minutes(3) }],
    });
    const { simulation, log, observations } = stage(workload, {
      phone(_clock, input, out) {
        if (input.kind === 'user' && input.action.kind === 'send')
          out.observe({ kind: 'failed', message: input.action.message, cause: 0 as never });
      },
    });
    simulation.finish();
    expect(inputsOf(log, 'phone/0')).toEqual([
      '0 start',
      '1000 send',
      '181000 open-app',
      '181000 resend',
      '211000 close-app',
    ]);
    expect(observations.map(({ kind }) => kind)).toContain('resent');
  });
});

describe('a machine', () => {
  const boot: Script = (clock, input, out) => {
    if (input.kind === 'start') out.setTimer('boot', at(seconds(20)));
    if (input.kind === 'timer' && input.timer === 'boot') {
      out.send('boot:spare' as Address, wake);
      out.setTimer('halt', at(clock.now + seconds(60)));
    }
    if (input.kind === 'timer' && input.timer === 'halt') out.send('halt:spare' as Address, wake);
  };

  it('boots when asked, after as many attempts as its start-up needs take, and halts', () => {
    const { simulation, health, log } = stage(onePerson({}), { server: boot });
    health.failingStarts = 3;
    simulation.runUntil(at(seconds(60)));
    expect(inputsOf(log, 'spare')).toEqual(['45000 start']);
    simulation.finish();
    expect(inputsOf(log, 'spare')).toEqual(['45000 start']);
    expect(simulation.inspect('spare')).toEqual({ main: 'down' });
  });

  it('comes back after a crash, unless it was halted', () => {
    const { simulation, health, log } = stage(onePerson({}), {});
    simulation.runUntil(at(seconds(5)));
    for (const host of ['host/one', 'host/two']) health.takeDown(componentId(host));
    simulation.runUntil(at(seconds(6)));
    for (const host of ['host/one', 'host/two']) health.bringUp(componentId(host));
    simulation.finish();
    expect(inputsOf(log, 'server').map((line) => line.split(' ')[1])).toEqual(['start', 'start']);
    expect(inputsOf(log, 'spare')).toEqual([]);
  });

  it('works as long as its component says, and queues what comes meanwhile', () => {
    const workload = workloadOf({ people: 1, messages: [], horizon: hours(1) });
    const { simulation, health, log } = stage(workload, {
      server(_clock, input, out) {
        if (input.kind === 'start') for (const name of ['a', 'b', 'c']) out.setTimer(name, at(seconds(10)));
        if (input.kind === 'timer') out.spend(seconds(2));
      },
    });
    health.slowDown(componentId('host/one'), 3);
    simulation.finish();
    expect(inputsOf(log, 'server')).toEqual(['0 start', '10000 timer', '16000 timer', '22000 timer']);
  });
});
