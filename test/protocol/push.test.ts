import { describe, expect, it } from 'vitest';
import type { Address, Effects, RequestId } from '../../protocol/core.ts';
import type { UserMessageId } from '../../protocol/message.ts';
import { createPushService, pushCodec, pushNotify } from '../../protocol/push.ts';
import type { Clock } from '../../protocol/time.ts';

const clock = { now: 0, wall: 0 } as Clock;

function effects(): { calls: unknown[][]; out: Effects } {
  const calls: unknown[][] = [];
  const out = new Proxy({} as Effects, {
    get:
      (_, name) =>
      (...args: unknown[]) =>
        void calls.push([name, ...args]),
  });
  return { calls, out };
}

describe('push service', () => {
  it('forwards a notification to the device before it accepts it', () => {
    const { calls, out } = effects();
    const message = pushNotify('phone/3', true, [7 as UserMessageId]);
    const request = {
      kind: 'request',
      id: 5 as RequestId,
      from: 'signal/chat-1' as Address,
      message,
    } as const;
    createPushService(undefined).step(clock, request, out);
    expect(calls).toEqual([
      ['send', 'push:phone/3', message],
      ['respond', 5, { kind: 'push.accepted', carries: [] }],
    ]);
  });

  it('refuses what is no notification', () => {
    const { calls, out } = effects();
    const message = { kind: 'signal.sent', carries: [] };
    createPushService(undefined).step(
      clock,
      { kind: 'request', id: 5 as RequestId, from: 'a' as Address, message },
      out,
    );
    expect(calls).toEqual([['refuse', 5, 400]]);
  });

  it('keeps everything but what it carries in its bytes, and rejects other bytes', () => {
    const message = pushNotify('phone/3', false, [7 as UserMessageId]);
    const bytes = pushCodec.encode(message);
    expect(bytes.length).toBe(pushCodec.byteLength(message));
    expect(pushCodec.decode(bytes, message.carries)).toEqual(message);
    expect(pushCodec.decode(bytes.subarray(0, 40), [])).toBeUndefined();
    expect(pushCodec.decode(new Uint8Array(3), [])).toBeUndefined();
  });
});
