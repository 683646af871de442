// What bridging costs: between the network's "it has come" and the homeserver's "I have it" lies memory.
import { describe, expect, it } from 'vitest';
import type { Address, Core, CoreFactory } from '../../../protocol/core.ts';
import { createBridge } from '../../../protocol/bridge/bridge.ts';
import type { CauseToken } from '../../../protocol/failure.ts';
import { AppserviceSender, type AppserviceTransaction } from '../../../protocol/matrix/appservice.ts';
import type { RoomId, UserId } from '../../../protocol/matrix/ids.ts';
import {
  carriesNothing,
  type ConversationId,
  type Message,
  type PersonId,
  type UserMessageId,
} from '../../../protocol/message.ts';
import { seconds, type Clock, type Instant, type WallTime } from '../../../protocol/time.ts';
import { MiniNetwork, serverError } from '../signal/mini-network.ts';

const homeserver = 'hs' as Address;
const network = 'net' as Address;
const contact = 1 as PersonId;

/** A network that keeps what is not acknowledged, and hands all of it to each new connection. */
const remoteNetwork: CoreFactory = (): Core => {
  const kept = new Set<number>();
  let link: Address | undefined;
  const hand = (message: number, send: (to: Address, message: Message) => void): void => {
    if (link !== undefined) send(link, { kind: 'net.delivery', carries: [message as UserMessageId] });
  };
  return {
    step(_clock, input, out) {
      if (input.kind === 'link-up') {
        link = input.link;
        for (const message of kept) hand(message, (to, each) => out.send(to, each));
      } else if (input.kind === 'link-down' && input.link === link) link = undefined;
      else if (input.kind === 'message') kept.delete((input.message as Message & { which: number }).which);
      else if (input.kind === 'user' && input.action.kind === 'send') {
        kept.add(input.action.message);
        hand(input.action.message, (to, each) => out.send(to, each));
      }
    },
    inspect: () => kept.size,
  };
};

/** A linked device: acknowledges what it gets, and connects again when it has to. */
const linkedDevice: CoreFactory = (): Core => ({
  step(clock, input, out) {
    const isOpened = input.kind === 'user' && input.action.kind === 'open-app';
    if (isOpened || input.kind === 'timer') out.connect(network, 'line', { timeout: seconds(30) });
    else if (input.kind === 'link-down') out.setTimer('again', (clock.now + seconds(5)) as Instant);
    else if (input.kind === 'message') {
      const [which] = input.message.carries;
      if (which === undefined) return;
      out.observe({ kind: 'delivered', message: which, person: 0 as PersonId });
      out.send(input.from, { kind: 'net.ack', carries: carriesNothing, which } as Message);
    }
  },
  inspect: () => undefined,
});

/** Stores what ghosts say, each transaction once. */
const matrix: CoreFactory = (stored): Core => {
  const rooms = new Set(stored?.keys() ?? []);
  return {
    step(_clock, input, out) {
      if (input.kind !== 'request') return;
      const { txnId } = input.message as Message & { txnId: string };
      rooms.add(txnId);
      out.persist(txnId, true);
      out.respond(input.id, { kind: 'matrix.event-sent', carries: carriesNothing });
    },
    inspect: () => rooms.size,
  };
};

function world(portalBuffer: number): MiniNetwork {
  const mini = new MiniNetwork();
  mini.add(network, remoteNetwork);
  mini.add(homeserver, matrix);
  mini.add(
    'bridge',
    createBridge({
      homeserver,
      portalBuffer,
      devices: [{ name: 'net-0', network: 'net', person: 0 as PersonId, factory: linkedDevice }],
      networkOf: () => 'net',
      roomOf: () => '!room:hs' as RoomId,
      conversationOf: () => 0 as ConversationId,
      userOf: (person) => `@person${person}:hs` as UserId,
      bridgedPersonOf: (user) => (user === '@person0:hs' ? (0 as PersonId) : undefined),
      reveal: () => ({ conversation: 0 as ConversationId, sender: contact }),
    }),
  );
  mini.runUntil(1);
  return mini;
}

const say = (mini: MiniNetwork, message: number): void =>
  mini.input(network, {
    kind: 'user',
    action: { kind: 'send', message: message as UserMessageId, conversation: 0 as ConversationId, text: '' },
  });
const kept = (mini: MiniNetwork): number => Number(mini.inspect(network));
const inRoom = (mini: MiniNetwork): number => Number(mini.inspect(homeserver));
const dropped = (mini: MiniNetwork): number => (mini.inspect('bridge') as { dropped: number }).dropped;

describe('a homeserver that refuses for so many seconds', () => {
  it.each([50, 90, 310, 610, 1_215])('costs a chat one message a minute: %i s (finding 8)', (outage) => {
    const mini = world(64);
    mini.fail(homeserver, serverError);
    let said = 0;
    for (let second = 2; second < 2 + outage; second += 20) {
      mini.runUntil(second);
      say(mini, ++said);
    }
    mini.runUntil(2 + outage);
    expect(kept(mini)).toBe(0); // the network believes that everything has come
    mini.fail(homeserver, undefined);
    mini.runUntil(5_000);
    expect(dropped(mini)).toBe(Math.floor(outage / 60));
    expect(inRoom(mini)).toBe(said - Math.floor(outage / 60));
    const reasons = mini.facts.filter(({ fact }) => fact.kind === 'hold' && fact.reason === 'dropped');
    expect(reasons).toHaveLength(dropped(mini));
    for (const { fact } of reasons) expect(fact).toMatchObject({ cause: 7 as CauseToken });
  });
});

describe('a full portal', () => {
  it('takes no more from the network than its 64 and the one being handled', () => {
    const mini = world(64);
    mini.fail(homeserver, serverError);
    for (let message = 1; message <= 100; message++) say(mini, message);
    mini.runUntil(30);
    expect(kept(mini)).toBe(100 - 65);
    mini.fail(homeserver, undefined);
    mini.runUntil(200);
    expect([kept(mini), inRoom(mini)]).toEqual([0, 100]);
  });

  it('forgets when its host crashes what it had told the network it had', () => {
    const mini = world(64);
    mini.fail(homeserver, serverError);
    for (let message = 1; message <= 10; message++) say(mini, message);
    mini.runUntil(30);
    mini.restart('bridge');
    mini.fail(homeserver, undefined);
    mini.runUntil(300);
    expect([kept(mini), inRoom(mini)]).toEqual([0, 0]);
  });
});

describe('without a buffer', () => {
  it('nothing is acknowledged before it is stored, and nothing is lost', () => {
    const mini = world(0);
    mini.fail(homeserver, serverError);
    for (let message = 1; message <= 10; message++) say(mini, message);
    mini.runUntil(130);
    expect(kept(mini)).toBe(10);
    mini.restart('bridge');
    mini.runUntil(200);
    mini.fail(homeserver, undefined);
    mini.runUntil(1_000);
    expect([kept(mini), inRoom(mini)]).toEqual([0, 10]);
  });
});

describe('from a homeserver to its bridge', () => {
  it('waits from 2 to 512 seconds, in order, and keeps everything over a restart', () => {
    const stored = new Map<string, unknown>();
    const waits: number[] = [];
    const sent: AppserviceTransaction[] = [];
    const unused = (): void => undefined;
    const clock: Clock = { now: 0 as Instant, wall: 0 as WallTime };
    const out = {
      persist: (key: string, value: unknown) => {
        if (value === undefined) stored.delete(key);
        else stored.set(key, value);
      },
      request: (_to: Address, _tag: string, message: Message) =>
        void sent.push(message as AppserviceTransaction),
      setTimer: (_timer: string, at: Instant) => void waits.push(at / 1_000_000),
      ...{ send: unused, abandon: unused, respond: unused, refuse: unused, connect: unused },
      ...{ disconnect: unused, cancelTimer: unused, spend: unused, observe: unused },
    };
    const event = { roomId: '!r:hs', sender: '@a:hs', type: 'm.room.message', content: {} } as never;
    let sender = new AppserviceSender('bridge' as Address, undefined);
    for (let number = 1; number <= 130; number++)
      sender.notify({ event, streamOrdering: number, message: number as UserMessageId }, out);
    for (let failure = 1; failure <= 11; failure++) {
      sender.answered(clock, 'appservice', { ok: false, failure: serverError }, out);
      sender.timer('appservice', out);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512]);
    sender = new AppserviceSender('bridge' as Address, new Map(stored));
    sent.length = 0;
    sender.start(out);
    for (let answer = 1; answer <= 2; answer++)
      sender.answered(
        clock,
        'appservice',
        { ok: true, message: { kind: 'appservice.done', carries: [] } },
        out,
      );
    expect(sent.map(({ events }) => events.length)).toEqual([100, 30]);
    expect(sent.flatMap(({ carries }) => carries)).toEqual(
      Array.from({ length: 130 }, (_, index) => index + 1),
    );
    expect([sender.waiting, stored.size]).toEqual([0, 0]);
  });
});
