// What fails between a Matrix user and a network when one of the things between them does: what people do beyond writing.
import { beforeEach, describe, expect, it } from 'vitest';
import { createBridge } from '../../../protocol/bridge/bridge.ts';
import { bridgeCodec, type BridgeMessage, type Provision } from '../../../protocol/bridge/messages.ts';
import type { Address, Core, CoreFactory, RequestId } from '../../../protocol/core.ts';
import { noCause } from '../../../protocol/failure.ts';
import type { AppserviceTransaction } from '../../../protocol/matrix/appservice.ts';
import type { SendEvent } from '../../../protocol/matrix/client-messages.ts';
import { ClientTasks, pictureEvent } from '../../../protocol/matrix/client-tasks.ts';
import type { RoomId, UserId } from '../../../protocol/matrix/ids.ts';
import { carriesNothing, type Message, type PersonId } from '../../../protocol/message.ts';
import { taskKinds, type Task, type TaskKind } from '../../../protocol/task.ts';
import { seconds } from '../../../protocol/time.ts';
import { MiniNetwork, serverError, unresolved } from '../signal/mini-network.ts';
import { testStream } from '../signal/signal-world.ts';
import { blockedBy, isDone, tasks, undertake, type MatrixRow } from '../task-matrix.ts';

const homeserver = 'hs' as Address;
const bridgeHost = 'bridge' as Address;
const network = 'net' as Address;
const phone = 'phone';
const me = 0 as PersonId;
const userOf = (person: PersonId): UserId => `@person${person}:hs` as UserId;
const byBridge: readonly TaskKind[] = [
  'first-contact',
  'link-device',
  'create-group',
  'join-group',
  'attachment',
];

const done: Message = { kind: 'net.done', carries: carriesNothing };

/** Answers at once, or, while it takes its time, when it is told to. */
function networkCore(takesItsTime: () => boolean): Core {
  const held: RequestId[] = [];
  return {
    step(_clock, input, out) {
      if (input.kind === 'request') held.push(input.id);
      if (input.kind === 'operator' || !takesItsTime())
        for (const id of held.splice(0)) out.respond(id, done);
    },
    inspect: () => held.length,
  };
}

/** Does everything with one request. */
const linkedDevice: CoreFactory = (): Core => ({
  step(_clock, input, out) {
    const ask = (task: string): void =>
      out.request(network, task, { kind: 'net.ask', carries: carriesNothing }, { timeout: seconds(600) });
    if (input.kind === 'user' && input.action.kind === 'undertake') ask(String(input.action.id));
    if (input.kind !== 'response') return;
    const task = Number(input.tag) as Provision['id'];
    if (input.result.ok) out.observe({ kind: 'task-done', task });
    else
      out.observe({
        kind: 'task-failed',
        task,
        step: 'the one step',
        failure: input.result.failure,
        shown: true,
      });
  },
  inspect: () => undefined,
});

/** Takes everything; a picture's event goes on to the bridge. */
const matrix: CoreFactory = (): Core => ({
  step(_clock, input, out) {
    if (input.kind !== 'request') return;
    const { message } = input;
    if (message.kind === 'matrix.create-room') {
      const created = { kind: 'matrix.room-created', roomId: '!new:hs', carries: carriesNothing };
      out.respond(input.id, created);
    } else out.respond(input.id, { kind: 'matrix.done', carries: carriesNothing });
    const { eventType: type, content } = message as SendEvent;
    if (type !== pictureEvent) return;
    const event = { roomId: '!r:hs' as RoomId, sender: userOf(me), type, content: JSON.stringify(content) };
    const transaction: AppserviceTransaction = {
      kind: 'appservice.transaction',
      txnId: 1,
      events: [event],
      carries: carriesNothing,
    };
    out.request(bridgeHost, 'appservice', transaction, { timeout: seconds(60) });
  },
  inspect: () => undefined,
});

/** The tasks of a Matrix client, and nothing else of it. */
const client: CoreFactory = (): Core => {
  const clientTasks = new ClientTasks(
    {
      random: testStream(1),
      userOf,
      groupOf: () => undefined,
      backsUpKeys: false,
      elsewhere: ({ id, task, name }, { userId, deviceId }) => {
        if (!byBridge.includes(task.kind)) return undefined;
        const message: Provision = {
          kind: 'bridge.provision',
          user: userId,
          deviceId,
          network: 'net',
          task,
          id,
          name,
          carries: carriesNothing,
        };
        const timeout = seconds(50);
        return {
          instead: task.kind !== 'attachment',
          steps: [{ name: 'bridge', to: bridgeHost, message, timeout, job: false }],
        };
      },
    },
    {
      session: { userId: userOf(me), deviceId: 'PHONE' },
      homeserver,
      device: { networkIsUp: true, networkCause: noCause, isRunning: () => true },
      roomOf: () => '!r:hs' as RoomId,
      onNewDevice: () => undefined,
      onBackup: () => undefined,
    },
    undefined,
  );
  return {
    step(clock, input, out) {
      if (input.kind === 'user' && input.action.kind === 'undertake')
        clientTasks.undertake(clock, input.action.id, input.action.task, out);
      if (input.kind === 'response') clientTasks.answered(clock, input.tag, input.result, out);
    },
    inspect: () => clientTasks.inspect(),
  };
};

let mini: MiniNetwork;
let takesItsTime = false;

beforeEach(() => {
  mini = new MiniNetwork();
  takesItsTime = false;
  mini.add(network, () => networkCore(() => takesItsTime));
  mini.add(homeserver, matrix);
  mini.add(
    bridgeHost,
    createBridge({
      homeserver,
      portalBuffer: 64,
      devices: [{ name: 'net-0', network: 'net', person: me, factory: linkedDevice }],
      networkOf: () => 'net',
      roomOf: () => '!r:hs' as RoomId,
      conversationOf: () => undefined,
      userOf,
      bridgedPersonOf: (user) => (user === userOf(me) ? me : undefined),
      reveal: () => {
        throw new Error('nobody says anything');
      },
    }),
  );
  mini.add(phone, client);
  mini.runUntil(10);
});

const asked = (kind: string): number =>
  mini.sent.filter(({ from, message }) => from === bridgeHost && message.kind === kind).length;
const failures = (): readonly object[] =>
  mini.facts.flatMap(({ node, fact }) => (fact.kind === 'task-failed' ? [{ node, ...fact }] : []));

const rows: readonly MatrixRow[] = [
  { failed: 'nothing', names: [], blocks: [] },
  { failed: 'the homeserver', names: [homeserver], blocks: taskKinds },
  { failed: 'the bridge', names: [bridgeHost], blocks: byBridge },
  { failed: 'the network', names: [network], blocks: byBridge },
];

describe('failure matrix of tasks', () => {
  it.each(rows)('$failed blocks $blocks, until it works again', (row) => {
    const { inTime, afterwards } = blockedBy(mini, phone, row);
    expect(inTime).toEqual(row.blocks);
    expect(afterwards).toEqual([]);
  });
});

describe('what a bridge does for a task', () => {
  it('asks who is speaking, the network, and the homeserver for a room and an invitation', () => {
    undertake(mini, phone, 0, tasks['first-contact']);
    mini.runUntil(20);
    expect(mini.sent.filter(({ from }) => from === bridgeHost).map(({ message }) => message.kind)).toEqual([
      'matrix.get-versions',
      'net.ask',
      'matrix.create-room',
      'matrix.change-membership',
    ]);
  });

  it('knows an access token for five minutes', () => {
    for (const [id, at] of [0, 200, 400].entries()) {
      mini.runUntil(10 + at);
      undertake(mini, phone, id, tasks['link-device']);
    }
    mini.runUntil(500);
    expect([0, 1, 2].map((id) => isDone(mini, id))).toEqual([true, true, true]);
    expect(asked('matrix.get-versions')).toBe(2);
  });

  it('shows what failed behind it, and whose doing that was', () => {
    mini.fail(network, serverError);
    undertake(mini, phone, 0, tasks['create-group']);
    mini.runUntil(20);
    expect(failures()).toMatchObject([
      { node: bridgeHost, step: 'net: the one step', shown: false, failure: { cause: 7 } },
      { node: phone, step: 'bridge: net: the one step', shown: true, failure: { status: 500 } },
    ]);
  });

  it('tries a homeserver that does not answer five times within a minute, and a refusal once', () => {
    mini.fail(homeserver, unresolved);
    undertake(mini, phone, 0, tasks['link-device']);
    mini.runUntil(80);
    expect(asked('matrix.get-versions')).toBe(5);
    mini.fail(homeserver, { kind: 'status', status: 401, definite: true, cause: noCause });
    undertake(mini, phone, 1, tasks['link-device']);
    mini.runUntil(200);
    expect(asked('matrix.get-versions')).toBe(6);
    expect(isDone(mini, 1)).toBe(false);
  });

  it('does a picture once its event has come by the room', () => {
    mini.fail(bridgeHost, unresolved);
    undertake(mini, phone, 0, tasks.attachment);
    mini.runUntil(20);
    mini.fail(bridgeHost, undefined);
    // The transaction is lost here, where a homeserver would try again: the bridge has not seen the picture.
    const wish = mini.sent.find(({ message }) => message.kind === 'bridge.provision');
    expect(wish).toBeDefined();
    mini.runUntil(100);
    expect(asked('net.ask')).toBe(0);
    undertake(mini, phone, 0, tasks.attachment);
    mini.runUntil(110);
    expect([asked('net.ask'), isDone(mini, 0)]).toEqual([1, true]);
  });

  it('goes on when the client has stopped waiting, and does it once', () => {
    takesItsTime = true;
    undertake(mini, phone, 0, tasks['first-contact']);
    mini.runUntil(100);
    expect(failures()).toMatchObject([{ node: phone, step: 'bridge', shown: true }]);
    undertake(mini, phone, 0, tasks['first-contact']);
    mini.runUntil(110);
    // What the network has had all the time it answers now.
    mini.input(network, { kind: 'operator', order: 'clear-back-offs' });
    mini.runUntil(120);
    expect([asked('net.ask'), asked('matrix.create-room'), isDone(mini, 0)]).toEqual([1, 1, true]);
  });
});

describe('the wire', () => {
  const wish = (task: Task): Provision => ({
    kind: 'bridge.provision',
    user: userOf(me),
    deviceId: 'PHONE',
    network: 'net',
    task,
    id: 3 as Provision['id'],
    name: 'a0',
    carries: carriesNothing,
  });
  const messages: readonly BridgeMessage[] = [
    ...taskKinds.map((kind) => wish(tasks[kind])),
    { kind: 'bridge.provisioned', carries: carriesNothing },
    { kind: 'bridge.not-provisioned', step: 'net: keys', carries: carriesNothing },
  ];

  it.each(messages)('carries $kind', (message) => {
    const bytes = bridgeCodec.encode(message);
    expect(bytes).toHaveLength(bridgeCodec.byteLength(message));
    expect(bridgeCodec.decode(bytes, carriesNothing)).toEqual(message);
  });

  it.each([
    { ...wish(tasks['first-contact']), task: { kind: 'first-contact' } },
    { ...wish(tasks['create-group']), task: { kind: 'create-group', invites: ['x'] } },
    { ...wish(tasks['log-in']), task: { kind: 'dance' } },
    { ...wish(tasks['log-in']), task: null },
    { ...wish(tasks['log-in']), network: 7 },
    { kind: 'bridge.not-provisioned', carries: carriesNothing },
  ])('refuses what is none: %j', (message) => {
    const bytes = bridgeCodec.encode(message as unknown as BridgeMessage);
    expect(bridgeCodec.decode(bytes, carriesNothing)).toBeUndefined();
  });
});
