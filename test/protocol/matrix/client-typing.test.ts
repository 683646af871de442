// What a client says of its user's writing, and what it makes of others'.
import { describe, expect, it } from 'vitest';
import type { Address, Effects } from '../../../protocol/core.ts';
import type { RoomTimeline } from '../../../protocol/matrix/client-messages.ts';
import { elementX } from '../../../protocol/matrix/client-profiles.ts';
import { ClientTyping } from '../../../protocol/matrix/client-typing.ts';
import type { RoomId, UserId } from '../../../protocol/matrix/ids.ts';
import { asMatrix } from '../../../protocol/matrix/messages.ts';
import { inSeconds, seconds, type Clock, type Instant } from '../../../protocol/time.ts';

const room = '!r' as RoomId;

function client(): {
  readonly typing: ClientTyping;
  readonly out: Effects;
  readonly asked: number[];
  readonly counted: string[];
  readonly timers: number[];
} {
  const asked: number[] = [];
  const counted: string[] = [];
  const timers: number[] = [];
  const out = {
    request: (_to: Address, _tag: string, message: Parameters<typeof asMatrix>[0]) => {
      const request = asMatrix(message);
      if (request?.kind === 'matrix.send-typing') asked.push(request.timeoutMs);
    },
    observe: (fact: { readonly kind: string; readonly name?: string }) =>
      counted.push(String(fact.name).replace('matrix.typing.', '')),
    setTimer: (_name: string, at: Instant) => timers.push(inSeconds(at)),
    cancelTimer: () => timers.splice(0),
  } as unknown as Effects;
  const session = { userId: '@me:hs' as UserId, deviceId: 'D' } as never;
  const typing = new ClientTyping({
    session,
    homeserver: 'hs' as Address,
    profile: elementX.typing,
  });
  return { typing, out, asked, counted, timers };
}

const clock = (second: number): Clock => ({ now: seconds(second) as number as Instant, wall: 0 as never });
const sync = (senders: readonly string[], typing?: readonly string[]): RoomTimeline =>
  ({
    roomId: room,
    events: senders.map((sender) => ({ type: 'm.room.encrypted', sender })),
    ...(typing === undefined ? {} : { typing }),
  }) as unknown as RoomTimeline;

describe('a client whose user writes', () => {
  it('says so, again while it goes on, and that it is over', () => {
    const { typing, out, asked, timers } = client();
    typing.began(clock(0), room, out);
    typing.timer(clock(3), 'typing', out);
    typing.sent(room, out);
    expect(asked).toEqual([4_000, 4_000, 0]);
    expect(timers).toEqual([]);
  });
});

describe('a client that is told who writes', () => {
  it('counts what was announced, what was not, and notices of which nothing came', () => {
    const { typing, out, counted } = client();
    typing.show(clock(0), sync([], ['@a:hs', '@me:hs']), true, out);
    typing.show(clock(9), sync([], []), true, out);
    typing.show(clock(10), sync(['@a:hs']), true, out);
    expect(counted.splice(0)).toEqual(['shown', 'message', 'announced']);
    typing.show(clock(20), sync(['@a:hs']), true, out);
    expect(counted.splice(0)).toEqual(['message', 'unannounced']);
    typing.show(clock(30), sync([], ['@a:hs']), true, out);
    typing.show(clock(90), sync([], []), true, out);
    typing.show(clock(500), sync(['@a:hs']), true, out);
    expect(counted.splice(0)).toEqual(['shown', 'came-to-nothing', 'message', 'unannounced']);
  });

  it('counts nothing that its user does not see', () => {
    const { typing, out, counted } = client();
    typing.show(clock(0), sync(['@b:hs'], ['@a:hs']), false, out);
    typing.show(clock(9), sync(['@a:hs']), true, out);
    expect(counted).toEqual(['message', 'announced']);
  });
});
