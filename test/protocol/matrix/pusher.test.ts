// Notifications while the push gateway fails: how long until the next attempt, and when one is given up.
// Behaviour of Synapse: synapse/push/httppusher.py (`_unsafe_process`).
import { expect, it } from 'vitest';
import type { Address, Effects, RequestResult } from '../../../protocol/core.ts';
import { noCause } from '../../../protocol/failure.ts';
import type { PushGatewayNotify } from '../../../protocol/matrix/client-messages.ts';
import { Pusher } from '../../../protocol/matrix/pusher.ts';
import type { StoredEvent } from '../../../protocol/matrix/stored-event.ts';
import {
  hours,
  inSeconds,
  seconds,
  type Clock,
  type Instant,
  type WallTime,
} from '../../../protocol/time.ts';

const failure = { kind: 'status', status: 502, definite: false, cause: noCause } as const;
const failed: RequestResult = { ok: false, failure };
const answered: RequestResult = { ok: true, message: { kind: 'matrix.done', carries: [] } };

/** A gateway that answers at once; each attempt is written down as `event at seconds`. */
class Gateway {
  now = 0 as Instant;
  readonly attempts: [string, number][] = [];
  #timer: Instant | undefined;
  #asked = false;
  readonly #pusher = new Pusher({ gateway: 'push' as Address, platform: 'android', pushKey: 'k' }, 'push');
  readonly #out = {
    request: (_to: Address, _tag: string, { eventId }: PushGatewayNotify) => {
      this.attempts.push([eventId, inSeconds(this.now)]);
      this.#asked = true;
    },
    setTimer: (_name: string, at: Instant) => (this.#timer = at),
    observe: () => undefined,
  } as unknown as Effects;

  readonly #isUp: () => boolean;

  constructor(isUp: () => boolean) {
    this.#isUp = isUp;
  }

  notify(eventId: string): void {
    const stored = { event: { eventId, roomId: '!r' }, streamOrdering: 1, message: undefined };
    this.#pusher.notify(this.#clock, stored as unknown as StoredEvent, this.#out);
    this.#answer();
  }

  runUntil(until: Instant): void {
    while (this.#timer !== undefined && this.#timer <= until) {
      this.now = this.#timer;
      this.#timer = undefined;
      this.#pusher.retry(this.#clock, this.#out);
      this.#answer();
    }
    this.now = until;
  }

  get #clock(): Clock {
    return { now: this.now, wall: 0 as WallTime };
  }

  #answer(): void {
    while (this.#asked) {
      this.#asked = false;
      this.#pusher.answered(this.#clock, this.#isUp() ? answered : failed, this.#out);
    }
  }
}

it('waits 1, 2, 4 s and so on, an hour at most, and begins anew after a success', () => {
  let isUp = false;
  const gateway = new Gateway(() => isUp);
  gateway.notify('a');
  gateway.runUntil(hours(4) as number as Instant);
  const at = gateway.attempts.map(([, second]) => second);
  const waits = at.slice(1).map((second, index) => second - at[index]!);
  expect(waits.slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, n) => 2 ** n));
  expect(waits.slice(12)).toEqual([3_600, 3_600]);
  isUp = true;
  gateway.runUntil(hours(6) as number as Instant);
  isUp = false;
  gateway.notify('b');
  const before = gateway.attempts.length;
  gateway.runUntil((gateway.now + seconds(3)) as Instant);
  expect(gateway.attempts.length).toBe(before + 2);
});

it('gives up on one after a day of failures, and on the next after another day', () => {
  const gateway = new Gateway(() => false);
  for (const eventId of ['a', 'b', 'c']) gateway.notify(eventId);
  gateway.runUntil(hours(54) as number as Instant);
  const last = (eventId: string): number =>
    gateway.attempts.findLast(([each]) => each === eventId)![1] / 3_600;
  expect(last('a')).toBeGreaterThan(24);
  expect(last('a')).toBeLessThan(25.1);
  expect(last('b')).toBeGreaterThan(48);
  expect(last('b')).toBeLessThan(50.2);
  expect(last('c')).toBeGreaterThan(50);
});
