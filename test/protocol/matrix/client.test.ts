// What the three client profiles do about an outage of their server.
import { describe, expect, it } from 'vitest';
import {
  elementWeb,
  elementX,
  fluffyChat,
  type ClientProfile,
} from '../../../protocol/matrix/client-profiles.ts';
import { noCause, type Failure } from '../../../protocol/failure.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';

function worldWith(profile: ClientProfile): MatrixWorld {
  const world = new MatrixWorld();
  world.addServer('hs1');
  world.addRoom('11', ['@a:hs1', '@b:hs1']);
  world.start(profile);
  return world;
}

const failedAt = (world: MatrixWorld): readonly number[] =>
  world.facts.flatMap(({ fact, at }) => (fact.kind === 'failed' ? [Math.round(at / 1_000_000)] : []));

describe('a server that is down for a minute', () => {
  it('is waited for by Element X, which sends in order by itself', () => {
    const world = worldWith(elementX);
    world.crash('hs1');
    const said = [world.say('@a:hs1'), world.say('@a:hs1'), world.say('@a:hs1')];
    world.run(minutes(1));
    world.restart('hs1');
    world.run(minutes(2));
    expect(world.readBy('@b:hs1')).toEqual(said);
    expect(failedAt(world)).toEqual([]);
  });

  it('makes Element Web fail everything at once; a resend by hand continues the same message', () => {
    const world = worldWith(elementWeb);
    world.crash('hs1');
    const said = world.say('@a:hs1');
    world.say('@a:hs1');
    world.run(minutes(1));
    expect(failedAt(world)).toEqual([1, 1]);
    world.restart('hs1');
    world.run(minutes(2));
    expect(world.readBy('@b:hs1')).toEqual([]);
    world.input('@a:hs1', { kind: 'user', action: { kind: 'resend', message: said } });
    world.run(minutes(1));
    expect(world.readBy('@b:hs1')).toEqual([said]);
  });

  it('is tried by FluffyChat each second for fifteen seconds', () => {
    const world = worldWith(fluffyChat);
    world.crash('hs1');
    world.say('@a:hs1');
    world.run(minutes(1));
    const attempts = world.facts.filter(({ fact }) => fact.kind === 'attempt-failed');
    expect(attempts.length).toBeGreaterThan(10);
    expect(attempts.length).toBeLessThan(17);
    expect(failedAt(world)[0]).toBeGreaterThanOrEqual(15);
    expect(failedAt(world)[0]).toBeLessThan(18);
  });
});

describe('policies as tables', () => {
  const status = (code: number, retryAfterMs?: number): Failure => ({
    kind: 'status',
    status: code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    definite: false,
    cause: noCause,
  });
  const refused: Failure = { kind: 'refused', definite: true, cause: noCause };
  const retry = (wait: number): unknown => ({ then: 'retry', wait: seconds(wait) });
  const fail = (everything: boolean): unknown => ({ then: 'fail', everything });

  it.each([
    ['element-x', elementX, refused, 1, retry(0.5)],
    ['element-x', elementX, refused, 4, retry(4)],
    ['element-x', elementX, refused, 30, retry(60)],
    ['element-x', elementX, status(503), 2, retry(1)],
    ['element-x', elementX, status(429, 7_000), 2, retry(7)],
    ['element-x', elementX, status(403), 1, fail(false)],
    ['element-web', elementWeb, refused, 1, fail(true)],
    ['element-web', elementWeb, status(502), 1, retry(2)],
    ['element-web', elementWeb, status(502), 4, retry(16)],
    ['element-web', elementWeb, status(502), 5, fail(true)],
    ['element-web', elementWeb, status(403), 1, fail(true)],
    ['fluffychat', fluffyChat, refused, 3, retry(1)],
    ['fluffychat', fluffyChat, status(500), 1, fail(false)],
    ['fluffychat', fluffyChat, status(503), 1, retry(1)],
    ['fluffychat', fluffyChat, status(429), 1, fail(false)],
    ['fluffychat', fluffyChat, status(429, 7_000), 1, retry(7)],
    ['fluffychat', fluffyChat, status(429, 13_000), 1, fail(false)],
  ] as const)('%s: %#', (_name, profile, failure, attempts, expected) => {
    expect(profile.afterFailure({ failure, attempts, age: seconds(3) })).toEqual(expected);
  });
});

describe('a client', () => {
  it('says once that a message is readable, and never its own', () => {
    const world = worldWith(elementX);
    const said = world.say('@a:hs1');
    world.run(minutes(1));
    world.crash('@b:hs1');
    world.restart('@b:hs1');
    world.input('@b:hs1', { kind: 'user', action: { kind: 'open-app' } });
    world.run(minutes(1));
    expect(world.readBy('@b:hs1')).toEqual([said]);
    expect(world.readBy('@a:hs1')).toEqual([]);
  });

  it('keeps what was not acknowledged over a restart, under the same transaction id', () => {
    const world = worldWith(elementX);
    // The server takes the message; its answer is lost.
    world.cut('hs1', '@a:hs1', false);
    const said = world.say('@a:hs1');
    world.run(seconds(5));
    world.crash('@a:hs1');
    world.heal();
    world.restart('@a:hs1');
    world.input('@a:hs1', { kind: 'user', action: { kind: 'open-app' } });
    world.run(minutes(2));
    expect(world.readBy('@b:hs1')).toEqual([said]);
    expect(world.facts.filter(({ fact }) => fact.kind === 'accepted')).toHaveLength(1);
    expect(world.inspect('hs1')).toMatchObject({ streamPosition: 1 });
  });

  it('fetches the rest of a timeline that came limited', () => {
    const world = worldWith(elementX);
    world.input('@b:hs1', { kind: 'user', action: { kind: 'close-app' } });
    const said = Array.from({ length: 75 }, () => world.say('@a:hs1'));
    world.run(minutes(5));
    world.input('@b:hs1', { kind: 'user', action: { kind: 'open-app' } });
    world.run(minutes(1));
    expect(world.readBy('@b:hs1').toSorted((left, right) => left - right)).toEqual(said);
  });
});
